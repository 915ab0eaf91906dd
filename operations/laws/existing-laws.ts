import { Refusal } from "../../shared/domain/refusal.ts";
import type { KnownLaw } from "../law-book/law-book.ts";
import type { Servers } from "../servers.ts";

/**
 * Looks up laws that must exist.
 *
 * @param servers those of a running stage
 * @param lawIds their ids; repeated ones count once
 * @throws Refusal naming those that do not exist
 */
export async function existingLaws(servers: Pick<Servers, "laws">, lawIds: readonly string[]): Promise<KnownLaw[]> {
  const laws: KnownLaw[] = [];
  for (const lawId of new Set(lawIds)) {
    const law = await servers.laws.get(lawId);
    if (law === undefined) {
      throw new Refusal(`There is no law ${lawId}.`, { code: "no_such_law", subject: lawId });
    }
    laws.push(law);
  }
  return laws;
}

/**
 * Refuses unknown ids, for which there is neither a law nor a roll of a removed law. Otherwise a mistyped id would look
 * like a law without voters and votes, and nothing about it would be wrong.
 *
 * @param servers those of a running stage
 * @param lawIds the ids
 * @throws Refusal naming the first one that does not exist
 */
export async function refuseUnknownLaws({ laws, pool }: Servers, lawIds: readonly string[]): Promise<void> {
  const { rows } = await pool.query<{ law_id: string }>("select law_id from rolls where law_id = any($1)", [lawIds]);
  const withRoll = new Set(rows.map((row) => row.law_id));
  for (const lawId of lawIds) {
    if (withRoll.has(lawId) || (await laws.get(lawId)) !== undefined) continue;
    throw new Refusal(`There is no law ${lawId}.`, { code: "no_such_law", subject: lawId });
  }
}
