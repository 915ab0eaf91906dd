import type { z } from "zod";
import type { Law } from "../../../shared/domain/law.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import type * as rolls from "../../../shared/messages/operators/rolls.ts";
import { existingLaws } from "../../laws/existing-laws.ts";
import { giveUpSeal } from "../change.ts";
import { chainsOf } from "../file/chunk-text.ts";
import { codeRule } from "../file/code-rule.ts";
import { ANALYZE_FROM, type RollKeys } from "../hash-voters.ts";
import { refuseLoading } from "../refuse-loading.ts";
import { sourceId } from "../source-id.ts";
import type { WorkMark } from "../stores/ports.ts";
import { type StepContext, type StepPorts, withStepRight, workAnswer } from "./step-ports.ts";
import type { LoadWork } from "./work-table.ts";

type Begin = z.output<typeof rolls.beginLoad.request>;
type Finish = z.output<typeof rolls.finishLoad.request>;
type Finished = z.output<typeof rolls.finishLoad.result>;

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
 * Begins the load of a file, or goes on with it. A seal that has not taken effect yet is given up.
 *
 * @param context the step
 * @param request the laws and the file
 * @returns the first chunk to send
 * @throws Refusal when there is no such law, a roll is sealed, or the laws do not take the same codes
 */
export async function beginLoad(
  { servers, run, rolls: stores }: StepContext,
  { laws: lawIds, file }: Begin,
): Promise<number> {
  const laws = await existingLaws(servers, lawIds);
  const keys = await servers.keys();
  codeRule(laws, keys);
  const ports = stores();
  return withStepRight(ports, laws, async () => {
    // With the right to change the rolls, so that nobody seals one meanwhile.
    await refuseLoading(servers, ports.database, lawIds, "load_roll");
    const next: number[] = [];
    for (const law of laws) {
      await giveUpSeal(ports, law.lawId);
      const chains = chainsOf(file.chunks, keys.ofVersion(law.keyVersion).person);
      const mark = loadMark(file.sha256, law, keys, file.name);
      next.push(await ports.work.beginLoad(law.lawId, mark, { chains, voters: file.voters, run }));
    }
    return Math.min(...next);
  });
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
): Promise<rolls.FileTally[]> {
  const laws = await existingLaws(servers, lawIds);
  const keys = await servers.keys();
  const ports = stores();
  const found = await withStepRight(ports, laws, async () => {
    const tallies: rolls.FileTally[] = [];
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

function tallyOf(lawId: string, load: LoadWork): rolls.FileTally {
  const { received, votersReceived, loaded, conflicts, conflictLines, refused, refusedLines } = load;
  return {
    law_id: lawId,
    loaded,
    known: Math.max(0, votersReceived - loaded - conflicts - refused),
    conflicts,
    conflict_lines: [...conflictLines],
    refused,
    refused_lines: [...refusedLines],
    file_id: received.toString("hex"),
  };
}

/**
 * Ends a load of which all is on the roll. Doing it again changes nothing.
 *
 * @param context the step
 * @param request the laws and the file
 * @param tallies what `verifyLoad` has found
 * @returns each law's roll
 * @throws Refusal when the load has begun again meanwhile
 */
export async function endLoad(
  { servers, rolls: stores }: StepContext,
  { laws: lawIds, sha256 }: Finish,
  tallies: readonly rolls.FileTally[],
): Promise<Finished> {
  const laws = await existingLaws(servers, lawIds);
  const keys = await servers.keys();
  const ports = stores();
  return withStepRight(ports, laws, async (right) => {
    await right.check();
    for (const law of laws) {
      if (await ports.work.endLoad(law.lawId, loadMark(sha256, law, keys))) continue;
      throw new Refusal(`The load of this file on ${law.lawId} was begun again meanwhile, and that load goes on.`);
    }
    const ended: Finished["laws"] = [];
    for (const { lawId } of laws) {
      const tally = tallies.find(({ law_id }) => law_id === lawId);
      if (tally === undefined) throw new Refusal(`The cursor lacks ${lawId}.`, { code: "invalid_request" });
      const voters = await ports.database.count(lawId);
      // Others may be at it.
      const unfinished = await ports.marks.unfinished(lawId);
      ended.push({ ...tally, voters, unfinished: unfinished.map(workAnswer) });
    }
    return { laws: ended };
  });
}
