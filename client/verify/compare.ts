import { equal } from "./bytes/text.ts";
import type { Memory, Remembered } from "./files/remembered.ts";
import { isNoteOf, type NoteKey, readNoteKey } from "./log/note.ts";

/**
 * What two people have seen of one log. `same`: the same state. `split`: two states that cannot both be of one log,
 * each signed by it; whoever has both can prove it. `other_keys`: two keys for one log. `unproven`: states of different
 * sizes; the log itself says whether one extends the other. `false_note`: a state that the log has not signed.
 */
export type View = "same" | "split" | "other_keys" | "unproven" | "false_note";

/** What came of comparing two memories, for a log that both know. */
export interface Comparison {
  readonly origin: string;
  readonly view: View;
  readonly one: Remembered;
  readonly other: Remembered;
}

/**
 * Compares what two people remember of the logs that both have seen.
 *
 * @param one what the first one remembers
 * @param other what the second one remembers
 * @throws CannotVerify where WebCrypto has no Ed25519
 */
export async function compareMemories(one: Memory, other: Memory): Promise<Comparison[]> {
  const found: Comparison[] = [];
  for (const [origin, mine] of one) {
    const theirs = other.get(origin);
    if (theirs === undefined) continue;
    found.push({ origin, view: await viewOf(mine, theirs), one: mine, other: theirs });
  }
  return found;
}

async function viewOf(mine: Remembered, theirs: Remembered): Promise<View> {
  if (mine.key !== theirs.key) return "other_keys";
  const key = await readNoteKey(mine.key);
  if (key === undefined || !(await isSeen(mine, key)) || !(await isSeen(theirs, key))) return "false_note";
  if (mine.checkpoint.size !== theirs.checkpoint.size) return "unproven";
  return equal(mine.checkpoint.root, theirs.checkpoint.root) ? "same" : "split";
}

async function isSeen({ checkpoint }: Remembered, key: NoteKey): Promise<boolean> {
  return checkpoint.origin === key.name && (await isNoteOf(checkpoint.note, key));
}

const TWO_VIEWS = "referendum two views";

/**
 * Writes a proof that a log has shown two people two states. Whoever has the log's key can check it: of equal sizes,
 * two signed roots that differ; of different sizes, the log in which one of them is missing.
 *
 * @param comparison what they have seen
 */
export function writeTwoViews({ origin, one, other }: Comparison): string {
  const views = [one, other].map(({ key, checkpoint, seenAt }) => {
    return { key, checkpoint: checkpoint.note.whole, seen_at: seenAt };
  });
  return `${JSON.stringify({ v: 1, kind: TWO_VIEWS, origin, views }, undefined, 2)}\n`;
}
