import { chunkDigest, chunkText } from "../../operations/roll/file/chunk-text.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { redrive, settle } from "../../shared/messages/operators/queues.ts";
import {
  beginLoad,
  finishLoad,
  loadChunk,
  rebuildRolls,
  sealRoll,
  stopRollWork,
} from "../../shared/messages/operators/rolls.ts";
import { readVote } from "../../shared/messages/queue.ts";
import { perform, workOnRolls } from "./door.ts";
import { splitVoterKey } from "./models/postgres.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/** Voters in a chunk of a roll file. */
const CHUNK = 2;
/** How often the file is read again because another operator has changed what is to be sent next. */
const PASSES = 10;

/**
 * Interrupts an act after some of its steps, like Ctrl-C.
 *
 * @param steps after how many; undefined: no interruption
 */
export function interruption(steps: number | undefined): () => void {
  let left = steps;
  return () => {
    if (left !== undefined && --left === 0) throw new Error("interrupted");
  };
}

/** Loads the roll file of the laws whose rolls are not sealed yet, and seals them. */
export async function loadAndSeal(world: World, process: Process, abortsAfter?: number): Promise<void> {
  world.hasLoaded = true;
  for (const { lawId } of world.laws) {
    await load(world, process, lawId, abortsAfter).catch((error: unknown) => {
      if (!(error instanceof Refusal) || !error.message.includes("is sealed with")) throw error;
    });
    await seal(world, process, lawId, abortsAfter);
  }
}

/** Seals every roll, with as many voters as its file has. */
export async function sealAll(world: World, process: Process, abortsAfter?: number): Promise<void> {
  for (const { lawId } of world.laws) await seal(world, process, lawId, abortsAfter);
}

async function seal(world: World, process: Process, lawId: string, abortsAfter: number | undefined): Promise<void> {
  const expect = personsOf(world, lawId).size;
  await perform(world, process, sealRoll, { law_id: lawId, expect }, interruption(abortsAfter)).catch(
    (error: unknown) => {
      // A voter may have been added or struck off since.
      if (!(error instanceof Refusal) || !error.message.includes("is sealed already")) throw error;
    },
  );
  noteMissing(world, lawId);
}

/** The persons of the roll file. */
function personsOf({ hashed }: World, lawId: string): ReadonlySet<string> {
  const ofFile = hashed.filter((one) => one.lawId === lawId && one.voter.onRoll !== "never");
  return new Set(ofFile.map(({ personHash }) => personHash.toString("hex")));
}

async function load(world: World, process: Process, lawId: string, abortsAfter: number | undefined): Promise<void> {
  workOnRolls(world, process);
  const laws = [lawId];
  const chunks = chunksOf(world);
  const sha256 = chunkDigest(chunks.join(";"));
  const voters = chunks.reduce((total, chunk) => total + chunk.split(";").length, 0);
  const file = { sha256, name: "roll.csv", lines: voters, voters, chunks: chunks.map(chunkDigest) };
  try {
    const { next_chunk } = await perform(world, process, beginLoad, { laws, file });
    await sendAll(world, process, { laws, sha256, chunks, from: next_chunk, onChunk: interruption(abortsAfter) });
  } catch (error) {
    // Whoever cannot tell it is noticed by the others after a while.
    if (!(error instanceof Refusal))
      await perform(world, process, stopRollWork, { laws, sha256 }).catch(() => undefined);
    throw error;
  }
}

function chunksOf({ history }: World): readonly string[] {
  const voters = history.voters
    .filter(({ onRoll }) => onRoll !== "never")
    .map(({ nas, code }, index) => ({ line: index + 1, nas, code }));
  const chunks: string[] = [];
  for (let at = 0; at < voters.length; at += CHUNK) chunks.push(chunkText(voters.slice(at, at + CHUNK)));
  return chunks;
}

interface Sending {
  readonly laws: string[];
  readonly sha256: string;
  readonly chunks: readonly string[];
  readonly from: number;
  readonly onChunk: () => void;
}

/** Sends chunks, and again from where the stage says, as places/operators/send-roll.ts does. */
async function sendAll(
  world: World,
  process: Process,
  { laws, sha256, chunks, from, onChunk }: Sending,
): Promise<void> {
  let next = from;
  for (let pass = 1; ; pass++) {
    try {
      for (const [number, voters] of chunks.entries()) {
        if (number < next) continue;
        const answer = await perform(world, process, loadChunk, { laws, sha256, number, voters });
        next = Math.max(next, answer.next_chunk);
        onChunk();
      }
      await perform(world, process, finishLoad, { laws, sha256 });
      return;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "other_chunk" || pass === PASSES) throw error;
      next = Number(error.subject);
    }
  }
}

/** A seal that has ended well is over everybody of the file. */
function noteMissing(world: World, lawId: string): void {
  const { findings, postgres } = world;
  const onRoll = new Set(
    [...postgres.tables.roll].filter(([voter]) => splitVoterKey(voter).lawId === lawId).map(([, row]) => row.person),
  );
  if ([...personsOf(world, lawId)].some((person) => !onRoll.has(person))) {
    findings.push("a roll is sealed, and somebody of its file is not on it");
  }
}

/**
 * Makes the rolls in Redis what PostgreSQL says. @returns whether the operator is told that `validate` stays disabled
 */
export async function rebuild(world: World, process: Process, abortsAfter?: number): Promise<boolean> {
  workOnRolls(world, process);
  const laws = world.laws.map(({ lawId }) => lawId);
  try {
    const { validate } = await perform(world, process, rebuildRolls, { laws }, interruption(abortsAfter));
    return validate === "disabled_before";
  } catch (error) {
    await perform(world, process, stopRollWork, { laws }).catch(() => undefined);
    throw error;
  }
}

/** Moves what is in the dead-letter queues back. */
export async function redriveAll(world: World, process: Process, abortsAfter?: number): Promise<void> {
  await perform(world, process, redrive, { queues: ["votes", "outcomes"] }, interruption(abortsAfter));
}

/** Decides what waits for a participation, law by law. */
export async function settleAll(world: World, process: Process, abortsAfter?: number): Promise<void> {
  const onStep = interruption(abortsAfter);
  for (const { lawId } of world.laws) {
    // Nothing of it waits any more, or ever will be counted.
    if (world.postgres.isCounted(lawId)) continue;
    const unreadable = await process.step(
      "look at the dead letters of votes",
      () => world.queue("votes-dlq").bodies.filter((body) => readVote(body) === undefined).length,
    );
    await perform(world, process, settle, { law_id: lawId, unreadable_votes: unreadable }, onStep);
  }
}

/** Turns off what feeds `validate`, unless work on a roll is under way: then there is nothing to turn off. */
export async function disable(world: World, process: Process): Promise<void> {
  await process.step("disable validate by hand", () => {
    if (world.isPaused || world.rollWork.size > 0) return;
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
