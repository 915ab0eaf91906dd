import { readFileSync } from "node:fs";
import { z } from "zod";
import { Refusal } from "../../shared/domain/refusal.ts";

const paragraph = z.string().trim().min(1).max(600);
const ofLanguage = z.strictObject({
  /** In the place of the first sentences. */
  opening: z.array(paragraph).min(1).max(4).optional(),
  /** Behind the rules: what the office has to add. */
  closing: z.array(paragraph).max(4).optional(),
});

/** What an office writes about its letters. Everything may be left out. */
const letterFile = z.strictObject({
  fr: ofLanguage.optional(),
  en: ofLanguage.optional(),
  /** The lines of an address, with headings of columns of the roll file in braces. */
  address: z.array(z.string().trim().min(1).max(200)).max(6).optional(),
});
export type LetterFile = z.output<typeof letterFile>;

/**
 * Reads a letter file.
 *
 * @param path the file, JSON
 * @throws Refusal naming what is wrong in it
 */
export function readLetterFile(path: string): LetterFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\ufeff/, "");
  } catch {
    throw new Refusal(`The letter file ${path} cannot be read.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Refusal(`The letter file ${path} is not JSON: ${error instanceof Error ? error.message : error}.`);
  }
  const read = letterFile.safeParse(json);
  if (!read.success) throw new Refusal(`The letter file ${path} is not valid:\n${z.prettifyError(read.error)}`);
  return read.data;
}
