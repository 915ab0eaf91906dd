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

/** A field that is a text; undefined when it is none, or not there. */
export function textIn(fields: Fields | undefined, name: string): string | undefined {
  const value = fields?.[name];
  return typeof value === "string" ? value : undefined;
}
