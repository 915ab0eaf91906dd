import { compareEntries, isDescription, isSubmission, LEAF_STATUSES, readEntry } from "../../shared/domain/log/leaf.ts";
import type { LogRules, WaitingEntry } from "./ports.ts";

/** What decides on the entries of the next epoch, beside the entries themselves. */
export interface Choosing extends LogRules {
  /** Whether the log has no entry yet. */
  readonly isFirst: boolean;
  readonly hasRecordingEnded: boolean;
}

/**
 * The entries of the next epoch, in their order. A log begins with a description. Entries of the journal never wait,
 * nor does what is lost. Other submissions wait until they are enough, so that nobody who watches the log can tell
 * whose entry came when.
 *
 * @param waiting what waits, in the order in which it came
 * @param rules when submissions wait
 */
export function chooseEntries(
  waiting: readonly WaitingEntry[],
  { isFirst, hasRecordingEnded, minimumSubmissions }: Choosing,
): readonly WaitingEntry[] {
  if (isFirst && !waiting.some(({ entry }) => isDescription(entry))) return [];
  const rising = withoutFalls(waiting);
  const submissions = rising.filter(waitsForOthers);
  const areEnough = hasRecordingEnded || submissions.length >= minimumSubmissions;
  const chosen = areEnough ? [...rising] : rising.filter((one) => !waitsForOthers(one));
  return chosen.sort((one, other) => compareEntries(one.entry, other.entry));
}

/** What is lost is told at once: it says nothing of when somebody has voted, and nobody can lose it again. */
function waitsForOthers({ entry }: WaitingEntry): boolean {
  return isSubmission(entry) && entry.at(-1) !== LEAF_STATUSES.lost;
}

/**
 * Within an epoch the statuses of a submission rise, because its entries are sorted. One that is lost after it had
 * another status, as happens after a restore of the database, is so in the next epoch.
 */
function withoutFalls(waiting: readonly WaitingEntry[]): readonly WaitingEntry[] {
  const held = new Set<string>();
  const said = new Set<string>();
  return waiting.filter(({ entry }) => {
    const leaf = readEntry(entry);
    if (leaf?.kind !== "submission") return true;
    if (leaf.status === "repeated" || leaf.status === "late") return true;
    const pair = entry.toString("latin1", 0, entry.length - 1);
    if (leaf.status === "lost" && said.has(pair)) held.add(pair);
    said.add(pair);
    return !held.has(pair);
  });
}
