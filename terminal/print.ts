import { printable } from "../shared/domain/printable.ts";

/**
 * Prints a result: one line of JSON with `--json`, otherwise text. Control characters are escaped, so that stored text
 * cannot act on the terminal.
 *
 * @param options whether the user asked for `--json`
 * @param result what `--json` prints
 * @param text the same in words
 */
export function print(options: { readonly json?: boolean | undefined }, result: unknown, text: () => string): void {
  const shown = options.json === true ? JSON.stringify(snakeCased(result)) : text();
  process.stdout.write(`${printable(shown)}\n`);
}

/** The JSON of commands has names in snake case, as the API has. */
function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [snakeCase(name), snakeCased(field)]));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
