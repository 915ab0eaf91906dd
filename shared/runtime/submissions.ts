import { log } from "./log.ts";

/**
 * What one stage did with one submission. Never more than this: a log that named the voter hash or the choice beside the
 * request id would join what the stores keep apart (docs/secrecy.md).
 */
export interface SubmissionEntry {
  readonly requestId: string;
  /** accepted, duplicate, invalid, undecided, counted, unrecorded. */
  readonly outcome: string;
}

/** One line at DEBUG for a submission. @param message what the stage did @param entry the submission */
export function logSubmission(message: string, { requestId, outcome }: SubmissionEntry): void {
  log.debug(message, { request_id: requestId, outcome });
}

/**
 * One line at INFO for a batch, with how many submissions had which outcome, and at DEBUG one line for each.
 *
 * @param message what the stage did, in the past tense
 * @param entries the submissions of the batch
 */
export function logBatch(message: string, entries: readonly SubmissionEntry[]): void {
  const counts: Record<string, number> = {};
  for (const { outcome } of entries) counts[outcome] = (counts[outcome] ?? 0) + 1;
  log.info(message, { batch: entries.length, ...counts });
  if (log.getLevelName() !== "DEBUG" && log.getLevelName() !== "TRACE") return;
  for (const entry of entries) logSubmission(message, entry);
}
