import { DIGEST_BYTES } from "../bytes/sha256.ts";
import { type Bytes, fromBase64 } from "../bytes/text.ts";
import { type Note, readNote } from "./note.ts";

/** The state of a log (C2SP tlog-checkpoint): how many entries it has, and the root over them. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Bytes;
  readonly note: Note;
}

/**
 * Reads a checkpoint.
 *
 * @param text a signed note
 * @returns undefined when it is none
 */
export function readCheckpoint(text: string): Checkpoint | undefined {
  const note = readNote(text);
  const [origin = "", digits = "", encoded = ""] = note?.text.split("\n") ?? [];
  const root = fromBase64(encoded);
  if (note === undefined || origin === "" || !/^(?:0|[1-9]\d{0,14})$/.test(digits)) return undefined;
  if (root?.length !== DIGEST_BYTES) return undefined;
  return { origin, size: Number(digits), root, note };
}

/**
 * The path of the checkpoint of an epoch.
 *
 * @param epoch from 1
 */
export function epochPath(epoch: number): string {
  return `checkpoints/${String(epoch).padStart(9, "0")}`;
}
