import { createHash } from "node:crypto";
import type pg from "pg";
import { canonicalJson } from "../../shared/domain/canonical-json.ts";

/**
 * Names a cursor as the database keeps it.
 *
 * @param cursor as it travels: what JSON can say
 * @returns SHA-256 of its JSON
 */
export function cursorHash(cursor: unknown): Buffer {
  // What has no value does not travel.
  return createHash("sha256")
    .update(canonicalJson(JSON.parse(JSON.stringify(cursor))))
    .digest();
}

/**
 * Notes that a run answers a cursor. Doing it again changes nothing.
 *
 * @param pool the database
 * @param run the act's run
 * @param cursor the cursor
 */
export async function noteCursor(pool: pg.Pool, run: string, cursor: unknown): Promise<void> {
  await pool.query("insert into run_cursors (run, hash) values ($1, $2) on conflict do nothing", [
    run,
    cursorHash(cursor),
  ]);
}

/**
 * Whether a run has answered a cursor.
 *
 * @param pool the database
 * @param run the act's run
 * @param cursor the cursor
 */
export async function isAnswered(pool: pg.Pool, run: string, cursor: unknown): Promise<boolean> {
  const { rows } = await pool.query("select from run_cursors where run = $1 and hash = $2", [run, cursorHash(cursor)]);
  return rows.length > 0;
}

/**
 * Forgets the cursors of a run that has ended: nothing goes on from them.
 *
 * @param pool the database
 * @param run the act's run
 */
export async function forgetCursors(pool: pg.Pool, run: string): Promise<void> {
  await pool.query("delete from run_cursors where run = $1", [run]);
}
