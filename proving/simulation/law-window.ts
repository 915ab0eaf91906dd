import { changeWindow } from "../../operations/laws/change-window.ts";
import { freezeLaw } from "../../operations/laws/freeze.ts";
import type { LawTiming } from "../../operations/laws/timing.ts";
import { closeLaw, openLaw } from "../../operations/laws/window.ts";
import { LAW_CACHE_SECONDS } from "./environments.ts";
import type { Process } from "./scheduler.ts";
import type { FaultKind } from "./steps.ts";
import type { World } from "./world.ts";

/** The margin of changes, in seconds. */
const MARGIN_SECONDS = 2;

/** A look at the clock or the law may fail; the operator then learns nothing, and has changed nothing. */
const READ_FAULTS: readonly FaultKind[] = ["crash before", "error before"];

function timingOf(world: World, process: Process): LawTiming {
  return {
    now: () => process.step("ask PostgreSQL's clock", () => new Date(world.wallClock())),
    cacheSeconds: LAW_CACHE_SECONDS,
    marginSeconds: MARGIN_SECONDS,
  };
}

function lawsOf({ dynamoDb }: World, process: Process): Parameters<typeof changeWindow>[0] {
  return {
    get: (lawId) => process.step("DynamoDB: read the law", () => dynamoDb.laws.get(lawId), { faults: READ_FAULTS }),
    // A process that dies right after the write does not see that it came late, and does not move the moment.
    change: (read, changes) =>
      process.step(
        "DynamoDB: change the law",
        () => {
          const present = dynamoDb.laws.get(read.lawId);
          if (present === undefined || present.version !== read.version) return undefined;
          const changed = { ...present, ...changes, version: (present.version ?? 0) + 1 };
          dynamoDb.laws.set(read.lawId, changed);
          return changed;
        },
        { faults: ["error before"] },
      ),
  };
}

/** Closes the first law by hand. */
export async function closeFirstLaw(world: World, process: Process): Promise<void> {
  const [law] = world.laws;
  if (law === undefined) return;
  await changeWindow(lawsOf(world, process), timingOf(world, process), law.lawId, {
    decide: (read, moment) => closeLaw(read, moment),
  });
}

/** Opens the first law again, whatever its result is. */
export async function reopenFirstLaw(world: World, process: Process): Promise<void> {
  const [law] = world.laws;
  if (law === undefined) return;
  await changeWindow(lawsOf(world, process), timingOf(world, process), law.lawId, {
    decide: (read, moment) => openLaw(read, moment, { reopen: true }),
  });
}

/**
 * Stops or resumes the acceptance of votes. From the moment at which a freeze is confirmed to the operator, no vote may
 * be accepted; an unfreeze that begins ends that.
 *
 * @param world the servers
 * @param process the operator's command
 * @param lawId the law
 * @param frozen whether votes are refused
 */
async function setFrozen(world: World, process: Process, lawId: string, frozen: boolean): Promise<void> {
  if (!frozen) {
    world.thaws += 1;
    world.frozenSince.delete(lawId);
  }
  const { thaws } = world;
  const ports = {
    laws: lawsOf(world, process),
    timing: timingOf(world, process),
    pause: (milliseconds: number) => process.sleep(milliseconds),
  };
  await freezeLaw(ports, lawId, frozen);
  if (frozen && world.thaws === thaws) world.frozenSince.set(lawId, world.wallClock());
}

/** Stops or resumes the acceptance of votes on every law. */
export async function setAllFrozen(world: World, process: Process, frozen: boolean): Promise<void> {
  for (const { lawId } of world.laws) await setFrozen(world, process, lawId, frozen);
}
