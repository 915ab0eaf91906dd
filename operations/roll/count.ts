import type { RollWork } from "../../shared/domain/roll.ts";
import { destroyedLaws } from "../laws/destroyed-laws.ts";
import { refuseUnknownLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";
import { cachedVoters, sealedState } from "./change.ts";
import { unfinishedWork } from "./stores/postgres-marks.ts";
import { PostgresRoll } from "./stores/postgres-roll.ts";
import { RedisRoll } from "./stores/redis-roll.ts";

/** The size of a law's roll. */
export interface RollCount {
  readonly law_id: string;
  /** In PostgreSQL, the truth. */
  readonly postgresql: number;
  /** In Redis, the fast filter, without those who are not on the roll any more. */
  readonly redis: number;
  /** The digest of the sealed roll, in hexadecimal digits; null: it is not sealed, and its votes wait. */
  readonly digest: string | null;
  /** Whether Redis names this digest. Otherwise no vote of the law is decided. */
  readonly complete: boolean;
  /** Work on it that began and have not ended. */
  readonly unfinished: readonly RollWork[];
}

/**
 * Counts the voters of laws.
 *
 * @param servers those of a running stage
 * @param lawIds which laws; default: every law that is not destroyed, and every roll without one
 * @throws Refusal when one of them is neither a law nor has a roll
 */
export async function countRolls(servers: Servers, lawIds?: readonly string[]): Promise<RollCount[]> {
  if (lawIds !== undefined) await refuseUnknownLaws(servers, lawIds);
  const counted = await rollSizes(servers, lawIds);
  const unfinished = await unfinishedWork(servers.pool, lawIds ?? null);
  const ids = lawIds ?? (await rolledLaws(servers));
  const [cache, database] = [new RedisRoll(servers.redis), new PostgresRoll(servers.pool)];
  const destroyed = await destroyedLaws(servers);
  const counts: RollCount[] = [];
  for (const lawId of new Set(ids)) {
    const { seal, complete } = await sealedState({ database, cache }, lawId);
    counts.push({
      law_id: lawId,
      // The size of a destroyed roll is still known, for the turnout.
      postgresql: destroyed.has(lawId) ? 0 : (counted.get(lawId) ?? 0),
      redis: destroyed.has(lawId)
        ? await cache.count(lawId)
        : Math.max(0, await cachedVoters({ database, cache }, lawId)),
      digest: seal?.digest.toString("hex") ?? null,
      complete,
      unfinished: unfinished.get(lawId) ?? [],
    });
  }
  return counts;
}

/**
 * Every law but those that were destroyed, and every roll without one.
 *
 * @param servers those of a running stage
 */
export async function rolledLaws(servers: Servers): Promise<readonly string[]> {
  const laws = await servers.laws.list();
  const destroyed = await destroyedLaws(servers);
  const all = new Set([...laws.map((law) => law.lawId), ...(await rollSizes(servers)).keys()]);
  return [...all].filter((lawId) => !destroyed.has(lawId)).sort();
}

/**
 * The sizes of rolls in PostgreSQL.
 *
 * @param servers those of a running stage
 * @param lawIds which laws; default: all that have a roll
 */
export async function rollSizes(servers: Servers, lawIds?: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await servers.pool.query<{ law_id: string; voters: string }>(
    `select law_id, coalesce(s.voters, 0) as voters from rolls left join roll_sizes s using (law_id)
     where $1::text[] is null or law_id = any($1)`,
    [lawIds ?? null],
  );
  return new Map(rows.map((row) => [row.law_id, Number(row.voters)]));
}
