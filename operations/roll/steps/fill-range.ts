import { Refusal } from "../../../shared/domain/refusal.ts";
import { parseRequestId } from "../../../shared/domain/request-id.ts";
import { ROLL_BUCKETS } from "../../../shared/domain/roll.ts";
import { type BucketDigest, bucketDigests, differingBucket } from "../../../shared/domain/roll-digest.ts";
import type { RollRight, RollVoter } from "../stores/ports.ts";
import type { StepPorts } from "./step-ports.ts";

/** Voters in one range of buckets: some tenths of a second of work. */
const RANGE_VOTERS = 20_000;

/** Buckets of Redis, from the first one up to the one after the last. */
export interface BucketRange {
  readonly from: number;
  readonly to: number;
}

/** What a range of buckets holds in PostgreSQL, and now in Redis. */
export interface FilledRange {
  readonly voters: number;
  /** How many of them have voted. */
  readonly claims: number;
  /** Of the voters who have not ended. */
  readonly digests: readonly BucketDigest[];
}

/**
 * The next range of buckets to fill: about as many voters as a step can take in a moment.
 *
 * @param from its first bucket
 * @param voters how many the roll has
 */
export function rangeFrom(from: number, voters: number): BucketRange {
  const buckets = Math.floor((ROLL_BUCKETS * RANGE_VOTERS) / Math.max(1, voters));
  return { from, to: Math.min(ROLL_BUCKETS, from + Math.max(1, buckets)) };
}

/**
 * Makes buckets of Redis what PostgreSQL says: every voter and, for voters who have voted, the claim of the counted
 * submission. Then it reads them back. The caller has the right to change the roll.
 *
 * @param ports the stores
 * @param lawId the law
 * @param range which buckets
 * @param right the right to change the roll
 * @throws Refusal when Redis gives back something else
 */
export async function fillRange(
  { database, cache }: Pick<StepPorts, "database" | "cache">,
  lawId: string,
  { from, to }: BucketRange,
  right: RollRight,
): Promise<FilledRange> {
  await right.check();
  await cache.clear(lawId, from, to);
  const voters = (await database.votersOfBuckets(lawId, from, to)).map(withClaim);
  await cache.restore(lawId, voters);
  const written = bucketDigests(voters.map(({ voterHash }) => voterHash));
  const differing = differingBucket(written, await cache.readBack(lawId, from, to));
  if (differing !== undefined) {
    throw new Refusal(
      `Redis does not give back what was written to bucket ${differing} of the roll of ${lawId}; a failover may be under way. ` +
        "The votes of the law wait. Try again.",
    );
  }
  const digests = bucketDigests(voters.flatMap(({ voterHash, hasEnded }) => (hasEnded ? [] : [voterHash])));
  return { voters: voters.length, claims: voters.filter(({ id }) => id !== undefined).length, digests };
}

/** A voter as Redis has one. @throws Error when the participation does not name a request id */
function withClaim({ voterHash, hasEnded, countedRequestId, beginsAt }: RollVoter) {
  return { voterHash, hasEnded, beginsAt, id: idOf(countedRequestId) };
}

function idOf(requestId: string | null): Buffer | undefined {
  if (requestId === null) return undefined;
  const parts = parseRequestId(requestId);
  if (parts === undefined) throw new Error(`the participation names ${requestId}, which is not a request id`);
  return parts.id;
}
