import { redrive } from "../../operations/queues/redrive.ts";
import { settle } from "../../operations/queues/settle.ts";
import { loadRoll, type RollChunk } from "../../operations/roll/load.ts";
import { rebuildRoll } from "../../operations/roll/rebuild-roll.ts";
import type { RollPorts, WorkMark } from "../../operations/roll/stores/ports.ts";
import { readOutcome, readVote } from "../../shared/messages/queue.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import type { OnRoll } from "./history.ts";
import { rollDatabase, rollMarks } from "./models/postgres-ports.ts";
import { countedVoters, settleLock } from "./models/postgres-settling.ts";
import { rollCache } from "./models/redis.ts";
import { CALL_FAULTS, deadLetterQueue, sqsClient } from "./models/sqs.ts";
import type { Process } from "./scheduler.ts";
import type { QueueName, World } from "./world.ts";

/** How often a rebuild checks whether every decided vote is recorded before it goes on anyway. */
const LOOKS = 4;
/** How often settling checks the same. Unlike a rebuild, it does not go on without an answer. */
const LOOKS_OF_SETTLE = 20;
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
      lastChange: () =>
        process.step("when did the mapping change", () => String(world.mappingChanges), { faults: CALL_FAULTS }),
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

/** Does work on rolls that others can see is under way, until it or its process ends. */
async function onRolls<T>(world: World, process: Process, work: () => Promise<T>): Promise<T> {
  const mine = {};
  const end = () => void world.rollWork.delete(mine);
  world.rollWork.add(mine);
  process.onEnd(end);
  return await work().finally(end);
}

/** Loads the roll file, which now also has the voters who were to come later. */
export async function load(
  world: World,
  process: Process,
  who: readonly OnRoll[],
  abortsAfter?: number,
): Promise<void> {
  world.hasLoaded = true;
  const options = { markOf: () => ROLL_FILE, ...interruption(abortsAfter) };
  await onRolls(world, process, () => loadRoll(rollPorts(world, process), world.laws, chunks(world, who), options));
}

async function* chunks(world: World, who: readonly OnRoll[]): AsyncGenerator<RollChunk> {
  for (const { lawId } of world.laws) {
    const entries = world.hashed
      .filter((one) => one.lawId === lawId && who.includes(one.voter.onRoll))
      .map(({ voterHash, personHash }, index) => ({ line: index + 1, voterHash, personHash }));
    for (let at = 0; at < entries.length; at += CHUNK) yield { lawId, entries: entries.slice(at, at + CHUNK) };
  }
}

/**
 * Makes the rolls in Redis what PostgreSQL says. @returns whether the operator is told that `validate` stays disabled
 */
export async function rebuild(world: World, process: Process, abortsAfter?: number): Promise<boolean> {
  const ports = { ...rollPorts(world, process), outcomesRecorded: () => outcomesRecorded(world, process) };
  const rolls = await onRolls(world, process, () => rebuildRoll(ports, world.laws, interruption(abortsAfter)));
  return rolls.some((roll) => roll.validate === "disabled_before");
}

/** Waits a while until the outcomes queue is empty. */
export async function outcomesRecorded(world: World, process: Process, most = LOOKS): Promise<boolean> {
  for (let looks = 0; looks < most; looks++) {
    const depth = await process.step("look at the outcomes queue", () => world.queue("outcomes").depth);
    if (depth === 0) return true;
    await process.sleep(10_000);
  }
  return false;
}

/** Moves what is in the dead-letter queues back. */
export async function redriveAll(world: World, process: Process, abortsAfter?: number): Promise<void> {
  const options = interruption(abortsAfter);
  for (const [name, read] of [["votes", readVote] as const, ["outcomes", readOutcome] as const]) {
    const ports = {
      deadLetters: deadLetterQueue(process, world.queue(`${name}-dlq`)),
      source: new SqsQueue(sqsClient(process, world.queues), name, () => undefined),
      isReadable: (body: string) => read(body) !== undefined,
    };
    await redrive(ports, options);
  }
}

/** Decides what waits for a participation, law by law. */
export async function settleAll(world: World, process: Process, abortsAfter?: number): Promise<void> {
  const options = interruption(abortsAfter);
  const depth = (name: QueueName) =>
    process.step(`count ${name}`, () => world.queue(name).depth, { faults: CALL_FAULTS });
  for (const { lawId } of world.laws) {
    const unreadableVotes = await process.step(
      "look at the dead letters of votes",
      () => world.queue("votes-dlq").bodies.filter((body) => readVote(body) === undefined).length,
    );
    const ports = {
      deadLetters: deadLetterQueue(process, world.queue("outcomes-dlq")),
      outcomes: new SqsQueue(sqsClient(process, world.queues), "outcomes", () => undefined),
      lock: () => settleLock(process, world.postgres),
      elsewhere: async () => {
        const dead = await process.step(
          "count outcomes-dlq",
          () => {
            const { depth: all, underWay } = world.queue("outcomes-dlq");
            return { waiting: all - underWay, underWay };
          },
          { faults: CALL_FAULTS },
        );
        const [votes, outcomes] = [await depth("votes"), await depth("outcomes")];
        return { ...dead, votes, outcomes, votesDeadLetters: await depth("votes-dlq") };
      },
      outcomesRecorded: () => outcomesRecorded(world, process, LOOKS_OF_SETTLE),
      counted: (law: string, voters: readonly string[]) => countedVoters(process, world.postgres, law, voters),
    };
    await settle(ports, lawId, { unreadableVotes, ...options });
  }
}

/** Turns off what feeds `validate`, unless work on a roll has paused it: then there is nothing to turn off. */
export async function disable(world: World, process: Process): Promise<void> {
  await process.step("disable validate by hand", () => {
    const { postgres } = world;
    if (world.isPaused || postgres.isAnyRollLocked()) return;
    world.isPaused = true;
    world.isDisabledByHand = true;
  });
}

/** Turns it on again, if the operator turned it off or was told that it is. */
export async function enable(world: World, process: Process, isTold: boolean): Promise<void> {
  await process.step("enable validate by hand", () => {
    if (!world.isDisabledByHand && !isTold) return;
    world.isDisabledByHand = false;
    world.isPaused = false;
  });
}
