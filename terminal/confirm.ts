import { createInterface } from "node:readline/promises";
import { printable } from "../shared/domain/printable.ts";
import { UserError } from "./errors.ts";

/** What is about to be done, and the word that the user types if it is right. */
export interface Slip {
  /** What will happen, in sentences with numbers. */
  readonly what: string;
  /** The id of the law, the name of the queue: what tells this act from the same act on something else. */
  readonly word: string;
  /** What can be done about it afterwards, in a sentence; default: that it cannot be undone. */
  readonly afterwards?: string;
}

/** Where the question is asked; tests bring their own. */
export interface Asking {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

const TERMINAL: Asking = { input: process.stdin, output: process.stderr };

/**
 * Says what will happen before something is done that cannot just be undone, and asks for a word to be typed.
 *
 * @param options `--yes`: a script has been told to do it, and nothing is asked
 * @param slip what will happen, and the word
 * @param asking the terminal
 * @throws UserError when the word is not typed (exit code 1), or nobody can be asked (2)
 */
export async function confirm(
  { yes = false }: { readonly yes?: boolean },
  { what, word, afterwards = "This cannot be undone." }: Slip,
  { input, output }: Asking = TERMINAL,
): Promise<void> {
  if (yes) return;
  if (input.isTTY !== true) {
    throw new UserError(
      `${what} ${afterwards} Nothing was done: nobody can be asked, because standard input is not a terminal. If it is right, ` +
        "run the same command with --yes.",
      2,
    );
  }
  output.write(printable(`${what}\n${afterwards}\n`));
  const left = new AbortController();
  const dialogue = createInterface({ input, output });
  dialogue.once("close", () => left.abort());
  let typed: string;
  try {
    typed = await dialogue.question(printable(`Type ${word} if it is right: `), { signal: left.signal });
  } catch (error) {
    if (!left.signal.aborted) throw error;
    output.write("\n");
    throw new UserError("Nothing was done.", 130);
  } finally {
    dialogue.close();
  }
  if (typed.trim() !== word) throw new UserError(`Nothing was done: what was typed is not ${word}.`);
}
