import type pg from "pg";
import type { RollWork } from "../../../shared/domain/roll.ts";
import type { PauseNote, RollMarks, WorkMark } from "./ports.ts";

/** The first key of the advisory locks of rolls, which no other locks have. The second key depends on the law. */
export const ROLL_LOCK_CLASS = 0x726f6c6c;

/** Advisory locks of two keys, as pg_locks shows them (PostgreSQL manual, "pg_locks"). */
const LOCKS = `from pg_locks l where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = ${ROLL_LOCK_CLASS}
  and l.database = (select oid from pg_database where datname = current_database())`;

/**
 * Between two steps of a load or rebuild there is no lock. A step ends within twenty seconds, and the next one follows
 * at once: who has taken none for this long has gone.
 */
const STEPS_GONE = "interval '30 seconds'";
const IS_STEPPING = `coalesce(w.stepped_at > clock_timestamp() - ${STEPS_GONE}, false)`;

/** Of the work in one process only one piece has the lock of the law: the one that began last. */
const UNFINISHED = `select law_id, kind, source_name, lines_done,
    ${IS_STEPPING} or w.stepped_at is null and row_number() over (partition by law_id order by started_at desc) = 1 and exists (
      select ${LOCKS} and l.objid = (hashtext(w.law_id)::bigint & 4294967295)::oid
    ) as is_running
  from roll_work w where $1::text[] is null or law_id = any($1) order by law_id, started_at desc`;

interface WorkRow {
  readonly law_id: string;
  readonly kind: RollWork["kind"];
  readonly source_name: string;
  readonly lines_done: string;
  readonly is_running: boolean;
}

/**
 * Reads the work on the rolls of laws that has begun and not ended.
 *
 * @param queryable a pool or a connection
 * @param lawIds which laws; null for all
 * @returns by law, the latest first; laws without such work are missing
 */
export async function unfinishedWork(
  queryable: Pick<pg.ClientBase, "query">,
  lawIds: readonly string[] | null,
): Promise<ReadonlyMap<string, readonly RollWork[]>> {
  const { rows } = await queryable.query<WorkRow>(UNFINISHED, [lawIds]);
  const works = new Map<string, RollWork[]>();
  for (const { law_id, kind, source_name, lines_done, is_running } of rows) {
    const ofLaw = works.get(law_id) ?? [];
    works.set(law_id, ofLaw);
    ofLaw.push({ kind, sourceName: source_name, linesDone: Number(lines_done), isRunning: is_running });
  }
  return works;
}

/** The notes of work on rolls, in PostgreSQL. */
export class PostgresMarks implements RollMarks {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async begin(lawId: string, { kind, sourceId, sourceName }: WorkMark): Promise<void> {
    await this.#pool.query(
      `insert into roll_work (law_id, kind, source_id, source_name) values ($1, $2, $3, $4)
       on conflict (law_id, kind, source_id) do update set source_name = excluded.source_name, started_at = now(),
         stepped_at = null`,
      [lawId, kind, sourceId, sourceName],
    );
  }

  async finish(lawId: string, { kind, sourceId }: WorkMark): Promise<void> {
    await this.#pool.query("delete from roll_work where law_id = $1 and kind = $2 and source_id = $3", [
      lawId,
      kind,
      sourceId,
    ]);
  }

  async unfinished(lawId: string): Promise<readonly RollWork[]> {
    return (await unfinishedWork(this.#pool, [lawId])).get(lawId) ?? [];
  }

  async abandonLoads(lawId: string): Promise<void> {
    await this.#pool.query("delete from roll_work where law_id = $1 and kind = 'load'", [lawId]);
  }

  async isAnyoneAtWork(): Promise<boolean> {
    const { rows } = await this.#pool.query<{ is_at_work: boolean }>(
      `select exists (select ${LOCKS}) or exists (select from roll_work w where ${IS_STEPPING}) as is_at_work`,
    );
    return rows[0]?.is_at_work === true;
  }

  async pauseNote(): Promise<PauseNote | undefined> {
    const { rows } = await this.#pool.query<{ token: string; mapping_changed_at: string | null }>(
      "select token, mapping_changed_at from validate_pause",
    );
    const [row] = rows;
    return row && { token: row.token, mappingChangedAt: row.mapping_changed_at };
  }

  async clearPauseNote(token: string): Promise<void> {
    await this.#pool.query("delete from validate_pause where token = $1", [token]);
  }
}
