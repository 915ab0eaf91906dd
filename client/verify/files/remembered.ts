import { type Checkpoint, readCheckpoint } from "../log/checkpoint.ts";
import { asFields, fieldsOf, isText } from "./json.ts";

/** A state of a log that somebody has seen. */
export interface Remembered {
  /** The log's key, as C2SP writes it. */
  readonly key: string;
  readonly checkpoint: Checkpoint;
  /** ISO 8601 UTC. */
  readonly seenAt: string;
}

/** The last states that somebody has seen, by the origins of the logs. */
export type Memory = ReadonlyMap<string, Remembered>;

const KIND = "referendum remembered checkpoints";

/**
 * Reads what somebody remembers.
 *
 * @param text as `writeMemory` writes it
 * @returns undefined when it is something else
 */
export function readMemory(text: string): Memory | undefined {
  const fields = fieldsOf(text);
  const logs = asFields(fields?.["logs"]);
  if (fields?.["v"] !== 1 || fields["kind"] !== KIND || logs === undefined) return undefined;
  const memory = new Map<string, Remembered>();
  for (const [origin, value] of Object.entries(logs)) {
    const { key, checkpoint: note, seen_at: seenAt } = asFields(value) ?? {};
    const checkpoint = isText(note) ? readCheckpoint(note) : undefined;
    if (!isText(key) || !isText(seenAt) || checkpoint?.origin !== origin) return undefined;
    memory.set(origin, { key, checkpoint, seenAt });
  }
  return memory;
}

/** Writes what somebody remembers, as JSON. */
export function writeMemory(memory: Memory): string {
  const logs = [...memory].map(([origin, { key, checkpoint, seenAt }]) => {
    return [origin, { key, checkpoint: checkpoint.note.whole, seen_at: seenAt }] as const;
  });
  return `${JSON.stringify({ v: 1, kind: KIND, logs: Object.fromEntries(logs) }, undefined, 2)}\n`;
}
