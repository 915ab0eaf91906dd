/**
 * The project's form of JSON: output of commands and report files have names in snake case, as in the API.
 *
 * @param value the value to write
 * @returns one line
 */
export function toJson(value: unknown): string {
  return JSON.stringify(renamed(value, snakeCase));
}

/**
 * Reads the output of `toJson`, or a file of an earlier release, whose names are in camel case.
 *
 * @param text JSON
 * @returns a value with the names of the code; undefined if the text is not JSON
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
