import type pg from "pg";

/**
 * Takes a copy of every table, for a restore to this point in time.
 *
 * @param pool the database, as its owner
 * @returns makes every table what it was
 */
export async function pointInTime(pool: pg.Pool): Promise<() => Promise<void>> {
  const { rows } = await pool.query<{ name: string; columns: string }>(
    `select c.table_name as name, string_agg(quote_ident(c.column_name), ', ') as columns
     from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where table_schema = 'public' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER' group by 1`,
  );
  await pool.query("drop schema if exists point_in_time cascade; create schema point_in_time");
  for (const { name } of rows) {
    await pool.query(`create table point_in_time."${name}" as table public."${name}"`);
  }
  return async () => {
    // Triggers of the tables would refuse it, or change sizes of rolls.
    const undone = rows.map(
      ({ name, columns }) =>
        `delete from public."${name}"; ` +
        `insert into public."${name}" (${columns}) overriding system value select ${columns} from point_in_time."${name}"`,
    );
    await pool.query(`begin; set local session_replication_role = replica; ${undone.join("; ")}; commit`);
  };
}
