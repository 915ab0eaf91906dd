import type { Vote } from "../../shared/domain/ballot.ts";
import { parseRequestId } from "../../shared/domain/request-id.ts";
import { readOutcome, readVote } from "../../shared/messages/queue.ts";
import { type Transaction, voterKey } from "./models/postgres.ts";
import { CROWD } from "./models/record-outcomes.ts";
import type { World } from "./world.ts";

/**
 * Finds voters whom a transaction counts wrongly, just before it commits, because no table shows it afterwards.
 *
 * @param world the servers, as they were before it
 * @param transaction what it wrote
 */
export function firstVoteFindings(world: World, transaction: Transaction): string[] {
  return [...transaction.participation].flatMap(([voter, { requestId }]) =>
    wrongFirstVote(world, transaction, voter, requestId),
  );
}

/** A duplicate is counted only when its first vote can come no more, and then the earliest of its voter. */
function wrongFirstVote(world: World, transaction: Transaction, voter: string, requestId: string): string[] {
  // Whoever's claim is that of a copy votes again, and has no first vote that could be late.
  if (world.postgres.tables.copiedClaims.has(voter)) return [];
  const decided = world.decisions.get(requestId);
  if (decided === undefined || [...decided].some((outcome) => outcome !== "duplicate")) return [];
  const claims = world.redis.duplicatesOf.get(hexId(requestId));
  // A vote that PostgreSQL forgot in a restore is no first vote any more, even if it is sent again.
  const holdsClaim = (one: { requestId: string }) =>
    claims?.has(hexId(one.requestId)) === true && !world.restored.forgotten.has(one.requestId);
  const votes = [...world.queue("votes").bodies, ...world.queue("votes-dlq").bodies].flatMap((body) =>
    genuine(world, readVote(body)),
  );
  const outcomes = [...world.queue("outcomes").bodies, ...world.queue("outcomes-dlq").bodies].flatMap((body) =>
    genuine(world, readOutcome(body)),
  );
  if (votes.some(holdsClaim) || outcomes.some((one) => one.outcome !== "duplicate" && holdsClaim(one))) {
    return ["a duplicate was counted in the place of a first vote that was only late"];
  }
  // If a clock has jumped, the latest vote may have the earliest time.
  if (world.history.events.some(({ kind }) => kind === "clock")) return [];
  const acceptedAt = transaction.audit.get(requestId)?.acceptedAt ?? "";
  const isLater = outcomes.some((one) => voterKey(one.lawId, one.voterHash) === voter && one.acceptedAt < acceptedAt);
  return isLater ? ["a later duplicate was counted, although the earliest one of its voter was waiting too"] : [];
}

function genuine<T extends Vote>(world: World, vote: T | undefined): T[] {
  return vote !== undefined && world.genuine.has(vote) ? [vote] : [];
}

function hexId(requestId: string): string {
  return Buffer.from(parseRequestId(requestId)?.id ?? []).toString("hex");
}

/**
 * Rows of a transaction can be told by their hidden columns: few new ballots of a law must be among older ones.
 *
 * @param world the servers
 * @param transaction one that has just entered its ballots
 */
export function loneBallots({ postgres }: World, transaction: Transaction): string[] {
  return [...transaction.tallies].flatMap(([lawId, { oui, non }]) => {
    const written = transaction.ballots.filter((ballot) => ballot.lawId === lawId).length;
    const free = postgres.freeBallots(lawId, transaction).length;
    const counted = oui + non;
    return counted < CROWD && written < counted + Math.min(CROWD, free)
      ? ["a ballot is alone in its transaction, which leads from its voter to it"]
      : [];
  });
}
