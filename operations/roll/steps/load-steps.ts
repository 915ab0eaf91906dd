import type { z } from "zod";
import type { Law } from "../../../shared/domain/law.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import * as rolls from "../../../shared/messages/operators/rolls.ts";
import { existingLaws } from "../../laws/existing-laws.ts";
import { refuseForbiddenOn } from "../../laws/refuse-forbidden.ts";
import { completeRoll } from "../change.ts";
import { chainChunk, EMPTY_CHAIN } from "../file/chunk-text.ts";
import { codeRule } from "../file/code-rule.ts";
import { ANALYZE_FROM, type RollKeys } from "../hash-voters.ts";
import { sourceId } from "../source-id.ts";
import type { WorkMark } from "../stores/ports.ts";
import { pausing, resuming } from "./pause-steps.ts";
import { rollAnswer, type StepContext, type StepPorts, withStepRight } from "./step-ports.ts";
import type { LoadWork } from "./work-table.ts";

type Begin = z.output<typeof rolls.beginLoad.request>;
type Finish = z.output<typeof rolls.finishLoad.request>;
type FinishCursor = z.output<typeof rolls.finishLoad.cursor>;

/**
 * Names the file of a load in the database, for a law.
 *
 * @param sha256 of its bytes, in hexadecimal digits
 * @param law the law
 * @param keys of the stage
 * @param name the file's name
 */
export function loadMark(sha256: string, law: Law, keys: RollKeys, name = ""): WorkMark {
  return { kind: "load", sourceId: sourceId(Buffer.from(sha256, "hex"), law, keys), sourceName: name };
}

/**
 * Begins the load of a file, or goes on with it: marks the rolls as incomplete, and pauses `validate`.
 *
 * @param context the step
 * @param request the laws and the file
 * @param begun the first chunk to send, once the rolls are marked
 * @returns the first chunk to send, and whether `validate` has stopped; if not, call again with this chunk
 * @throws Refusal when there is no such law, a roll is sealed, or the laws do not take the same codes
 */
export async function beginLoad(
  { servers, run, deadline, clock, rolls: stores }: StepContext,
  { laws: lawIds, file }: Begin,
  begun?: number,
): Promise<{ readonly nextChunk: number; readonly isPaused: boolean }> {
  const laws = await existingLaws(servers, lawIds);
  const keys = await servers.keys();
  codeRule(laws, keys);
  const ports = stores();
  const markOf = (law: Law) => loadMark(file.sha256, law, keys, file.name);
  const mark = async () => {
    // With the right to change the rolls, so that nobody seals one meanwhile.
    await refuseForbiddenOn(servers, lawIds, "load_roll");
    return markRolls(ports, laws, { file, run, keys });
  };
  const nextChunk = begun ?? (await withStepRight(ports, laws, mark));
  for (const law of laws) await ports.work.touch(law.lawId, markOf(law));
  return { nextChunk, isPaused: await pausing(ports, run, { deadline, clock }) };
}

/** Marks rolls as incomplete: first in Redis, and then durably. @returns the first chunk to send */
async function markRolls(
  ports: StepPorts,
  laws: readonly Law[],
  { file, run, keys }: { readonly file: Begin["file"]; readonly run: string; readonly keys: RollKeys },
): Promise<number> {
  for (const law of laws) await ports.cache.removeMeta(law.lawId);
  const next: number[] = [];
  for (const law of laws) {
    const { person } = keys.ofVersion(law.keyVersion);
    const announced = file.chunks.reduce<Buffer>((chain, digest) => chainChunk(chain, digest, person), EMPTY_CHAIN);
    const isAnew = await hasRedisLost(ports, law.lawId);
    next.push(
      await ports.work.beginLoad(
        law.lawId,
        loadMark(file.sha256, law, keys, file.name),
        { announced, voters: file.voters, run },
        isAnew,
      ),
    );
  }
  return Math.min(...next);
}

/**
 * Whether Redis lacks more than the chunk that an interrupted step may have left out. Then all of the file is sent
 * again, which brings back what is in it.
 */
async function hasRedisLost({ database, cache }: StepPorts, lawId: string): Promise<boolean> {
  return (await database.count(lawId)) - (await cache.count(lawId)) > rolls.CHUNK_VOTERS;
}

/**
 * Compares what was received with what was announced. Nothing is changed, unless they differ: then the file must be
 * sent again from its beginning.
 *
 * @param context the step
 * @param request the laws and the file
 * @returns what became of the file's voters, by law
 * @throws Refusal when chunks are missing, or what came was not what was announced
 */
