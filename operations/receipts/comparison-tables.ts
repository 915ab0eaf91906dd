import type pg from "pg";

/**
 * Makes temporary tables for copies of other stores' contents. They disappear at the end of the transaction.
 *
 * @param client a connection in a transaction
 */
export async function createComparisonTables(client: pg.ClientBase): Promise<void> {
  await client.query(`
    create temp table seen_receipts (request_id text not null, law_id text not null, rank integer not null) on commit drop;
    create temp table seen_claims (law_id text not null, voter_hash bytea not null) on commit drop`);
}
