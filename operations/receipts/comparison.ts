import type pg from "pg";

/** The tables in which a comparison keeps copies of the other stores (migration 0009). Each comparison has its own. */
export interface ComparisonTables {
  /** Every receipt: `request_id, law_id, rank, accepted_at`. */
  readonly receipts: string;
  /** The claims of rolls in Redis: `law_id, voter_hash`. */
  readonly claims: string;
  /** Audit rows that are more than the counted one of a participation: `law_id, voter_hash, request_id, status`. */
  readonly tries: string;
  /** The windows of laws, for as long as they were in force: `law_id, opens_at, closes_at`. */
  readonly windows: string;
  /** Submissions that somebody says were accepted: `request_id, is_dead_letter`. */
  readonly accepted: string;
  /** Receipts of what PostgreSQL does not know: `request_id, law_id, status, accepted_at`. */
  readonly orphans: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The names of a comparison's tables.
 *
 * @param id the comparison
 * @throws Error when it is not a UUID in small letters
 */
export function tablesOf(id: string): ComparisonTables {
  if (!UUID.test(id)) throw new Error("a comparison is named by a UUID");
  const name = (what: string) => `seen_${what}_${id.replaceAll("-", "")}`;
  return {
    receipts: name("receipts"),
    claims: name("claims"),
    tries: name("tries"),
    windows: name("windows"),
    accepted: name("accepted"),
    orphans: name("orphans"),
  };
}

/**
 * Makes the tables of a comparison, if they are not there. They are dropped by `endComparison`, or by another
 * comparison that begins more than a day later.
 *
 * @param pool the database
 * @param id the comparison
 */
export async function beginComparison(pool: pg.Pool, id: string): Promise<ComparisonTables> {
  await pool.query("select begin_comparison($1)", [id]);
  return tablesOf(id);
}

/**
 * Drops the tables of a comparison.
 *
 * @param pool the database
 * @param id the comparison
 */
export async function endComparison(pool: pg.Pool, id: string): Promise<void> {
  await pool.query("select end_comparison($1)", [id]);
}

/** Submissions in a piece; of receipts there may be more than one each. */
const SUBMISSIONS = 100_000;

/**
 * Where a piece of submissions ends.
 *
 * @param client the database
 * @param tables in which the submissions are
 * @param after the end of the piece before; null: this is the first
 * @returns the last one's id; null: this is the last piece
 */
export async function endOfPiece(
  client: pg.ClientBase,
  tables: readonly string[],
  after: string | null,
): Promise<string | null> {
  const ends = tables.map(
    (table) => `(select request_id from ${table} where $1::text is null or request_id > $1
      order by request_id offset ${SUBMISSIONS} limit 1)`,
  );
  const { rows } = await client.query<{ end: string | null }>(`select least(${ends.join(", ")}) as end`, [after]);
  return rows[0]?.end ?? null;
}
