import { Refusal } from "../../shared/domain/refusal.ts";
import { addLaw } from "../../shared/messages/operators/laws.ts";
import { perform } from "./door.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/**
 * Adds the first law, as its draft is planned.
 *
 * @param world the servers
 * @param process the operator's command
 */
export async function addFirstLaw(world: World, process: Process): Promise<void> {
  const [law] = world.laws;
  if (law === undefined) return;
  const { lawId: law_id, title, opensAt: opens, closesAt } = law;
  const closes = closesAt === undefined ? {} : { closes: closesAt };
  await perform(world, process, addLaw, { law_id, title, opens, ...closes });
}

/** Adds the first law if it is not there yet. */
export async function addMissing(world: World, process: Process): Promise<void> {
  await addFirstLaw(world, process).catch((error: unknown) => {
    if (!(error instanceof Refusal) || error.code !== "law_exists") throw error;
  });
}
