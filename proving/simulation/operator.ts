import { redrive } from "../../operations/queues/redrive.ts";
import { loadRoll, type RollChunk } from "../../operations/roll/load.ts";
import type { RollPorts } from "../../operations/roll/ports.ts";
import { rebuildRoll } from "../../operations/roll/rebuild-roll.ts";
import { readOutcome, readVote } from "../../shared/messages/queue.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import type { OnRoll, OperatorCommand } from "./history.ts";
import { rollDatabase } from "./models/postgres-ports.ts";
import { rollCache } from "./models/redis.ts";
import { CALL_FAULTS, deadLetterQueue, sqsClient } from "./models/sqs.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/** How often a rebuild looks whether every decided vote is recorded, before it goes on all the same. */
const LOOKS = 4;
/** Voters in a chunk of a roll file. */
const CHUNK = 2;

function rollPorts(world: World, process: Process): RollPorts {
  const mapping = (label: string, isPaused: boolean) => () =>
    process.step(
      label,
      () => {
        world.isPaused = isPaused;
      },
      { faults: CALL_FAULTS },
    );
  return {
    database: rollDatabase(process, world.postgres),
    cache: rollCache(process, world.redis),
    consumer: { pause: mapping("pause validate", true), resume: mapping("resume validate", false) },
  };
}

/** Loads the roll file, which by now has those who were to come. */
export async function load(world: World, process: Process, who: readonly OnRoll[]): Promise<void> {
  await loadRoll(rollPorts(world, process), world.laws, chunks(world, who));
}

async function* chunks(world: World, who: readonly OnRoll[]): AsyncGenerator<RollChunk> {
  for (const { lawId } of world.laws) {
    const entries = world.hashed
      .filter((one) => one.lawId === lawId && who.includes(one.voter.onRoll))
      .map(({ voterHash, personHash }, index) => ({ line: index + 1, voterHash, personHash }));
    for (let at = 0; at < entries.length; at += CHUNK) yield { lawId, entries: entries.slice(at, at + CHUNK) };
  }
}

/** Makes the rolls in Redis what PostgreSQL says. */
export async function rebuild(world: World, process: Process): Promise<void> {
  const outcomesRecorded = async () => {
    for (let looks = 0; looks < LOOKS; looks++) {
      const depth = await process.step("look at the outcomes queue", () => world.queue("outcomes").depth);
      if (depth === 0) return true;
      await process.sleep(10_000);
    }
    return false;
  };
  await rebuildRoll({ ...rollPorts(world, process), outcomesRecorded }, world.laws);
}

/** Moves what is in the dead-letter queues back. */
export async function redriveAll(world: World, process: Process): Promise<void> {
  for (const [name, read] of [["votes", readVote] as const, ["outcomes", readOutcome] as const]) {
    await redrive({
      deadLetters: deadLetterQueue(process, world.queue(`${name}-dlq`)),
      source: new SqsQueue(sqsClient(process, world.queues), name, () => undefined),
      isReadable: (body) => read(body) !== undefined,
    });
  }
}

const RUN: Readonly<Record<OperatorCommand["command"], (world: World, process: Process) => Promise<void>>> = {
  load: (world, process) => load(world, process, ["first", "later"]),
  rebuild,
  redrive: redriveAll,
};

/** Runs the commands of a history, each at its time. One that fails says so; the operator runs it again later, or not. */
export function startOperator(world: World): void {
  for (const { atMs, command } of world.history.commands) {
    void world.scheduler
      .spawn(`operator: ${command}`, async (process) => {
        await process.sleep(atMs);
        await RUN[command](world, process);
      })
      .catch(() => undefined);
  }
}
