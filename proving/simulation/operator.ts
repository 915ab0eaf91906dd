import { redrive } from "../../operations/queues/redrive.ts";
import { loadRoll, type RollChunk } from "../../operations/roll/load.ts";
import type { RollPorts, WorkMark } from "../../operations/roll/ports.ts";
import { rebuildRoll } from "../../operations/roll/rebuild-roll.ts";
import { readOutcome, readVote } from "../../shared/messages/queue.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import type { OnRoll, OperatorCommand } from "./history.ts";
import { rollDatabase, rollMarks } from "./models/postgres-ports.ts";
import { rollCache } from "./models/redis.ts";
import { CALL_FAULTS, deadLetterQueue, sqsClient } from "./models/sqs.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/** How often a rebuild checks whether every decided vote is recorded before it goes on anyway. */
const LOOKS = 4;
/** Voters in a chunk of a roll file. */
const CHUNK = 2;

/** The name of the operator's only file. */
const ROLL_FILE: WorkMark = { kind: "load", sourceId: Buffer.from("the roll file"), sourceName: "roll.csv" };

function rollPorts(world: World, process: Process): RollPorts {
  const mapping = (label: string, effect: () => void) => () => process.step(label, effect, { faults: CALL_FAULTS });
  return {
    database: rollDatabase(process, world.postgres),
    marks: rollMarks(process, world.postgres),
    cache: rollCache(process, world.redis),
    consumer: {
      isEnabled: () => process.step("is validate fed", () => !world.isPaused, { faults: CALL_FAULTS }),
      pause: mapping("pause validate", () => {
        world.isPaused = true;
      }),
      resume: mapping("resume validate", () => {
        if (world.isDisabledByHand) {
          world.findings.push("validate is fed again although the operator had disabled it");
        }
        world.isPaused = false;
      }),
    },
  };
}

/** Interrupts work after some of its pieces, like Ctrl-C; undefined: no interruption. */
function interruption(pieces: number | undefined) {
  const controller = new AbortController();
  let left = pieces;
  const onProgress = () => {
    if (left !== undefined && --left === 0) controller.abort(new Error("interrupted"));
  };
  return { signal: controller.signal, onProgress };
}

/** Loads the roll file, which now also has the voters who were to come later. */
export async function load(
  world: World,
  process: Process,
  who: readonly OnRoll[],
  abortsAfter?: number,
): Promise<void> {
  const options = { markOf: () => ROLL_FILE, ...interruption(abortsAfter) };
  await loadRoll(rollPorts(world, process), world.laws, chunks(world, who), options);
}

async function* chunks(world: World, who: readonly OnRoll[]): AsyncGenerator<RollChunk> {
  for (const { lawId } of world.laws) {
    const entries = world.hashed
      .filter((one) => one.lawId === lawId && who.includes(one.voter.onRoll))
      .map(({ voterHash, personHash }, index) => ({ line: index + 1, voterHash, personHash }));
    for (let at = 0; at < entries.length; at += CHUNK) yield { lawId, entries: entries.slice(at, at + CHUNK) };
  }
}

/** Rebuilds the rolls in Redis from PostgreSQL. */
export async function rebuild(world: World, process: Process, abortsAfter?: number): Promise<void> {
  const outcomesRecorded = async () => {
    for (let looks = 0; looks < LOOKS; looks++) {
      const depth = await process.step("look at the outcomes queue", () => world.queue("outcomes").depth);
      if (depth === 0) return true;
      await process.sleep(10_000);
    }
    return false;
  };
  await rebuildRoll({ ...rollPorts(world, process), outcomesRecorded }, world.laws, interruption(abortsAfter));
}

/** Moves the messages of the dead-letter queues back. */
export async function redriveAll(world: World, process: Process): Promise<void> {
  for (const [name, read] of [["votes", readVote] as const, ["outcomes", readOutcome] as const]) {
    await redrive({
      deadLetters: deadLetterQueue(process, world.queue(`${name}-dlq`)),
      source: new SqsQueue(sqsClient(process, world.queues), name, () => undefined),
      isReadable: (body) => read(body) !== undefined,
    });
  }
}

/** Disables the mapping of `validate`, unless work on a roll has just paused it and there is nothing to disable. */
async function disable(world: World, process: Process): Promise<void> {
  await process.step("disable validate by hand", () => {
    const { postgres } = world;
    if (world.isPaused || postgres.isAnyRollLocked() || postgres.tables.pauseNote !== undefined) return;
    world.isPaused = true;
    world.isDisabledByHand = true;
  });
}

/** Enables it again. */
export async function enable(world: World, process: Process): Promise<void> {
  await process.step("enable validate by hand", () => {
    if (!world.isDisabledByHand) return;
    world.isDisabledByHand = false;
    world.isPaused = false;
  });
}

type Run = (world: World, process: Process, abortsAfter: number | undefined) => Promise<void>;

const RUN: Readonly<Record<OperatorCommand["command"], Run>> = {
  load: (world, process, abortsAfter) => load(world, process, ["first", "later"], abortsAfter),
  rebuild,
  redrive: redriveAll,
  disable,
};

/**
 * Runs the commands of a history, each at its time. The operator sees when one fails, and runs it again later or not.
 */
export function startOperator(world: World): void {
  for (const { atMs, command, abortsAfter } of world.history.commands) {
    void world.scheduler
      .spawn(`operator: ${command}`, async (process) => {
        await process.sleep(atMs);
        await RUN[command](world, process, abortsAfter);
      })
      .catch(() => undefined);
  }
}
