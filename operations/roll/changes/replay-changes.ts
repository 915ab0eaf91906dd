import { Refusal } from "../../../shared/domain/refusal.ts";
import { keptRollChange } from "../../archive/roll-change-copies.ts";
import { existingLaws } from "../../laws/existing-laws.ts";
import { type StepPorts, withStepRight } from "../steps/step-ports.ts";
import type { PendingChange } from "../stores/ports.ts";
import type { ChangeContext } from "./change-roll.ts";

/** How a step of replaying changes ended. */
export interface Replaying {
  /** How many changes are done in this and earlier steps. */
  readonly replayed: number;
  /** Laws whose changes wait until their rolls are loaded and sealed again; undefined: there are more changes to do. */
  readonly waiting: readonly string[] | undefined;
}

/**
 * Does again what acts have done to sealed rolls, if PostgreSQL was restored to a moment before them, in their order
 * and with the moments that were announced. Redis gets it by a rebuild; until then no vote of these laws is decided.
 * Doing it again changes nothing.
 *
 * @param context the step
 * @param replayed how many changes earlier steps have done
 * @throws Refusal when a roll is not what it was before an act
 */
export async function replayChanges(context: ChangeContext, replayed: number): Promise<Replaying> {
  const ports = context.rolls();
  const waiting = new Set<string>();
  let done = replayed;
  for (const change of await ports.database.pendingChanges()) {
    if (waiting.has(change.lawId)) continue;
    if (context.clock.now() >= context.deadline) return { replayed: done, waiting: undefined };
    if (await replay(context, ports, change)) done++;
    else waiting.add(change.lawId);
  }
  return { replayed: done, waiting: [...waiting] };
}

/** @returns false when the roll is not sealed */
async function replay(
  { servers, archive }: ChangeContext,
  ports: StepPorts,
  { run, lawId, at, digest }: PendingChange,
): Promise<boolean> {
  const laws = await existingLaws(servers, [lawId]);
  // Its roll is gone, and whom the change was about.
  if (laws.some(({ destroyedAt }) => destroyedAt !== undefined)) return true;
  const { kind, added, ended } = await keptRollChange(archive, lawId, run);
  return withStepRight(ports, laws, async (right) => {
    if ((await ports.database.sealOf(lawId)) === undefined) return false;
    // Somebody else may have done it since the list was read.
    if ((await ports.database.changed(lawId, run)) !== undefined) return true;
    await ports.cache.removeMeta(lawId);
    await right.check();
    await ports.database.replayChange(lawId, { run, kind, added, ended, at }, digest);
    return true;
  });
}

/**
 * Refuses to give Redis rolls that lack acts of the journal.
 *
 * @param ports the stores of rolls
 * @param lawIds which laws; undefined: every law
 * @throws Refusal naming the laws
 */
export async function refusePendingChanges(
  { database }: Pick<StepPorts, "database">,
  lawIds: readonly string[] | undefined,
): Promise<void> {
  const laws = [...new Set((await database.pendingChanges()).map(({ lawId }) => lawId))];
  const lacking = laws.filter((lawId) => lawIds === undefined || lawIds.includes(lawId));
  if (lacking.length === 0) return;
  throw new Refusal(
    `PostgreSQL was restored, and the roll of ${lacking.join(", ")} lacks changes that the journal has. Bring them back: ` +
      "npm run ops -- restore-acts. Nothing was changed.",
  );
}
