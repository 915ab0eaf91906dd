import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import { formOf } from "../../shared/domain/ballot.ts";
import { joinDeliveries, roundsOf } from "../../shared/domain/batch.ts";
import { isOutcomeOfValidate, isRecordOfIngest } from "../../shared/domain/message-macs.ts";
import type { Status } from "../../shared/domain/outcome.ts";
import { type DecidedVote, readOutcome } from "../../shared/messages/queue.ts";
import { batchResponse, putRefusedAside, type ReadRecord, readBatch } from "../../shared/runtime/batch.ts";
import type { KeySource } from "../../shared/runtime/key-ring.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import { macKeysOf } from "../../shared/runtime/mac-keys.ts";
import type { MetricName } from "../../shared/runtime/metrics.ts";
import type { SubmissionEntry } from "../../shared/runtime/submissions.ts";
import type { OutcomeStore, RecordedOutcome } from "../../shared/stores/outcomes.ts";
import type { Queue } from "../../shared/stores/queue.ts";
import type { ReceiptStore } from "../../shared/stores/receipts.ts";

/** What the keys of aggregate are for. */
type AggregatePurpose = "macRecord" | "macOutcome";

export interface AggregateServices {
  readonly keys: KeySource<AggregatePurpose>;
  readonly outcomes: OutcomeStore;
  readonly receipts: Pick<ReceiptStore, "putAll">;
  /** The dead-letter queue of the outcomes queue. */
  readonly deadLetters: Queue;
  /** A clock in milliseconds, which only goes forward. */
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<unknown>;
  /** Called with the error when a batch was not recorded. */
  readonly onError: (error: unknown) => void;
  /** Called with the status of each submission that was recorded, redelivered ones included. */
  readonly onRecorded: (entries: readonly RecordedEntry[]) => void;
  /** Called with the result of each submission of a batch. */
  readonly onBatch: (entries: readonly SubmissionEntry[]) => void;
}

/** What is published of a recorded submission. */
export interface RecordedEntry {
  readonly lawId: string;
  readonly metric: MetricName;
  /** From accepted to recorded. */
  readonly seconds: number;
}

const METRIC: Readonly<Record<Status, MetricName>> = {
  counted: "VotesCounted",
  duplicate: "VotesDuplicate",
  invalid: "VotesInvalid",
};

/** How long aggregate waits, once, for the first vote of a duplicate: it is usually in the batch beside this one. */
const LATER_MS = 500;
/** It waits only when recording took less than this, so that a slow database does not bring it near its time limit. */
const IN_TIME_MS = 1_000;
/**
 * After this many deliveries, a vote that still waits goes to the dead-letter queue. A first vote whose consumer died
 * comes again after one visibility timeout, so a late first vote has come by then. If the claim belongs to no
 * submission, the operator learns of it within minutes instead of two hours.
 */
const MOST_DELIVERIES = 4;

/**
 * Records a batch of decided votes, then writes the receipts that the audit gives. A record is finished only when both
 * are durable. Recording it again changes nothing.
 *
 * A duplicate whose voter has no participation is not recorded: the vote that it is a duplicate of is late, or a claim
 * in Redis is stale. It is tried once more a moment later; then its record fails and waits in the queue, and after
 * some deliveries in the dead-letter queue. Nobody but `npm run ops -- settle` counts it. A vote of a counted law goes
 * the same way: nothing records it any more, and nothing discards it.
 *
 * A message of which a mac is wrong, or that is not of its law's form, is never recorded and goes to the dead-letter
 * queue at once.
 *
 * @param records the batch
 * @param caller its servers and reports
 * @returns the records that SQS must deliver again
 * @throws BatchFailedError when that is all of them and PostgreSQL, DynamoDB or the dead-letter queue failed
 */
export async function record(records: readonly SQSRecord[], caller: AggregateServices): Promise<SQSBatchResponse> {
  const { readable, failures } = await readGenuine(records, caller);
  let hasBroken = failures.length > 0;
  const services: AggregateServices = {
    ...caller,
    onError: (error) => {
      hasBroken = true;
      caller.onError(error);
    },
  };
  const startedMs = services.now();
  const [first = [], ...further] = roundsOf(joinDeliveries(readable.map(({ value }) => value)));
  const { done, waiting, unwritten } = await recordDurably(first, services);
  let left = waiting;
  hasBroken ||= unwritten > 0;
  if (waiting.length > 0 && services.now() - startedMs < IN_TIME_MS) {
    await services.pause(LATER_MS);
    const later = await recordDurably(waiting, services);
    for (const [requestId, status] of later.done) done.set(requestId, status);
    left = later.waiting;
    hasBroken ||= later.unwritten > 0;
  }
  for (const round of further) {
    const votes = round.filter(({ requestId }) => done.has(requestId));
    const noted = await recordDurably(votes, services);
    hasBroken ||= noted.unwritten > 0;
    // A submission is done when all of its envelopes are durable.
    for (const { requestId } of votes) if (!noted.done.has(requestId)) done.delete(requestId);
  }
  const putAside = await putLongWaitingAside(records, readable, left, services);

  services.onBatch(
    [...new Set(readable.map(({ value }) => value.requestId))].map((requestId) => ({
      requestId,
      outcome: done.get(requestId) ?? "unrecorded",
    })),
  );
  const undone = readable
    .filter(({ value }) => !done.has(value.requestId))
    .filter(({ messageId }) => !putAside.has(messageId))
    .map(({ messageId }) => messageId);
  return batchResponse([...failures, ...undone], { size: records.length, hasBroken });
}

