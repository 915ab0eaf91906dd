import type pg from "pg";

/**
 * Begins a transaction that sees one instant of the database, with temporary tables for copies of other stores'
 * contents. The tables disappear at its end.
 *
 * Between two of its statements other stores are read, which takes minutes after a voting day: longer than the server
 * lets a forgotten transaction live. Nobody waits for this one, because it locks no row.
 *
 * @param client a connection without a transaction
 */
export async function beginComparison(client: pg.ClientBase): Promise<void> {
  await client.query(`
    begin isolation level repeatable read;
    set local idle_in_transaction_session_timeout = '1h';
    create temp table seen_receipts (request_id text not null, law_id text not null, rank integer not null) on commit drop;
    create temp table seen_claims (law_id text not null, voter_hash bytea not null) on commit drop;
    create temp table seen_windows (law_id text not null, opens_at timestamptz not null, closes_at timestamptz)
      on commit drop`);
}
