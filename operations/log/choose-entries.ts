import { compareEntries, isDescription, isSubmission } from "../../shared/domain/log/leaf.ts";
import type { LogRules, WaitingEntry } from "./ports.ts";

/** What decides on the entries of the next epoch, beside the entries themselves. */
export interface Choosing extends LogRules {
  /** Whether the log has no entry yet. */
  readonly isFirst: boolean;
  readonly hasRecordingEnded: boolean;
}

/**
 * The entries of the next epoch, in their order. A log begins with a description. Entries of the journal never wait.
 * Submissions wait until they are enough, so that nobody who watches the log can tell whose entry came when.
 *
 * @param waiting what waits
 * @param rules when submissions wait
 */
export function chooseEntries(
  waiting: readonly WaitingEntry[],
  { isFirst, hasRecordingEnded, minimumSubmissions }: Choosing,
): readonly WaitingEntry[] {
  if (isFirst && !waiting.some(({ entry }) => isDescription(entry))) return [];
  const submissions = waiting.filter(({ entry }) => isSubmission(entry));
  const areEnough = hasRecordingEnded || submissions.length >= minimumSubmissions;
  const chosen = areEnough ? [...waiting] : waiting.filter(({ entry }) => !isSubmission(entry));
  return chosen.sort((one, other) => compareEntries(one.entry, other.entry));
}