/** The outcomes of a batch that may be recorded. The others are on the dead-letter queue, or have failed. */
async function readGenuine(
  records: readonly SQSRecord[],
  services: AggregateServices,
): Promise<{ readonly readable: readonly ReadRecord<DecidedVote>[]; readonly failures: readonly string[] }> {
  const { deadLetters } = services;
  const { readable: read, failures } = await readBatch(records, readOutcome, deadLetters);
  const votes = read.map(({ value }) => value);
  const keys = await macKeysOf(votes, services.keys);
  const genuine = read.filter(({ value }) => isGenuine(value, keys));
  const forged = await putRefusedAside(without(read, genuine), "forged", deadLetters);
  let ofForm = genuine;
  try {
    const forms = await services.outcomes.formsOf(new Set(genuine.map(({ value }) => value.lawId)));
    // A law that PostgreSQL does not know may be one that a restore has taken away: its votes wait.
    ofForm = genuine.filter(({ value }) => !forms.has(value.lawId) || forms.get(value.lawId) === formOf(value));
  } catch (error) {
    // PostgreSQL is away: the records fail as a whole, and the function that records refuses other forms by itself.
    services.onError(error);
  }
  const otherForm = await putRefusedAside(without(genuine, ofForm), "other_form", deadLetters);
  return { readable: ofForm, failures: [...failures, ...forged, ...otherForm] };
}

function without<T>(all: readonly T[], some: readonly T[]): T[] {
  const gone = new Set(some);
  return all.filter((one) => !gone.has(one));
}

/** Whether ingest made the vote and validate its outcome. One without macs is for a law without a form. */
function isGenuine(vote: DecidedVote, keys: Keys<AggregatePurpose> | undefined): boolean {
  const { macs, outcome, outcomeMac = "" } = vote;
  if (macs === undefined) return true;
  if (keys?.has(macs.keyVersion) !== true) return false;
  const { macRecord, macOutcome } = keys.ofVersion(macs.keyVersion);
  return isRecordOfIngest(vote, macs, macRecord) && isOutcomeOfValidate(vote, macs, outcome, outcomeMac, macOutcome);
}

/**
 * Puts votes that have waited for long on the dead-letter queue.
 *
 * @returns the message ids of those that the queue has confirmed
 */
async function putLongWaitingAside(
  records: readonly SQSRecord[],
  readable: readonly ReadRecord<DecidedVote>[],
  waiting: readonly DecidedVote[],
  { deadLetters }: AggregateServices,
): Promise<ReadonlySet<string>> {
  const waitingIds = new Set(waiting.map(({ requestId }) => requestId));
  const messageIds = new Set(
    readable.filter(({ value }) => waitingIds.has(value.requestId)).map(({ messageId }) => messageId),
  );
  const old = records.filter(
    ({ messageId, attributes }) =>
      messageIds.has(messageId) && Number(attributes.ApproximateReceiveCount) >= MOST_DELIVERIES,
  );
  if (old.length === 0) return new Set();
  const moved = await deadLetters.sendAll(old.map(({ body }) => body));
  return new Set(old.filter((_, index) => moved[index]).map(({ messageId }) => messageId));
}

interface Recorded {
  /** Submissions whose audit and receipt are durable, with their status. */
  readonly done: Map<string, Status>;
  /** Duplicates that wait for a participation, and votes of counted laws. */
  readonly waiting: readonly DecidedVote[];
  /** How many receipts could not be written. */
  readonly unwritten: number;
}

/** Records votes and writes their receipts. */
async function recordDurably(votes: readonly DecidedVote[], services: AggregateServices): Promise<Recorded> {
  const { recorded, failed } = await recordAll(votes, services);
  const unwritten = await services.receipts.putAll(recorded);
  services.onRecorded(
    recorded.map(({ lawId, status, acceptedAt, updatedAt }) => ({
      lawId,
      metric: METRIC[status],
      seconds: Math.max(0, Date.parse(updatedAt) - Date.parse(acceptedAt)) / 1_000,
    })),
  );
  const known = new Set([...recorded, ...failed].map(({ requestId }) => requestId));
  return {
    done: new Map(
      recorded.filter(({ requestId }) => !unwritten.has(requestId)).map(({ requestId, status }) => [requestId, status]),
    ),
    waiting: votes.filter(({ requestId }) => !known.has(requestId)),
    unwritten: unwritten.size,
  };
}

interface Answered {
  /** Receipts from the audit. */
  readonly recorded: readonly RecordedOutcome[];
  /** Votes that the database refused, or that it may not have been asked about. */
  readonly failed: readonly DecidedVote[];
}

/**
 * Records votes in one transaction. If the database refuses their data, each half is tried alone, down to the single
 * vote that is refused, so that only this vote fails.
 *
 * @returns the recorded and the failed votes; a vote that is in neither list waits
 */
async function recordAll(votes: readonly DecidedVote[], services: AggregateServices): Promise<Answered> {
  if (votes.length === 0) return { recorded: [], failed: [] };
  try {
    return { recorded: await services.outcomes.record(votes), failed: [] };
  } catch (error) {
    services.onError(error);
    if (!isRefusal(error) || votes.length === 1) return { recorded: [], failed: votes };
    const middle = Math.ceil(votes.length / 2);
    const first = await recordAll(votes.slice(0, middle), services);
    const second = await recordAll(votes.slice(middle), services);
    return {
      recorded: [...first.recorded, ...second.recorded],
      failed: [...first.failed, ...second.failed],
    };
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation): no retry of the same data can help. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^2[23]/.test(error.code);
}
