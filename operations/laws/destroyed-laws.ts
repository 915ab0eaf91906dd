import type { Servers } from "../servers.ts";

/**
 * The laws that were destroyed, or are being destroyed: what is left of them says nothing about their votes.
 *
 * @param servers those of a running stage
 */
export async function destroyedLaws({ pool }: Pick<Servers, "pool">): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ law_id: string }>("select law_id from laws where destroyed_at is not null");
  return new Set(rows.map(({ law_id }) => law_id));
}
