import { createHash } from "node:crypto";
import type { z } from "zod";
import { chunkDigest, chunkText } from "../../operations/roll/file/chunk-text.ts";
import { ANY_CODE } from "../../operations/roll/file/code-rule.ts";
import { type BadLine, badLine } from "../../operations/roll/file/faults.ts";
import { digested, type Inspection, inspectRoll } from "../../operations/roll/file/inspect.ts";
import { type Credentials, readRoll } from "../../operations/roll/file/read.ts";
import { openRoll, type RollFile } from "../../operations/roll/file/source.ts";
import type { LoadRequest, LoadSummary } from "../../operations/roll/load-file.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { Act } from "../../shared/messages/operators/define-act.ts";
import * as rolls from "../../shared/messages/operators/rolls.ts";
import type { CallOptions, OperatorsApi } from "./client.ts";
import { workOf } from "./roll-answers.ts";

/** The operators' API, as loading a roll needs it. */
export type RollDoor = Pick<OperatorsApi, "perform">;

export interface SendOptions extends LoadRequest {
  /** Voters in a chunk; every process that sends the file must cut it in the same way. Default: CHUNK_VOTERS. */
  readonly chunkVoters?: number | undefined;
  /** Called with the unfinished work on the laws' rolls when the load has ended early. */
  readonly onStopped?: ((laws: readonly UnfinishedRoll[]) => void) | undefined;
}

/** What is unfinished on the roll of a law. */
export type UnfinishedRoll = z.output<typeof rolls.stopRollWork.result>["laws"][number];

/** How many bad lines are reported one by one. The others are counted. */
const MAX_REPORTED = 1_000;
/** How many codes are tried before anything is changed. */
const TRIED_CODES = 1_000;
/** How often the file is read again because another process has changed what is to be sent next. */
const PASSES = 10;

/** A roll file that was read once. */
interface CheckedFile {
  readonly file: RollFile;
  readonly inspection: Inspection;
  readonly chunks: readonly string[];
  readonly firstCodes: readonly string[];
}

/**
 * Adds the voters of a file to the rolls of laws through the operators' API. The whole file is read before anything is
 * changed. Then it is sent in chunks: from where an earlier load of the same file has stopped, on whatever machine.
 *
 * @param door the API
 * @param options the file and the laws; progress and interruption
 * @returns the loaded voters, those who were on the roll before, and the bad lines
 * @throws Refusal when there is no such law, or no voter in the file; the signal's reason when it was interrupted
 */
export async function sendRoll(door: RollDoor, options: SendOptions): Promise<LoadSummary> {
  const report = new BadLines(options.onBadLine);
  const checked = await readWhole(await openRoll(options.source), options, report);
  const laws = [...new Set(options.laws)];
  await tryCodes(door, laws, checked);
  const sha256 = checked.inspection.digest.toString("hex");
  try {
    const { next_chunk } = await done(
      door,
      rolls.beginLoad,
      { laws, file: announced(checked, sha256) },
      { signal: options.signal },
    );
    const ended = await sendAll(door, checked, { ...options, laws, sha256, from: next_chunk }, report);
    return summaryOf(checked, ended, report);
  } catch (error) {
    // Whoever cannot be reached any more cannot be told either; then the others notice after a while.
    const stopped = await done(door, rolls.stopRollWork, { laws, sha256 }).catch(() => undefined);
    if (stopped !== undefined) options.onStopped?.(stopped.laws);
    throw error;
  }
}

/**
 * Refuses a file that is wrong as a whole, and changes nothing: so of several files, none is loaded if one is wrong.
 *
 * @param door the API
 * @param options the file and the laws; interruption
 * @throws Refusal when there is no such law, or no voter in the file; the signal's reason when it was interrupted
 */
export async function refuseBadFile(door: RollDoor, options: SendOptions): Promise<void> {
  const checked = await readWhole(await openRoll(options.source), options, new BadLines(undefined));
  await tryCodes(door, [...new Set(options.laws)], checked);
}

