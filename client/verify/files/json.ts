/** Values of JSON that somebody else has written. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object.
 *
 * @param text JSON
 * @returns undefined for anything else
 */
export function fieldsOf(text: string): Fields | undefined {
  try {
    return asFields(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** A value as an object; undefined when it is none. */
export function asFields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** Whether a value is a number of things. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Whether a value is a text. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether a value is SHA-256 in hexadecimal digits. */
export function isSha256(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/** A list of objects that all have a form; undefined when the value is none. */
export function listOf<T>(value: unknown, read: (fields: Fields) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value.map((one) => {
    const fields = asFields(one);
    return fields && read(fields);
  });
  return list.every((one) => one !== undefined) ? list : undefined;
}

/** JSON with the names of each object in order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => {
      const fields = asFields(part);
      return fields === undefined
        ? part
        : Object.fromEntries(Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1)));
    }) ?? ""
  );
}
