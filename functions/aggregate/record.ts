import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import { joinDeliveries } from "../../shared/domain/batch.ts";
import type { Status } from "../../shared/domain/outcome.ts";
import { type DecidedVote, readOutcome } from "../../shared/messages/queue.ts";
import { batchResponse, readBatch } from "../../shared/runtime/batch.ts";
import type { MetricName } from "../../shared/runtime/metrics.ts";
import type { SubmissionEntry } from "../../shared/runtime/submissions.ts";
import type { OutcomeStore, RecordedOutcome } from "../../shared/stores/outcomes.ts";
import type { Queue } from "../../shared/stores/queue.ts";
import type { ReceiptStore } from "../../shared/stores/receipts.ts";

export interface AggregateServices {
  readonly outcomes: OutcomeStore;
  readonly receipts: Pick<ReceiptStore, "putAll">;
  /** The dead-letter queue of the outcomes queue. */
  readonly deadLetters: Queue;
  /** Called with the error when a batch was not recorded. */
  readonly onError: (error: unknown) => void;
  /** Called with the status of each submission that was recorded, redelivered ones included. */
  readonly onRecorded: (entries: readonly { readonly lawId: string; readonly metric: MetricName }[]) => void;
  /** Called with the result of each submission of a batch. */
  readonly onBatch: (entries: readonly SubmissionEntry[]) => void;
}

const METRIC: Readonly<Record<Status, MetricName>> = {
  counted: "VotesCounted",
  duplicate: "VotesDuplicate",
  invalid: "VotesInvalid",
};

/**
 * Records a batch of decided votes, then writes the receipts that the audit gives. A record is finished only when both
 * are durable. Recording it again changes nothing.
 *
 * @param records the batch
 * @param services its servers and reports
 * @returns the records that SQS must deliver again
 */
export async function record(records: readonly SQSRecord[], services: AggregateServices): Promise<SQSBatchResponse> {
  const { readable, failures } = await readBatch(records, readOutcome, services.deadLetters);
  const recorded = await recordAll(joinDeliveries(readable.map(({ value }) => value)), services);
  const unwritten = await services.receipts.putAll(recorded);
  const done = new Set(recorded.map((outcome) => outcome.requestId).filter((requestId) => !unwritten.has(requestId)));

  services.onRecorded(recorded.map(({ lawId, status }) => ({ lawId, metric: METRIC[status] })));
  const statuses = new Map(recorded.map(({ requestId, status }) => [requestId, status]));
  services.onBatch(
    [...new Set(readable.map(({ value }) => value.requestId))].map((requestId) => ({
      requestId,
      outcome: (done.has(requestId) ? statuses.get(requestId) : undefined) ?? "unrecorded",
    })),
  );
  return batchResponse([
    ...failures,
    ...readable.filter(({ value }) => !done.has(value.requestId)).map(({ messageId }) => messageId),
  ]);
}

/**
 * Records votes in one transaction. If the database refuses their data, each half is tried alone, down to the single
 * vote that is refused, so that only this vote fails.
 *
 * @returns the audit of the recorded votes; the others are missing from it
 */
async function recordAll(
  votes: readonly DecidedVote[],
  services: AggregateServices,
): Promise<readonly RecordedOutcome[]> {
  if (votes.length === 0) return [];
  try {
    return await services.outcomes.record(votes);
  } catch (error) {
    services.onError(error);
    if (!isRefusal(error) || votes.length === 1) return [];
    const middle = Math.ceil(votes.length / 2);
    const first = await recordAll(votes.slice(0, middle), services);
    return [...first, ...(await recordAll(votes.slice(middle), services))];
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation): no retry of the same data can help. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^2[23]/.test(error.code);
}
