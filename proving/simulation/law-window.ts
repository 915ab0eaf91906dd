import { closeLaw, freezeLaw, openLaw, unfreezeLaw } from "../../shared/messages/operators/laws.ts";
import { perform } from "./door.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/** Closes the first law by hand. */
export async function closeFirstLaw(world: World, process: Process): Promise<void> {
  const [law] = world.laws;
  if (law !== undefined) await perform(world, process, closeLaw, { law_id: law.lawId });
}

/** Opens the first law again, whatever its result is. */
export async function reopenFirstLaw(world: World, process: Process): Promise<void> {
  const [law] = world.laws;
  if (law !== undefined) await perform(world, process, openLaw, { law_id: law.lawId, reopen: true });
}

/**
 * Stops or resumes the acceptance of votes. Whoever freezes waits until every `ingest` knows. From then on no vote may
 * be accepted until an unfreeze takes effect, perhaps one that began before.
 *
 * @param world the servers
 * @param process the operator's command
 * @param lawId the law
 * @param frozen whether votes are refused
 */
async function setFrozen(world: World, process: Process, lawId: string, frozen: boolean): Promise<void> {
  const { thaws } = world;
  const act = frozen ? freezeLaw : unfreezeLaw;
  const { known_within_seconds: seconds } = await perform(world, process, act, { law_id: lawId });
  if (!frozen) return;
  await process.sleep(seconds * 1_000);
  if (world.thaws === thaws) world.frozenSince.set(lawId, world.wallClock());
}

/** Stops or resumes the acceptance of votes on every law. */
export async function setAllFrozen(world: World, process: Process, frozen: boolean): Promise<void> {
  for (const { lawId } of world.laws) await setFrozen(world, process, lawId, frozen);
}
