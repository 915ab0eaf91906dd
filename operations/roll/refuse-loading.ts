import { refuseForbidden } from "../laws/refuse-forbidden.ts";
import type { Servers } from "../servers.ts";
import type { RollDatabase } from "./stores/ports.ts";

/**
 * Refuses to change rolls by loads that are sealed. A law whose roll has no digest is not sealed, whatever the law
 * says: PostgreSQL was restored to a moment before the seal, and its roll may have to be loaded again.
 *
 * @param servers those of a running stage
 * @param database the rolls
 * @param lawIds the laws
 * @param act what somebody wants to do
 * @throws Refusal naming the first law whose state does not allow it
 */
export async function refuseLoading(
  servers: Pick<Servers, "laws">,
  database: Pick<RollDatabase, "sealOf">,
  lawIds: readonly string[],
  act: "load_roll" | "give_up_load",
): Promise<void> {
  for (const lawId of lawIds) {
    const law = await servers.laws.get(lawId);
    if (law === undefined) continue;
    const isSealed = (await database.sealOf(lawId)) !== undefined;
    refuseForbidden(isSealed ? law : { ...law, sealedVoters: undefined }, act, Date.now());
  }
}
