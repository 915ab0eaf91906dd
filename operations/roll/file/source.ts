import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { printableLine } from "../../../shared/domain/printable.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";

/** A roll file that can be read more than once, because it is checked before anything is changed. */
export interface RollFile {
  /** Its name without the folder, safe to print. */
  readonly name: string;
  /** Reads it from the beginning. */
  bytes(): AsyncIterable<Uint8Array>;
}

/** The source of a roll: the path of a file, or its content, which is then held in memory. */
export type RollSource = string | AsyncIterable<Uint8Array | string>;

const READ_BYTES = 1 << 18;
/** The largest content to hold in memory: some eighty million voters. */
const MAX_HELD_BYTES = 2 ** 31;
const MAX_NAME = 200;

/**
 * Opens a roll file.
 *
 * @param source its path, or its content
 * @throws Refusal when the content is larger than 2 GiB, which only a file may be
 */
export async function openRoll(source: RollSource): Promise<RollFile> {
  if (typeof source === "string") {
    const name = printableLine(basename(source)).slice(0, MAX_NAME);
    return { name, bytes: () => createReadStream(source, { highWaterMark: READ_BYTES }) };
  }
  const pieces: Uint8Array[] = [];
  let held = 0;
  for await (const piece of source) {
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    held += bytes.length;
    if (held > MAX_HELD_BYTES) throw new Refusal("More than 2 GiB came in; write it to a file and load that.");
    pieces.push(bytes);
  }
  return {
    name: "standard input",
    async *bytes() {
      yield* pieces;
    },
  };
}
