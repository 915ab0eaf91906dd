import type { Law } from "../../shared/domain/law.ts";
import { operatorsState } from "../../shared/domain/law-life.ts";
import type { RollMeta } from "../../shared/domain/roll.ts";
import type { StageLaw } from "../../shared/messages/operators/stage.ts";
import { workAnswer } from "../roll/steps/step-ports.ts";
import { unfinishedWork } from "../roll/stores/postgres-marks.ts";
import { RedisRoll } from "../roll/stores/redis-roll.ts";
import type { Servers } from "../servers.ts";

/** How many of a law's last submissions are examined. */
const LATEST = 200;

/** Which of the stores that know of rolls answer. */
export interface KnownStores {
  readonly postgresql: boolean;
  readonly redis: boolean;
}

interface RollRow {
  readonly pepper_id: string | null;
  readonly key_version: number;
  readonly voters: string;
  readonly ended: string;
  readonly digest: string | null;
}

type FromPostgres = Pick<StageLaw, "voters" | "unfinished" | "latest"> & { readonly roll: RollRow | undefined };
interface FromRedis {
  readonly cached: number;
  readonly meta: RollMeta | undefined;
}

/**
 * Looks at a law and the two copies of its roll.
 *
 * @param servers those of a running stage
 * @param lawId the law, or a roll without one
 * @param law the law; undefined: there is only a roll
 * @param known the stores that answer; what others know is null
 */
export async function lookAtLaw(
  servers: Servers,
  lawId: string,
  law: Law | undefined,
  known: KnownStores,
): Promise<StageLaw> {
  const truth = known.postgresql ? await inPostgres(servers, lawId) : undefined;
  const copy = known.redis ? await inRedis(servers, lawId) : undefined;
  return {
    law_id: lawId,
    state: law === undefined ? null : operatorsState(law, Date.now()),
    voters: truth?.voters ?? null,
    cached: copy === undefined ? null : Math.max(0, copy.cached - Number(truth?.roll?.ended ?? 0)),
    digest: truth?.roll?.digest ?? null,
    complete: copy === undefined ? null : copy.meta !== undefined,
    unfinished: truth?.unfinished ?? null,
    mismatch: law === undefined ? null : mismatch(law, truth?.roll, copy),
    latest: truth?.latest ?? null,
  };
}

function mismatch(law: Law, roll: RollRow | undefined, copy: FromRedis | undefined): StageLaw["mismatch"] {
  if (roll !== undefined && roll.pepper_id !== (law.pepperId ?? null)) return "pepper";
  if (roll !== undefined && roll.key_version !== law.keyVersion) return "key_version";
  if (copy?.meta !== undefined && copy.meta.pepperId !== law.pepperId) return "pepper_in_redis";
  if (roll !== undefined && copy?.meta !== undefined && copy.meta.digest !== roll.digest) return "roll_in_redis";
  return null;
}

async function inPostgres({ pool }: Servers, lawId: string): Promise<FromPostgres> {
  const { rows } = await pool.query<RollRow>(
    `select pepper_id, key_version, coalesce(s.voters, 0) as voters, coalesce(s.ended, 0) as ended, encode(digest, 'hex') as digest
     from rolls left join roll_sizes s using (law_id) where law_id = $1`,
    [lawId],
  );
  const [roll] = rows;
  const latest = await pool.query<{ submissions: number; invalid: number }>(
    `select count(*)::int as submissions, (count(*) filter (where status = 'invalid'))::int as invalid
     from (select status from vote_audit where law_id = $1 order by processed_at desc limit $2) as latest`,
    [lawId, LATEST],
  );
  return {
    roll,
    voters: Number(roll?.voters ?? 0),
    unfinished: ((await unfinishedWork(pool, [lawId])).get(lawId) ?? []).map(workAnswer),
    latest: roll === undefined ? null : (latest.rows[0] ?? null),
  };
}

async function inRedis({ redis }: Servers, lawId: string): Promise<FromRedis> {
  const roll = new RedisRoll(redis);
  return { meta: await roll.meta(lawId), cached: await roll.count(lawId) };
}