async function done<A extends Act>(
  door: RollDoor,
  act: A,
  request: z.input<A["request"]>,
  options?: CallOptions,
): Promise<z.output<A["result"]>> {
  const outcome = await door.perform(act, request, options);
  if (outcome.kind === "proposed") throw new Error(`${act.name} needs no second person and was proposed`);
  return outcome.result;
}

async function readWhole(
  file: RollFile,
  { signal, chunkVoters = rolls.CHUNK_VOTERS }: SendOptions,
  report: BadLines,
): Promise<CheckedFile> {
  const chunks: string[] = [];
  const firstCodes: string[] = [];
  let voters: Credentials[] = [];
  const flush = () => {
    if (voters.length > 0) chunks.push(chunkDigest(chunkText(voters)));
    voters = [];
  };
  const inspection = await inspectRoll(file, {
    rule: ANY_CODE,
    signal,
    onBadLine: report.add,
    onVoter: (line, nas, code) => {
      voters.push({ line, nas, code });
      if (firstCodes.length < TRIED_CODES) firstCodes.push(code);
      if (voters.length === chunkVoters) flush();
    },
  });
  flush();
  return { file, inspection, chunks, firstCodes };
}

function announced({ file, inspection, chunks }: CheckedFile, sha256: string): rolls.AnnouncedFile {
  const { lines, voters } = inspection;
  return { sha256, name: file.name, lines, voters, chunks: [...chunks] };
}

/**
 * Only the stage can check codes, and it does so chunk by chunk. A file with codes of another stage changes nothing.
 */
async function tryCodes(door: RollDoor, laws: readonly string[], { file, firstCodes }: CheckedFile): Promise<void> {
  for (const law_id of laws) {
    const { refused } = await done(door, rolls.checkCodes, { law_id, codes: firstCodes.join(";") });
    if (refused.length < firstCodes.length) continue;
    throw new Refusal(
      `There is no voter in ${file.name}; nothing was changed. The first ${firstCodes.length.toLocaleString("en")} codes are ` +
        `not of this stage: their check does not fit. ${law_id} takes only codes made by voters generate --law; codes ` +
        "from elsewhere need a law that was added with --codes any.",
    );
  }
}

interface Sending extends SendOptions {
  readonly sha256: string;
  readonly from: number;
}

type Ended = z.output<typeof rolls.finishLoad.result>;

/** Sends chunks, and again from where the stage says, until all of the file is there. */
async function sendAll(door: RollDoor, checked: CheckedFile, sending: Sending, report: BadLines): Promise<Ended> {
  const { laws, sha256, signal } = sending;
  let { from } = sending;
  for (let pass = 1; ; pass++) {
    try {
      await sendFrom(door, checked, { ...sending, from }, report);
      const ended = await done(door, rolls.finishLoad, { laws: [...laws], sha256 }, { signal, isPatient: true });
      for (const tally of ended.laws) report.addTally(tally);
      return ended;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === "load_ended") {
        throw new Refusal(
          `The load of ${checked.file.name} was ended elsewhere while this command sent it: another process has sent the same ` +
            "file, or a person has given the load up. npm run voters -- count shows the rolls.",
        );
      }
      if (error.code !== "other_chunk" || pass === PASSES) throw error;
      from = Number(error.subject);
    }
  }
}

