import { printable } from "../shared/domain/printable.ts";
import { toJson } from "./json.ts";
import { onPlace, type Place } from "./on-place.ts";

/**
 * Prints a result: one line of JSON with `--json`, otherwise text. Control characters are escaped, so that stored text
 * cannot act on the terminal. Commands that the text names get the stage or data directory that was typed.
 *
 * @param options whether the user typed `--json`, and which stage or data directory
 * @param result the value that `--json` prints
 * @param text the same as text
 */
export function print(
  options: Place & { readonly json?: boolean | undefined },
  result: unknown,
  text: () => string,
): void {
  const shown = options.json === true ? toJson(result) : onPlace(text(), options);
  process.stdout.write(`${printable(shown)}\n`);
}
