import type { Law } from "../../shared/domain/law.ts";
import type { WatchedLaw } from "../../shared/messages/operators/watch.ts";
import { operatorsLaw } from "../laws/operators-law.ts";
import { rollSizes } from "../roll/count.ts";
import { workAnswer } from "../roll/steps/step-ports.ts";
import { unfinishedWork } from "../roll/stores/postgres-marks.ts";
import { RedisRoll } from "../roll/stores/redis-roll.ts";
import type { Servers } from "../servers.ts";
import type { KnownStores } from "./laws.ts";

interface TallyRow {
  readonly law_id: string;
  readonly counted: string;
  /** The digest of its sealed roll. */
  readonly digest: string | null;
}

/**
 * Looks at every law as one does on voting day: a few rows of PostgreSQL and one key of Redis for each.
 *
 * @param servers those of a running stage
 * @param known the stores that answer; what others know is null
 * @param now the present instant
 */
export async function watchLaws(servers: Servers, known: KnownStores, now: Date): Promise<WatchedLaw[]> {
  // Without PostgreSQL, what voters see is all that is known.
  const laws: readonly Law[] = known.postgresql
    ? await servers.laws.list()
    : (await servers.laws.items.list()).sort((a, b) => (a.lawId < b.lawId ? -1 : 1));
  const fromPostgres = known.postgresql ? await inPostgres(servers) : undefined;
  const metas = known.redis ? await metasOf(servers, laws) : undefined;
  return laws.map((law) => {
    const { lawId } = law;
    const digest = fromPostgres?.tallies.get(lawId)?.digest ?? undefined;
    const meta = metas?.get(lawId);
    return {
      ...operatorsLaw(law, now),
      voters: fromPostgres === undefined ? null : (fromPostgres.sizes.get(lawId) ?? 0),
      complete:
        metas === undefined ? null : meta !== undefined && (fromPostgres === undefined || meta.digest === digest),
      unfinished: fromPostgres === undefined ? null : (fromPostgres.unfinished.get(lawId) ?? []).map(workAnswer),
      counted: fromPostgres === undefined ? null : Number(fromPostgres.tallies.get(lawId)?.counted ?? 0),
    };
  });
}

async function inPostgres(servers: Servers) {
  const sizes = await rollSizes(servers);
  const unfinished = await unfinishedWork(servers.pool, null);
  const { rows } = await servers.pool.query<TallyRow>(
    `select law_id, coalesce(v.total_votes, 0) as counted, encode(r.digest, 'hex') as digest
     from vote_results v full join rolls r using (law_id)`,
  );
  return { sizes, unfinished, tallies: new Map(rows.map((row) => [row.law_id, row])) };
}

async function metasOf({ redis }: Servers, laws: readonly Law[]) {
  const roll = new RedisRoll(redis);
  return new Map(await Promise.all(laws.map(async ({ lawId }) => [lawId, await roll.meta(lawId)] as const)));
}
