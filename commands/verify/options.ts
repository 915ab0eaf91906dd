import { readFile } from "node:fs/promises";
import { InvalidArgumentError } from "commander";
import type { Signatures } from "../../client/verify/index.ts";
import { UserError } from "../../terminal/errors.ts";

export const LANGUAGES = ["fr", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What somebody types. */
export interface Options {
  readonly key?: string;
  readonly promise?: string;
  readonly signatures: Signatures;
  readonly remember?: string;
  readonly compare?: string;
  readonly trustees?: string;
  readonly box?: string;
  readonly roll?: string;
  readonly proof?: string;
  readonly lang: Language;
  readonly json?: true;
  readonly table?: string | true;
}

/** How many promises are checked, as somebody types it. */
export function signaturesOption(text: string): Signatures {
  const [, digits] = /^sample:([1-9]\d{0,8})$/.exec(text) ?? [];
  if (text === "all") return "all";
  if (digits === undefined) throw new InvalidArgumentError("use all, or sample:NUMBER such as sample:10000.");
  return { sample: Number(digits) };
}

/** A key, or a file that has it. */
export async function keyFrom(text: string): Promise<string> {
  return text.includes("+") ? text : (await textIn(text)).trim();
}

/** The text of a file that somebody has named. */
export async function textIn(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path} cannot be read (${error.code ?? error.message}). Name a file.`);
  });
}
