import type { Redis, Result } from "ioredis";
import type pg from "pg";
import { rollBucketKey } from "../../shared/domain/roll.ts";

/** The claimed voters of a bucket, and how many voters it has. */
const BUCKET_SCRIPT = `
local entries = redis.call('HGETALL', KEYS[1])
local answer = { #entries / 2 }
for index = 1, #entries, 2 do
  if entries[index + 1] ~= '' then answer[#answer + 1] = entries[index] end
end
return answer`;

declare module "ioredis" {
  interface RedisCommander<Context> {
    readBucketBuffer(bucket: string): Result<unknown, Context>;
  }
}

/** Buckets read in one round trip. */
const PIPELINE = 1_024;

/**
 * Copies the claims of a law into a table, so that PostgreSQL can compare them. Only buckets of voters that PostgreSQL
 * knows are read, so that a law with ten voters does not cost 65,536 look-ups.
 *
 * @param redis the roll in Redis
 * @param client the connection with the comparison tables
 * @param lawId the law
 * @returns how many voters Redis has on the roll
 */
export async function gatherClaims(redis: Redis, client: pg.ClientBase, lawId: string): Promise<number> {
  const { rows } = await client.query<{ bucket: Buffer }>(
    "select distinct substring(voter_hash from 1 for 2) as bucket from voter_roll where law_id = $1",
    [lawId],
  );
  let voters = 0;
  for (let at = 0; at < rows.length; at += PIPELINE) {
    const claimed: Buffer[] = [];
    for (const answer of await readBuckets(redis, lawId, rows.slice(at, at + PIPELINE))) {
      const [size, ...hashes] = answer;
      voters += Number(size);
      for (const hash of hashes) if (Buffer.isBuffer(hash)) claimed.push(hash);
    }
    if (claimed.length === 0) continue;
    await client.query("insert into seen_claims select $1, unnest($2::bytea[])", [lawId, claimed]);
  }
  return voters;
}

async function readBuckets(
  redis: Redis,
  lawId: string,
  buckets: readonly { readonly bucket: Buffer }[],
): Promise<readonly (readonly unknown[])[]> {
  redis.defineCommand("readBucket", { numberOfKeys: 1, lua: BUCKET_SCRIPT });
  const pipeline = redis.pipeline();
  for (const { bucket } of buckets) pipeline.readBucketBuffer(rollBucketKey(lawId, bucket.toString("hex")));
  const answers = await pipeline.exec();
  return (answers ?? []).map(([error, answer]) => {
    if (error !== null) throw error;
    if (!Array.isArray(answer)) throw new Error("Redis gave no list for a bucket of the roll");
    return answer;
  });
}
