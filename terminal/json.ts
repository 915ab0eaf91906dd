/**
 * One form of JSON everywhere: output of commands and files of reports have names in snake case, as the API has.
 *
 * @param value what is to be written
 * @returns one line
 */
export function toJson(value: unknown): string {
  return JSON.stringify(renamed(value, snakeCase));
}

/**
 * Reads what `toJson` wrote, or a file of before, whose names are in camel case.
 *
 * @param text JSON
 * @returns a value with the names of the code; undefined for what is no JSON
 */
export function fromJson(text: string): unknown {
  try {
    return renamed(JSON.parse(text), camelCase);
  } catch {
    return undefined;
  }
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [rename(name), renamed(field, rename)]));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
