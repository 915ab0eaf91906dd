import { Refusal } from "../../shared/domain/refusal.ts";
import { destroyedLaws } from "../laws/destroyed-laws.ts";
import type { Servers } from "../servers.ts";

/** Every law of which PostgreSQL has anything that the ledger looks at. */
const KNOWN = `select law_id from laws union select law_id from rolls union select law_id from vote_results
  union select law_id from vote_audit`;

/**
 * The laws that the ledger is checked for: of a law that was destroyed, there is nothing left that could be compared.
 *
 * @param servers those of a running stage
 * @param lawIds which ones were asked for; null for all
 * @returns null for all: none was destroyed
 * @throws Refusal naming a law that was asked for and was destroyed
 */
export async function checkedLaws(
  servers: Servers,
  lawIds: readonly string[] | null,
): Promise<readonly string[] | null> {
  const destroyed = await destroyedLaws(servers);
  if (destroyed.size === 0) return lawIds;
  const gone = lawIds?.find((lawId) => destroyed.has(lawId));
  if (gone !== undefined) {
    throw new Refusal(
      `${gone} was destroyed: nothing is left of its votes that could be compared. What was published of it is checked by ` +
        "npm run verify.",
      { subject: gone },
    );
  }
  if (lawIds !== null) return lawIds;
  const { rows } = await servers.pool.query<{ law_id: string }>(KNOWN);
  const items = await servers.laws.items.list();
  const all = new Set([...rows.map(({ law_id }) => law_id), ...items.map(({ lawId }) => lawId)]);
  return [...all].filter((lawId) => !destroyed.has(lawId)).sort();
}
