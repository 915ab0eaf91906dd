import { closeLaw, freezeLaw, openLaw, unfreezeLaw } from "../../shared/messages/operators/laws.ts";
import { perform } from "./door.ts";
import type { OperatorCommand } from "./history.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

type Moment = Pick<OperatorCommand, "momentMs">;

/** Closes the first law by hand, or says when it closes. */
export async function closeFirstLaw(world: World, process: Process, { momentMs }: Moment): Promise<void> {
  const [law] = world.laws;
  const at = momentMs === undefined ? {} : { at: world.instant(momentMs) };
  if (law !== undefined) await perform(world, process, closeLaw, { law_id: law.lawId, ...at });
}

/** Opens the first law by hand, or says when it opens. */
export async function openFirstLaw(world: World, process: Process, { momentMs }: Moment): Promise<void> {
  const [law] = world.laws;
  const at = momentMs === undefined ? {} : { at: world.instant(momentMs) };
  if (law !== undefined) await perform(world, process, openLaw, { law_id: law.lawId, ...at });
}

/** Opens the first law again, whatever its result is. */
export async function reopenFirstLaw(world: World, process: Process, { momentMs }: Moment): Promise<void> {
  const [law] = world.laws;
  const until = momentMs === undefined ? {} : { until: world.instant(momentMs) };
  if (law !== undefined) await perform(world, process, openLaw, { law_id: law.lawId, reopen: true, ...until });
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