/** Reads the file once more, and sends its chunks from one of them on. */
async function sendFrom(door: RollDoor, checked: CheckedFile, sending: Sending, report: BadLines): Promise<void> {
  const { laws, sha256, signal, onProgress, chunkVoters = rolls.CHUNK_VOTERS } = sending;
  const { file, inspection, chunks } = checked;
  let next = sending.from;
  let number = 0;
  const told = () => onProgress?.(Math.min(inspection.voters, next * chunkVoters), inspection.voters);
  const digest = createHash("sha256");
  for await (const voters of ahead(chunksOf(digested(file, digest), chunkVoters))) {
    signal?.throwIfAborted();
    if (number >= next) {
      const text = chunkText(voters);
      if (chunkDigest(text) !== chunks[number]) throw changedMeanwhile(file);
      const chunk = { laws: [...laws], sha256, number, voters: text };
      const answer = await done(door, rolls.loadChunk, chunk, { signal, isPatient: true });
      for (const tally of answer.laws) report.addTally(tally);
      next = Math.max(next, answer.next_chunk);
      told();
    }
    number += 1;
  }
  if (!digest.digest().equals(inspection.digest)) throw changedMeanwhile(file);
}

function changedMeanwhile({ name }: RollFile): Refusal {
  return new Refusal(
    `${name} was changed while it was loaded, so it is not certain who is on the roll: load the file as it is now, ` +
      "and then the file as it was, or give that load up with npm run voters -- abandon-load.",
  );
}

/**
 * The voters of a file in chunks, as they are sent.
 *
 * @param file the file
 * @param chunkVoters voters in a chunk
 */
export async function* chunksOf(file: RollFile, chunkVoters: number): AsyncGenerator<Credentials[]> {
  let voters: Credentials[] = [];
  for await (const lines of readRoll(file, ANY_CODE)) {
    for (const line of lines) {
      if (line.kind !== "voter") continue;
      voters.push(line.voter);
      if (voters.length < chunkVoters) continue;
      yield voters;
      voters = [];
    }
  }
  if (voters.length > 0) yield voters;
}

/** Reads the next chunk while the one before is sent. */
async function* ahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (;;) {
      const item = await next;
      if (item.done === true) return;
      next = source.next();
      // If this chunk fails, nobody waits for the next one.
      next.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await source.return(undefined);
  }
}

/** The bad lines of a file, each reported once. Those that the stage finds are known after they were sent. */
class BadLines {
  readonly lines: BadLine[] = [];
  readonly #told = new Set<string>();
  readonly #onBadLine: ((bad: BadLine) => void) | undefined;

  constructor(onBadLine: ((bad: BadLine) => void) | undefined) {
    this.#onBadLine = onBadLine;
  }

  readonly add = (bad: BadLine): void => {
    const name = `${bad.line} ${bad.reason}`;
    if (this.lines.length >= MAX_REPORTED || this.#told.has(name)) return;
    this.#told.add(name);
    this.lines.push(bad);
    this.#onBadLine?.(bad);
  };

  addTally({ law_id, conflict_lines, refused_lines }: rolls.LoadTally): void {
    for (const line of refused_lines) this.add(badLine(line, "code_check"));
    for (const line of conflict_lines) {
      this.add({ ...badLine(line, "second_code"), reason: `this nas is on the roll of ${law_id} under another code` });
    }
  }
}

function summaryOf({ file, inspection }: CheckedFile, { laws }: Ended, { lines }: BadLines): LoadSummary {
  const malformed = inspection.faults.total;
  const { faults } = inspection;
  // Every law takes the same codes, and refuses the same ones.
  const [first] = laws;
  faults.addMany("code_check", first?.refused ?? 0, first?.refused_lines ?? []);
  for (const { conflicts, conflict_lines } of laws) faults.addMany("second_code", conflicts, conflict_lines);
  return {
    file: file.name,
    lines: inspection.lines,
    voters: inspection.voters - (first?.refused ?? 0),
    bad: faults.total,
    badLines: lines,
    faults: faults.faults(),
    laws: laws.map((law) => ({
      lawId: law.law_id,
      voters: law.voters,
      unfinished: law.unfinished.map(workOf),
      loaded: law.loaded,
      known: law.known,
      conflicts: law.conflicts,
      refused: malformed + law.refused + law.conflicts,
    })),
  };
}
