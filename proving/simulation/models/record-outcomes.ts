import { formOf } from "../../../shared/domain/ballot.ts";
import { type InvalidReason, STATUSES, type Status } from "../../../shared/domain/outcome.ts";
import { envelopeSha256 } from "../../../shared/domain/promise.ts";
import { invalidBecause } from "../../../shared/domain/roll-row.ts";
import { encOf } from "../../../shared/domain/sealing/envelope.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import {
  type AttemptsRow,
  addToTally,
  boxKey,
  countedSubmission,
  pairKey,
  type Tables,
  type Transaction,
  voterKey,
} from "./postgres.ts";

/**
 * What the SQL function `record_votes` leaves out, and the statements of `enter_votes`
 * (functions/migrate/migrations), line by line in TypeScript. postgres-model.test.ts runs both on the same data and
 * compares every table.
 */

/** Whether a vote is one that its law takes: its recording has not ended, and the vote is of its form. */
export function isTaken({ laws }: Tables, vote: DecidedVote): boolean {
  const { law } = laws.get(vote.lawId) ?? {};
  return law?.reached !== "counted" && law?.boxClosed !== true && law?.form === formOf(vote);
}

function digestOf({ sealed }: DecidedVote): string | undefined {
  return sealed === undefined ? undefined : envelopeSha256(sealed).toString("hex");
}

/** Whether a submission was recorded with another envelope. */
function isRepeated({ audit }: Pick<Tables, "audit">, vote: DecidedVote): boolean {
  const [known, digest] = [audit.get(vote.requestId)?.envelopeSha256, digestOf(vote)];
  return known !== undefined && digest !== undefined && known !== digest;
}

/** Whether a vote that is not taken was recorded before, with its envelope: its redelivery is answered. */
export function isKnown({ audit, repeated }: Tables, vote: DecidedVote): boolean {
  return !isRepeated({ audit }, vote) || repeated.has(pairKey(vote.requestId, digestOf(vote) ?? ""));
}

/**
 * Notes further envelopes of submissions that were recorded.
 *
 * @returns the other votes
 */
export function noteRepeated(transaction: Transaction, tables: Tables, votes: readonly DecidedVote[]): DecidedVote[] {
  return votes.filter((vote) => {
    if (!isRepeated(tables, vote)) return true;
    transaction.repeated.set(pairKey(vote.requestId, digestOf(vote) ?? ""), vote.macs?.promise ?? "");
    return false;
  });
}

function voterOf(vote: DecidedVote): string {
  return voterKey(vote.lawId, vote.voterHash);
}

/** The voters of a batch. */
export function votersOfBatch(votes: readonly DecidedVote[]): string[] {
  return [...new Set(votes.map(voterOf))].sort();
}

/** The locks that a batch takes before anything else: of its voters, and of its envelopes. */
export function locksOf(votes: readonly DecidedVote[]): string[] {
  const envelopes = votes.flatMap(({ sealed }) => (sealed === undefined ? [] : [encOf(sealed).toString("hex")]));
  return [...votersOfBatch(votes), ...new Set(envelopes)];
}

/** The place of an envelope in the box of its law; undefined for a vote without one. */
function placeOf({ lawId, sealed }: DecidedVote): string | undefined {
  return sealed === undefined ? undefined : boxKey(lawId, encOf(sealed).toString("hex"));
}

/** The first statement: participation, and with each new one its envelope, or its ballot and its part of the tally. */
export function enterParticipation(transaction: Transaction, votes: readonly DecidedVote[]): void {
  const onRoll = votes.filter((vote) => {
    if (vote.outcome === "duplicate" && !transaction.hasCopiedClaim(voterOf(vote))) return false;
    const row = transaction.rollRowOf(voterOf(vote));
    return row !== undefined && invalidBecause(row, vote.acceptedAt) === undefined;
  });
  const candidates = new Map<string, DecidedVote>();
  for (const vote of onRoll) {
    const row = transaction.rollRowOf(voterOf(vote));
    if (row === undefined || isCopy(transaction, vote, onRoll)) continue;
    const person = `${vote.lawId} ${row.person}`;
    const earliest = candidates.get(person);
    if (earliest === undefined || vote.acceptedAt < earliest.acceptedAt) candidates.set(person, vote);
  }
  for (const vote of candidates.values()) {
    const { requestId, lawId, choice, sealed } = vote;
    const voter = voterOf(vote);
    const { person = "" } = transaction.rollRowOf(voter) ?? {};
    if (transaction.participationOf(voter) !== undefined) continue;
    if (transaction.hasVotedUnderAnother(voter, person)) continue;
    const place = placeOf(vote);
    if (choice === undefined && place === undefined) throw new Error("a candidate without a ballot");
    transaction.participation.set(voter, { person, requestId });
    if (place !== undefined && sealed !== undefined) transaction.box.set(place, sealed);
    if (choice === undefined) continue;
    transaction.ballots.push({ lawId, choice });
    addToTally(transaction.tallies, lawId, { oui: choice === "oui" ? 1 : 0, non: choice === "non" ? 1 : 0 });
  }
  takeCrowds(transaction);
}

/** Whether the box, or this batch before a vote, has an envelope with the same ephemeral key. */
function isCopy(transaction: Transaction, vote: DecidedVote, batch: readonly DecidedVote[]): boolean {
  const place = placeOf(vote);
  if (place === undefined) return false;
  const same = batch.filter((other) => placeOf(other) === place);
  const isEarlier = (one: DecidedVote, index: number) =>
    one.acceptedAt < vote.acceptedAt || (one.acceptedAt === vote.acceptedAt && index < same.indexOf(vote));
  return transaction.hasInBox(place) || same.some(isEarlier);
}

