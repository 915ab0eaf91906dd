import type { Law } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { Servers } from "../servers.ts";

/**
 * Looks up laws that must exist.
 *
 * @param servers those of a running stage
 * @param lawIds their ids; repeated ones count once
 * @throws Refusal naming those that do not exist
 */
export async function existingLaws(servers: Servers, lawIds: readonly string[]): Promise<Law[]> {
  const laws: Law[] = [];
  for (const lawId of new Set(lawIds)) {
    const law = await servers.laws.get(lawId);
    if (law === undefined) {
      throw new Refusal(`There is no law ${lawId}.`, { code: "no_such_law", subject: lawId });
    }
    laws.push(law);
  }
  return laws;
}
