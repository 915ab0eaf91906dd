import type { Redis, Result } from "ioredis";
import type pg from "pg";
import { rollBucketKey } from "../../shared/domain/roll.ts";
import type { Servers } from "../servers.ts";

/** The claimed voters of a bucket, and how many voters it has. A claim has 16 bytes (`rollMoment` says what else). */
const BUCKET_SCRIPT = `
local entries = redis.call('HGETALL', KEYS[1])
local answer = { #entries / 2 }
for index = 1, #entries, 2 do
  if #entries[index + 1] == 16 then answer[#answer + 1] = entries[index] end
end
return answer`;

declare module "ioredis" {
  interface RedisCommander<Context> {
    readBucketBuffer(bucket: string): Result<unknown, Context>;
  }
}

/** Buckets read in one round trip. */
const PIPELINE = 1_024;

/** A law with more voters than this has some in each of the 65,536 buckets. */
const MANY_VOTERS = 200_000;
const BUCKETS = 65_536;

/** How far the claims of a law are read. */
export interface ClaimsRead {
  /** The next bucket, as a number in the order of buckets; null: all are read. */
  readonly bucket: number | null;
  /** How many voters Redis has on the roll, in the buckets so far. */
  readonly voters: number;
}

/**
 * Copies claims of a law into a table until the deadline, so that PostgreSQL can compare them. Only buckets of voters
 * that PostgreSQL knows are read, so that a law with ten voters does not cost 65,536 look-ups.
 *
 * @param servers those of a running stage
 * @param table the comparison's table
 * @param lawId the law
 * @param so how far they are read
 * @param deadline when to stop, in milliseconds of `performance.now()`
 */
export async function gatherClaims(
  { redis, pool }: Pick<Servers, "redis" | "pool">,
  table: string,
  lawId: string,
  so: ClaimsRead,
  deadline: number,
): Promise<ClaimsRead> {
  if (so.bucket === null) return so;
  const buckets = (await bucketsOf(pool, lawId)).filter((bucket) => bucket >= (so.bucket ?? 0));
  let voters = so.voters;
  for (let at = 0; at < buckets.length; at += PIPELINE) {
    const claimed: Buffer[] = [];
    for (const answer of await readBuckets(redis, lawId, buckets.slice(at, at + PIPELINE))) {
      const [size, ...hashes] = answer;
      voters += Number(size);
      for (const hash of hashes) if (Buffer.isBuffer(hash)) claimed.push(hash);
    }
    if (claimed.length > 0) {
      await pool.query(`insert into ${table} select $1, unnest($2::bytea[]) on conflict do nothing`, [lawId, claimed]);
    }
    const next = buckets[at + PIPELINE];
    if (next !== undefined && performance.now() > deadline) return { bucket: next, voters };
  }
  return { bucket: null, voters };
}

/** The buckets of a law in order. */
async function bucketsOf(pool: pg.Pool, lawId: string): Promise<readonly number[]> {
  const many = await pool.query("select from voter_roll where law_id = $1 offset $2 limit 1", [lawId, MANY_VOTERS]);
  if (many.rows.length > 0) return Array.from({ length: BUCKETS }, (_, bucket) => bucket);
  const { rows } = await pool.query<{ bucket: Buffer }>(
    "select distinct substring(voter_hash from 1 for 2) as bucket from voter_roll where law_id = $1",
    [lawId],
  );
  return rows.map(({ bucket }) => bucket.readUInt16BE(0)).sort((one, other) => one - other);
}

async function readBuckets(
  redis: Redis,
  lawId: string,
  buckets: readonly number[],
): Promise<readonly (readonly unknown[])[]> {
  redis.defineCommand("readBucket", { numberOfKeys: 1, lua: BUCKET_SCRIPT });
  const pipeline = redis.pipeline();
  for (const bucket of buckets) {
    pipeline.readBucketBuffer(rollBucketKey(lawId, bucket.toString(16).padStart(4, "0")));
  }
  const answers = await pipeline.exec();
  return (answers ?? []).map(([error, answer]) => {
    if (error !== null) throw error;
    if (!Array.isArray(answer)) throw new Error("Redis gave no list for a bucket of the roll");
    return answer;
  });
}
