import { printable } from "../shared/domain/printable.ts";
import { toJson } from "./json.ts";

/**
 * Prints a result: one line of JSON with `--json`, otherwise text. Control characters are escaped, so that stored text
 * cannot act on the terminal.
 *
 * @param options whether the user typed `--json`
 * @param result the value that `--json` prints
 * @param text the same as text
 */
export function print(options: { readonly json?: boolean | undefined }, result: unknown, text: () => string): void {
  const shown = options.json === true ? toJson(result) : text();
  process.stdout.write(`${printable(shown)}\n`);
}
