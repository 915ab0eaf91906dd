import { type Bytes, joined, textOf } from "../bytes/text.ts";

const LINE_FEED = 10;
/** Longer than any line of a bundle. */
const MOST_BYTES = 1 << 20;

/** A file has a line that is too long, is cut off, or is no text. */
export class BadLines extends Error {
  readonly line: number;
  readonly why: "too_long" | "cut_off" | "not_text";

  constructor(line: number, why: BadLines["why"]) {
    super(`line ${line}: ${why}`);
    this.name = "BadLines";
    this.line = line;
    this.why = why;
  }
}

/** Some whole lines of a file. */
export interface Block {
  /** The lines without their line feeds. */
  readonly lines: readonly string[];
  /** The same as bytes, with line feeds. */
  readonly bytes: Uint8Array;
  /** How many lines come before them. */
  readonly before: number;
}

/**
 * Reads a file in blocks of whole lines.
 *
 * @param chunks its bytes, in pieces of any length
 * @throws BadLines
 */
export async function* blocksOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Block> {
  let rest: Bytes = new Uint8Array();
  let before = 0;
  for await (const chunk of chunks) {
    const whole = joined(rest, chunk);
    const cut = whole.lastIndexOf(LINE_FEED) + 1;
    rest = whole.slice(cut);
    if (rest.length > MOST_BYTES) throw new BadLines(before + 1, "too_long");
    if (cut === 0) continue;
    const bytes = whole.subarray(0, cut);
    const lines = linesOf(bytes, before);
    yield { lines, bytes, before };
    before += lines.length;
  }
  if (rest.length > 0) throw new BadLines(before + 1, "cut_off");
}

function linesOf(bytes: Uint8Array, before: number): string[] {
  let text: string;
  try {
    text = textOf(bytes);
  } catch {
    throw new BadLines(before + 1, "not_text");
  }
  return text.slice(0, -1).split("\n");
}
