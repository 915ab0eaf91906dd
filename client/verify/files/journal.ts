import { sha256 } from "../bytes/sha256.ts";
import { type Bytes, hex, utf8 } from "../bytes/text.ts";
import { type Fields, fieldsOf, isCount, isSha256, isText } from "./json.ts";
import { blocksOf } from "./lines.ts";

/** What everybody may know of an entry of the journal. */
export interface Entry {
  readonly number: number;
  readonly act: string;
  /** Absent: of entries that have none. */
  readonly phase: string | undefined;
  /** SHA-256 of the public text of the entry before. */
  readonly previous: string;
  /** SHA-256 of its public text. */
  readonly hash: Bytes;
  readonly fields: Fields;
}

/** A line of the journal does not have its form. */
export class BadEntryLine extends Error {
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} is no entry of a journal`);
    this.name = "BadEntryLine";
    this.line = line;
  }
}

/** What the first entry names as the one before. */
export const NO_ENTRY = "0".repeat(64);

/**
 * Reads the public texts of a journal.
 *
 * @param chunks the file
 * @throws BadEntryLine, BadLines
 */
export async function readJournal(chunks: AsyncIterable<Uint8Array>): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { lines, before } of blocksOf(chunks)) {
    for (const [at, text] of lines.entries()) entries.push(readEntry(text, before + at + 1));
  }
  return entries;
}

function readEntry(text: string, line: number): Entry {
  const fields = fieldsOf(text) ?? {};
  const { number, act, previous, phase } = fields;
  if (!isCount(number) || !isText(act) || !isSha256(previous)) throw new BadEntryLine(line);
  return { number, act, phase: isText(phase) ? phase : undefined, previous, hash: sha256(utf8(text)), fields };
}

/**
 * Whether the details of an entry name a text, wherever in them.
 *
 * @param entry the entry
 * @param text such as a hash
 */
export function names({ fields }: Entry, text: string): boolean {
  const isIn = (value: unknown): boolean =>
    value === text || (typeof value === "object" && value !== null && Object.values(value).some(isIn));
  return isIn(fields["details"]);
}

/** The end of a journal: how many entries it has, and the hash of the last one. */
export function endOf(entries: readonly Entry[]): { readonly entries: number; readonly end: string } {
  const last = entries.at(-1);
  return { entries: entries.length, end: last === undefined ? NO_ENTRY : hex(last.hash) };
}
