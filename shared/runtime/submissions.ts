import { log } from "./log.ts";

/**
 * The result of one submission in one stage. It must never hold more: a log with the voter hash or the choice beside
 * the request id would link data that the stores keep apart (docs/secrecy.md).
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
 * One line at INFO per batch, with the number of submissions per outcome, and at DEBUG one line per submission.
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
