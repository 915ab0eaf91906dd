import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

/** Every table of the system, with the columns that are not computed. */
const TABLES: Readonly<Record<string, string>> = {
  rolls: "law_id, pepper_id, key_version, created_at",
  voter_roll: "law_id, voter_hash, person_hash",
  participation: "law_id, voter_hash, request_id",
  ballots: "ballot_id, law_id, choice",
  vote_results: "law_id, oui_count, non_count, updated_at",
  vote_audit: "request_id, vote_hash, law_id, status, reason, timestamp, processed_at",
  duplicate_attempts: "law_id, vote_hash, attempt_count, first_attempt_at, last_attempt_at",
};

/**
 * Writes all tables to files, as of one instant, while others go on writing: what `pg_dump --data-only` does, which the
 * PostgreSQL of the npm package has not.
 *
 * @param pool the database
 * @param directory where the files go
 */
export async function dump(pool: pg.Pool, directory: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin isolation level repeatable read read only");
    for (const [table, columns] of Object.entries(TABLES)) {
      const rows = client.query(copyTo(`copy ${table} (${columns}) to stdout`));
      await pipeline(rows, createWriteStream(join(directory, table)));
    }
    await client.query("commit");
  } finally {
    client.release();
  }
}

/** Loses everything that the tables hold. */
export async function lose(pool: pg.Pool): Promise<void> {
  await pool.query(`truncate ${Object.keys(TABLES).join(", ")}`);
}

/**
 * Reads the files of a dump into empty tables, in one transaction.
 *
 * @param pool the database
 * @param directory where the files are
 */
export async function restore(pool: pg.Pool, directory: string): Promise<void> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query("begin");
    for (const [table, columns] of Object.entries(TABLES)) {
      const rows = client.query(copyFrom(`copy ${table} (${columns}) from stdin`));
      await pipeline(createReadStream(join(directory, table)), rows);
    }
    await client.query("commit");
    isBroken = false;
  } finally {
    client.release(isBroken);
  }
}