/**
 * Among how many older ballots of its law a ballot hides at least. The SQL has 64; the few votes of a history would
 * never come to that.
 */
export const CROWD = 2;

/** Takes older ballots out and puts them in again, for each law that has few new ones. */
function takeCrowds(transaction: Transaction): void {
  for (const [lawId, { oui, non }] of transaction.tallies) {
    const counted = oui + non;
    if (counted >= CROWD) continue;
    for (const older of transaction.freeBallots(lawId).slice(0, CROWD)) {
      transaction.takenOut.add(older);
      transaction.ballots.push({ ...older });
    }
  }
}

interface Risen {
  readonly voter: string;
  readonly vote: DecidedVote;
  readonly status: Status;
  readonly invalidReason: InvalidReason | undefined;
  readonly countedRequestId: string | undefined;
  readonly before: Status | undefined;
}

/** The second statement: the status of each submission, and the attempts of each voter. */
export function enterAudit(transaction: Transaction, votes: readonly DecidedVote[], processedAt: string): void {
  const copiers = new Set<string>();
  const risen = votes.flatMap((vote): Risen[] => {
    const voter = voterOf(vote);
    const countedRequestId = transaction.participationOf(voter);
    const status = statusOf(transaction, vote, countedRequestId);
    if (status === undefined) return [];
    const row = transaction.rollRowOf(voter);
    const invalidReason = status === "invalid" ? (invalidBecause(row, vote.acceptedAt) ?? "copied") : undefined;
    if (invalidReason === "copied") copiers.add(voter);
    const before = transaction.auditOf(vote.requestId)?.status;
    if (before !== undefined && STATUSES.indexOf(before) >= STATUSES.indexOf(status)) return [];
    return [{ voter, vote, status, invalidReason, countedRequestId, before }];
  });
  // A statement reads rows as they were before it, so attempts are computed before the audit is written.
  const attempts = attemptsOf(transaction, risen);
  for (const { vote, status, invalidReason } of risen) {
    const { lawId, voterHash, acceptedAt } = vote;
    const known = transaction.auditOf(vote.requestId);
    const row = {
      ...{ lawId, voterHash, status, invalidReason, acceptedAt, processedAt },
      envelopeSha256: known?.envelopeSha256 ?? digestOf(vote),
      promise: known?.promise ?? vote.macs?.promise,
    };
    transaction.audit.set(vote.requestId, row);
  }
  for (const [voter, row] of attempts) transaction.attempts.set(voter, row);
  for (const voter of copiers) transaction.copiedClaims.add(voter);
}

/** @returns undefined for a vote that waits */
function statusOf(
  transaction: Transaction,
  vote: DecidedVote,
  countedRequestId: string | undefined,
): Status | undefined {
  if (countedRequestId === vote.requestId) return "counted";
  if (countedRequestId !== undefined) return "duplicate";
  const row = transaction.rollRowOf(voterOf(vote));
  if (row === undefined || invalidBecause(row, vote.acceptedAt) !== undefined) return "invalid";
  if (transaction.hasVotedUnderAnother(voterOf(vote), row.person)) return "duplicate";
  const place = placeOf(vote);
  if (place !== undefined && !transaction.hasInBox(place)) return undefined;
  if (transaction.hasCopiedClaim(voterOf(vote)) || vote.outcome !== "duplicate") return "invalid";
  return undefined;
}

/** Whether a vote that the audit has is answered: it does not wait. */
export function isAnswered(tables: Tables, vote: DecidedVote): boolean {
  const voter = voterOf(vote);
  return (
    vote.outcome !== "duplicate" ||
    countedSubmission(tables, voter) !== undefined ||
    invalidBecause(tables.roll.get(voter), vote.acceptedAt) !== undefined ||
    tables.audit.get(vote.requestId)?.invalidReason === "copied" ||
    isRepeated(tables, vote)
  );
}

function attemptsOf(transaction: Transaction, risen: readonly Risen[]): Map<string, AttemptsRow> {
  const tries = new Map<string, Risen[]>();
  for (const one of risen) {
    if (one.status === "invalid" || (one.before !== undefined && one.before !== "invalid")) continue;
    tries.set(one.voter, [...(tries.get(one.voter) ?? []), one]);
  }
  const rows = new Map<string, AttemptsRow>();
  for (const [voter, list] of tries) {
    const known = transaction.attemptsOf(voter);
    const countedRequestId = list.find((one) => one.countedRequestId !== undefined)?.countedRequestId;
    const countedHere = list.some((one) => one.vote.requestId === countedRequestId);
    const counted = countedRequestId === undefined ? undefined : transaction.auditOf(countedRequestId);
    // A voter without a row had at most one attempt before this batch: the counted one.
    const earlier =
      known === undefined && !countedHere && counted?.status === "counted" ? counted.acceptedAt : undefined;
    const hasTriedAgain =
      list.some((one) => one.status === "duplicate") || list.length > 1 || known !== undefined || earlier !== undefined;
    if (!hasTriedAgain) continue;
    const times = [...list.map((one) => one.vote.acceptedAt), earlier, known?.firstAt, known?.lastAt];
    const sorted = times.filter((time) => time !== undefined).sort();
    rows.set(voter, {
      count: (known?.count ?? 0) + list.length + (earlier === undefined ? 0 : 1),
      firstAt: sorted[0] ?? "",
      lastAt: sorted.at(-1) ?? "",
    });
  }
  return rows;
}
