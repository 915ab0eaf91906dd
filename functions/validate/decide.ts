import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import { formOf, type Vote } from "../../shared/domain/ballot.ts";
import { isVoteOfIngest, makeOutcomeMac } from "../../shared/domain/message-macs.ts";
import type { Outcome } from "../../shared/domain/outcome.ts";
import { parseRequestId } from "../../shared/domain/request-id.ts";
import { readVote, writeOutcome } from "../../shared/messages/queue.ts";
import { batchResponse, putRefusedAside, type ReadRecord, readBatch } from "../../shared/runtime/batch.ts";
import type { KeySource } from "../../shared/runtime/key-ring.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import { macKeysOf } from "../../shared/runtime/mac-keys.ts";
import type { MetricName } from "../../shared/runtime/metrics.ts";
import type { SubmissionEntry } from "../../shared/runtime/submissions.ts";
import type { ClaimRequest, ClaimResult, ClaimStore } from "../../shared/stores/claims.ts";
import type { Queue } from "../../shared/stores/queue.ts";

/** What the keys of validate are for. */
type ValidatePurpose = "macValidate" | "macOutcome";

export interface ValidateServices {
  readonly claims: ClaimStore;
  readonly keys: KeySource<ValidatePurpose>;
  readonly outcomes: Queue;
  /** The dead-letter queue of the votes queue. */
  readonly deadLetters: Queue;
  /** Called with the error when the roll does not answer. */
  readonly onError: (error: unknown) => void;
  /** Called with the result of each vote of a batch. */
  readonly onDecided: (entries: readonly DecidedEntry[]) => void;
}

/** The result of a vote in this stage. */
interface DecidedEntry extends SubmissionEntry {
  readonly lawId: string;
  readonly metric: MetricName;
}

const METRIC: Readonly<Record<Outcome, MetricName>> = {
  accepted: "VotesDecidedAccepted",
  duplicate: "VotesDecidedDuplicate",
  invalid: "VotesDecidedInvalid",
};

/**
 * Decides a batch of votes and forwards the outcomes. A vote is finished only when the outcomes queue has confirmed its
 * outcome. After a crash before that, SQS delivers the vote again, and it finds its own claim.
 *
 * A vote whose mac is wrong, or that is not of its law's form, takes no claim and goes to the dead-letter queue.
 *
 * @param records the batch
 * @param services its servers and reports
 * @returns the records that SQS must deliver again
 * @throws BatchFailedError when that is all of them and Redis or a queue failed; votes that wait for their roll are no
 *   failure
 */
export async function decide(records: readonly SQSRecord[], services: ValidateServices): Promise<SQSBatchResponse> {
  const { readable: read, failures: unmoved } = await readBatch(records, readVote, services.deadLetters);
  const keys = await macKeysOf(
    read.map(({ value }) => value),
    services.keys,
  );
  const forged = read.filter(({ value }) => !isGenuine(value, keys));
  const readable = read.filter((record) => !forged.includes(record));
  const results = await claimAll(readable, services);

  const decided = readable.flatMap((record, index) => {
    const result = results[index];
    return result?.kind === "decided" ? [{ ...record, outcome: result.decision }] : [];
  });
  const ofOtherForm = readable.filter((_, index) => results[index]?.kind === "refused");
  const failures = [
    ...unmoved,
    ...(await putRefusedAside(forged, "forged", services.deadLetters)),
    ...(await putRefusedAside(ofOtherForm, "other_form", services.deadLetters)),
  ];
  const sent = await services.outcomes.sendAll(decided.map(({ value, outcome }) => outcomeOf(value, outcome, keys)));
  const done = new Set(decided.filter((_, index) => sent[index] === true).map((record) => record.messageId));

  services.onDecided([
    ...decided
      .filter((record) => done.has(record.messageId))
      .map(({ value, outcome }) => ({
        requestId: value.requestId,
        lawId: value.lawId,
        metric: METRIC[outcome],
        outcome,
      })),
    ...readable.flatMap((record, index) => waiting(record, results[index])),
  ]);
  const handled = new Set([...done, ...ofOtherForm.map(({ messageId }) => messageId)]);
  const undone = readable.map((record) => record.messageId).filter((messageId) => !handled.has(messageId));
  const hasBroken =
    failures.length > 0 ||
    done.size < decided.length ||
    results.some((result) => result.kind === "undecided" && result.why === "store_failed");
  return batchResponse([...failures, ...undone], { size: records.length, hasBroken });
}

/** Whether ingest made a vote. One without macs is for a law without a form, which the roll knows. */
function isGenuine(vote: Vote, keys: Keys<ValidatePurpose> | undefined): boolean {
  const { macs } = vote;
  if (macs === undefined) return true;
  if (keys?.has(macs.keyVersion) !== true) return false;
  return isVoteOfIngest(vote, macs, keys.ofVersion(macs.keyVersion).macValidate);
}

function outcomeOf(vote: Vote, outcome: Outcome, keys: Keys<ValidatePurpose> | undefined): string {
  const { macs } = vote;
  if (macs === undefined || keys === undefined) return writeOutcome(vote, outcome);
  return writeOutcome(vote, outcome, makeOutcomeMac(vote, macs, outcome, keys.ofVersion(macs.keyVersion).macOutcome));
}

/** Asks the roll. If it does not answer, nothing is decided. */
async function claimAll(
  records: readonly ReadRecord<Vote>[],
  services: ValidateServices,
): Promise<readonly ClaimResult[]> {
  if (records.length === 0) return [];
  try {
    return await services.claims.claim(records.map(({ value }) => claimRequest(value)));
  } catch (error) {
    services.onError(error);
    return records.map(() => ({ kind: "undecided", why: "store_failed" }));
  }
}

function claimRequest(vote: Vote): ClaimRequest {
  const parts = parseRequestId(vote.requestId);
  if (parts === undefined) throw new Error("a vote that was read has a request id that cannot be read");
  const { lawId, voterHash, acceptedAt, pepperId } = vote;
  return { lawId, voterHash, id: parts.id, acceptedAt, pepperId, form: formOf(vote) };
}

function waiting({ value }: ReadRecord<Vote>, result: ClaimResult | undefined): DecidedEntry[] {
  if (result?.kind === "decided" || result?.kind === "refused") return [];
  const metric =
    result?.why === "roll_not_loaded" || result?.why === "other_pepper" ? "RollNotLoaded" : "VotesUndecided";
  return [{ requestId: value.requestId, lawId: value.lawId, metric, outcome: "undecided" }];
}