export async function verifyLoad(
  { servers, rolls: stores }: StepContext,
  { laws: lawIds, sha256 }: Finish,
): Promise<rolls.LoadTally[]> {
  const laws = await existingLaws(servers, lawIds);
  const keys = await servers.keys();
  const ports = stores();
  const found = await withStepRight(ports, laws, async () => {
    const tallies: rolls.LoadTally[] = [];
    for (const law of laws) {
      const mark = loadMark(sha256, law, keys);
      const load = await ports.work.load(law.lawId, mark);
      if (load === undefined) throw await loadEnded(ports, law.lawId);
      await ports.work.touch(law.lawId, mark);
      if (load.votersReceived < load.votersAnnounced) {
        throw new Refusal(
          `Of the ${load.votersAnnounced} voters of the file, ${load.votersReceived} have come for ${law.lawId}: chunk ${load.chunksDone} is next.`,
          { code: "other_chunk", subject: String(load.chunksDone) },
        );
      }
      if (!load.received.equals(load.announced)) {
        await ports.work.restartLoad(law.lawId, mark);
        throw new Refusal(
          `What was sent for ${law.lawId} is not the file that was announced, so it is not certain who is on the roll: load the file again, ` +
            "which begins from its first line.",
        );
      }
      tallies.push(tallyOf(law.lawId, load));
    }
    return tallies;
  });
  if (found.some(({ loaded }) => loaded >= ANALYZE_FROM)) await ports.database.analyze();
  return found;
}

/** The refusal of a step of a load that is not under way. */
export async function loadEnded({ marks }: StepPorts, lawId: string): Promise<Refusal> {
  const others = (await marks.unfinished(lawId)).filter(({ kind }) => kind === "load");
  const names = others.map(({ sourceName }) => sourceName).join(", ");
  return new Refusal(
    `No load of this file is under way on ${lawId}: it has ended, was given up, or was not begun${names === "" ? "" : `; unfinished is that of another file, ${names}`}.`,
    { code: "load_ended", subject: lawId },
  );
}

function tallyOf(lawId: string, load: LoadWork): rolls.LoadTally {
  const { votersReceived, loaded, conflicts, conflictLines, refused, refusedLines } = load;
  return {
    law_id: lawId,
    loaded,
    known: Math.max(0, votersReceived - loaded - conflicts - refused),
    conflicts,
    conflict_lines: [...conflictLines],
    refused,
    refused_lines: [...refusedLines],
  };
}

/**
 * Ends a load of which all is on the roll, and marks rolls as complete that are. Doing it again changes nothing.
 *
 * @param context the step
 * @param request the laws and the file
 * @param tallies what `verifyLoad` has found
 * @returns each law's roll
 * @throws Refusal when the load has begun again meanwhile
 */
export async function completeLoad(
  { servers, rolls: stores }: StepContext,
  { laws: lawIds, sha256 }: Finish,
  tallies: readonly rolls.LoadTally[],
): Promise<Extract<FinishCursor, { laws: unknown }>["laws"]> {
  const laws = await existingLaws(servers, lawIds);
  const keys = await servers.keys();
  const ports = stores();
  const states = await withStepRight(ports, laws, async (right) => {
    await right.check();
    for (const law of laws) {
      if (await ports.work.endLoad(law.lawId, loadMark(sha256, law, keys))) continue;
      throw new Refusal(`The load of this file on ${law.lawId} has begun again meanwhile; whoever began it ends it.`);
    }
    const rollStates = [];
    for (const law of laws) rollStates.push(await completeRoll(ports, law));
    return rollStates;
  });
  const answers = [];
  for (const state of states) {
    const tally = tallies.find(({ law_id }) => law_id === state.lawId);
    if (tally === undefined) throw new Refusal(`The cursor lacks ${state.lawId}.`, { code: "invalid_request" });
    answers.push({ ...tally, ...(await rollAnswer(state, ports)) });
  }
  return answers;
}

/**
 * Lets `validate` go on after work on rolls, unless others are at work or a person has disabled it.
 *
 * @param context the step
 * @param pausedBy the act that may have paused it without having confirmed that
 * @returns undefined when its state is still changing: call again
 */
export function resumeValidate({ rolls: stores, deadline, clock }: StepContext, pausedBy?: string) {
  return resuming(stores(), pausedBy, { deadline, clock });
}
