import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { printable } from "../shared/domain/printable.ts";
import type { Asking } from "./confirm.ts";
import { UserError } from "./errors.ts";

const TERMINAL: Asking = { input: process.stdin, output: process.stderr };

/**
 * Asks for a passphrase on the terminal, which does not show what is typed.
 *
 * @param prompt the question
 * @param asking the terminal
 * @returns what was typed
 * @throws UserError when nobody can be asked (exit code 2), or the question was left (130)
 */
export async function askPassphrase(prompt: string, { input, output }: Asking = TERMINAL): Promise<string> {
  if (input.isTTY !== true) {
    throw new UserError(
      "Nobody can be asked for a passphrase, because standard input is not a terminal. Run the command on a terminal, " +
        "or give --passphrases-fd.",
      2,
    );
  }
  const left = new AbortController();
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal, so that it takes the terminal's echo over and Ctrl-C comes here.
  const dialogue = createInterface({ input, output: unseen, terminal: true, historySize: 0 });
  dialogue.once("SIGINT", () => dialogue.close());
  dialogue.once("close", () => left.abort());
  try {
    const answer = dialogue.question("", { signal: left.signal });
    // Only now: what is typed before the terminal's echo is off can be seen.
    output.write(printable(prompt));
    return await answer;
  } catch (error) {
    if (!left.signal.aborted) throw error;
    throw new UserError("Nothing was done.", 130);
  } finally {
    dialogue.close();
    output.write("\n");
  }
}
