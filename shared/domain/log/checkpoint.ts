import { HASH_BYTES } from "./merkle.ts";

/** What a log commits itself to: its first so many entries are those of a root (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The name of the log. */
  readonly origin: string;
  /** How many entries. */
  readonly size: number;
  /** The root of the tree over them. */
  readonly root: Buffer;
}

/** Origin, size and root, each in a line. Further lines, which the format allows, are not of this log. */
const TEXT = /^(?<origin>[^\n]+)\n(?<size>0|[1-9]\d{0,15})\n(?<root>[A-Za-z0-9+/]{43}=)\n$/;

/**
 * The text of a checkpoint, which is signed as a note.
 *
 * @param checkpoint the checkpoint
 */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/**
 * Reads the text of a checkpoint. Who has signed it is another question.
 *
 * @param text as `checkpointText` writes it
 * @returns undefined for any other text
 */
export function readCheckpoint(text: string): Checkpoint | undefined {
  const { origin, size, root } = TEXT.exec(text)?.groups ?? {};
  if (origin === undefined || size === undefined || root === undefined) return undefined;
  const bytes = Buffer.from(root, "base64");
  const checkpoint = { origin, size: Number(size), root: bytes };
  const isExact = Number.isSafeInteger(checkpoint.size) && bytes.length === HASH_BYTES;
  return isExact && checkpointText(checkpoint) === text ? checkpoint : undefined;
}
