import { type Checkpoint, readCheckpoint } from "../../shared/domain/log/checkpoint.ts";
import { type NoteKey, openNote } from "../../shared/domain/log/note.ts";
import { LogStopped } from "./log-stopped.ts";
import type { LoggedLaw } from "./ports.ts";

/**
 * Reads a published checkpoint of a log.
 *
 * @param law whose log
 * @param key must have signed it
 * @param note the checkpoint
 * @throws LogStopped when it is not of this log, or not signed with its key
 */
export function openCheckpoint({ lawId, origin }: LoggedLaw, key: NoteKey, note: string): Checkpoint {
  const text = openNote(note, key);
  const checkpoint = text === undefined ? undefined : readCheckpoint(text);
  if (checkpoint?.origin === origin) return checkpoint;
  throw new LogStopped(
    "checkpoint_differs",
    `The published checkpoint of ${lawId} is not signed with the key of the log ${origin}. Somebody has replaced it, ` +
      "or the key. Nothing more is published. Keep the object, and find out who could write there.",
  );
}
