import { existsSync } from "node:fs";
import type { RollCount } from "../../operations/roll/count.ts";
import type { LoadSummary } from "../../operations/roll/load-file.ts";
import { type FoundOperators, findOperators } from "../../places/find-operators.ts";
import { workOf } from "../../places/operators/roll-answers.ts";
import { codeMaker } from "../../places/operators/roll-codes.ts";
import { refuseBadFile, sendRoll, type UnfinishedRoll } from "../../places/operators/send-roll.ts";
import { SAMPLE_VOTERS, writeSampleCredentials } from "../../places/sample-credentials.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import { listLaws } from "../../shared/messages/operators/laws.ts";
import { countRolls } from "../../shared/messages/operators/rolls.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { type Progress, progress, statusLine } from "../../terminal/progress.ts";
import type { CommonOptions } from "../common-options.ts";
import { describeCounts, draftsOf } from "../roll-counts.ts";
import { counted } from "../slip-options.ts";
import { type CheckedFile, checkFile, describeCheck } from "./check.ts";
import { rollSource } from "./roll-source.ts";
import { describeFaults, EXIT_BAD_LINES, explainUnfinished } from "./words.ts";

interface VotersLoadOptions extends CommonOptions {
  readonly sample?: true;
  readonly file?: readonly string[];
  readonly dryRun?: true;
  readonly law?: readonly string[];
}

/** How many bad lines of a file are named one by one. All causes are named with their counts. */
const MOST_TOLD = 20;

/** `npm run voters -- load`. */
export async function load(options: VotersLoadOptions): Promise<void> {
  if ((options.sample === undefined) === (options.file === undefined)) {
    throw new UserError("Say what to load: either --sample or --file FILE (- is standard input).", 2);
  }
  if (options.file !== undefined && options.file.length > 1 && options.file.includes("-")) {
    throw new UserError("Standard input (--file -) is loaded alone: it can be read once. Nothing was changed.", 2);
  }
  const stage = await findOperators(options);
  const laws = options.law ?? [await onlyLaw(stage)];
  const files = options.file ?? [await sampleFile(stage, laws)];
  for (const file of files) if (file !== "-") rollSource(file);
  if (options.dryRun) return showPlan(stage, laws, files, options);
  if (files.length > 1) await refuseBadFiles(stage, laws, files);
  const summaries = await loadAll(stage, laws, files, options);
  // A law is in each summary; the last one says how it stands.
  const cutOff = (summaries.at(-1)?.laws ?? []).filter(({ unfinished }) => unfinished.length > 0);
  if (cutOff.length > 0) throw new UserError(cutOff.map(explainUnfinished).join("\n"));
  if (summaries.some(({ bad }) => bad > 0)) process.exitCode = EXIT_BAD_LINES;
}

/** What a load would find: the files, and the rolls as they are. */
async function showPlan(
  { api }: FoundOperators,
  laws: readonly string[],
  files: readonly string[],
  { law: _, file: _file, ...options }: VotersLoadOptions,
): Promise<void> {
  const counts = await rollsOf(api, laws);
  // All laws of a load take the same codes.
  const [first] = laws;
  const found: CheckedFile[] = [];
  for (const file of files) {
    found.push(await checkFile(rollSource(file), { ...options, ...(first === undefined ? {} : { law: first }) }));
  }
  const { laws: listed } = await api.look(listLaws, {});
  const [only, ...others] = found;
  const checked = others.length === 0 ? only : { files: found };
  print(options, { dry_run: true, ...checked, laws: counts }, () =>
    [...found.map(describeCheck), describeCounts(counts, draftsOf(listed))].join("\n"),
  );
  if (found.some(({ refused }) => refused > 0)) process.exitCode = EXIT_BAD_LINES;
}

/** Before the first of several files is loaded: so a file that is wrong as a whole changes nothing. */
async function refuseBadFiles(
  { api }: FoundOperators,
  laws: readonly string[],
  files: readonly string[],
): Promise<void> {
  const { signal, release } = interruptible();
  const line = statusLine();
  try {
    for (const [index, file] of files.entries()) {
      line.show(`reading file ${index + 1} of ${files.length}: ${file}`);
      await refuseBadFile(api, { laws, source: rollSource(file), signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError("Interrupted before anything was changed.", 130);
  } finally {
    line.end();
    release();
  }
}

/** Loads the files, one after the other, and prints what became of each. */
async function loadAll(
  stage: FoundOperators,
  laws: readonly string[],
  files: readonly string[],
  options: VotersLoadOptions,
): Promise<readonly LoadSummary[]> {
  const summaries: LoadSummary[] = [];
  const isOne = files.length === 1;
  const tellAll = () => print(options, isOne ? summaries[0] : { files: summaries }, () => "");
  try {
    for (const file of files) {
      const summary = await loadFile(stage, laws, { file, prefix: isOne ? "" : `${file}, ` });
      summaries.push(summary);
      if (options.json !== true) print(options, summary, () => `${isOne ? "" : `${file}\n`}${describeLoad(summary)}`);
    }
  } catch (error) {
    if (summaries.length > 0) {
      if (options.json === true) tellAll();
      process.stderr.write(`Not loaded: ${files.slice(summaries.length).join(", ")}. The files before are.\n`);
    }
    throw error;
  }
  if (options.json === true) tellAll();
  return summaries;
}

async function rollsOf(api: FoundOperators["api"], laws: readonly string[]): Promise<readonly RollCount[]> {
  const { laws: counted } = await api.look(countRolls, { laws: [...new Set(laws)] });
  return counted.map(({ unfinished, ...roll }) => ({ ...roll, unfinished: unfinished.map(workOf) }));
}

/** @param prefix what names the file in lines about it, if there are others */
async function loadFile(
  { api }: FoundOperators,
  laws: readonly string[],
  { file, prefix }: { readonly file: string; readonly prefix: string },
): Promise<LoadSummary> {
  const source = rollSource(file);
  const { signal, release } = interruptible();
  let bar: Progress | undefined;
  let told = 0;
  let stopped: readonly UnfinishedRoll[] = [];
  try {
    return await sendRoll(api, {
      laws,
      source,
      signal,
      onProgress: (voters, total) => {
        bar ??= progress("voters", total);
        bar.update(voters);
      },
      onBadLine: ({ line, reason }) => {
        if (++told <= MOST_TOLD) process.stderr.write(`${prefix}line ${line}: ${reason}\n`);
        else if (told === MOST_TOLD + 1) process.stderr.write("More lines are bad; their causes and numbers follow.\n");
      },
      onStopped: (unfinished) => {
        stopped = unfinished;
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError(describeInterruption(stopped), 130);
  } finally {
    bar?.stop();
    release();
  }
}

/** What an interrupted load left behind in the stores. */
function describeInterruption(stopped: readonly UnfinishedRoll[]): string {
  const works = stopped.flatMap(({ law_id, unfinished }) =>
    unfinished.map((work) => `${law_id}: ${describeRollWork(workOf(work))}`),
  );
  if (works.length === 0) return "Interrupted before anything of this file was changed.";
  return (
    `Interrupted. ${works.join("; ")}. What was loaded stays, and the rolls cannot be sealed until the load has ended. ` +
    "Running the same command again completes it, on this machine or on another one."
  );
}

async function onlyLaw({ api }: FoundOperators): Promise<string> {
  const { laws } = await api.look(listLaws, {});
  const [law] = laws;
  if (law === undefined) throw new UserError('There is no law yet; add one with npm run laws -- add ID --title "…".');
  if (laws.length > 1) {
    const some = laws.slice(0, 10).map((one) => one.law_id);
    throw new UserError(`Name the law with --law. There are ${some.join(", ")}${laws.length > 10 ? ", …" : ""}.`, 2);
  }
  return law.law_id;
}

async function sampleFile({ api, stage, credentialsFile }: FoundOperators, [law]: readonly string[]): Promise<string> {
  if (stage === "prod") throw new UserError("The sample roll cannot be loaded on the stage prod: use --file.");
  if (!existsSync(credentialsFile)) {
    const makeCodes = law === undefined ? undefined : await codeMaker(api, law);
    await writeSampleCredentials(credentialsFile, SAMPLE_VOTERS, { makeCodes });
  }
  return credentialsFile;
}

function describeLoad({ lines, laws, faults }: LoadSummary): string {
  return [
    ...laws.map(
      ({ lawId, loaded, known, refused, voters }) =>
        `${lawId}: ${loaded} loaded, ${known} already there, ${refused} refused, of ${counted(lines, "line")}; ${voters} on the roll now`,
    ),
    ...describeFaults(faults),
  ].join("\n");
}
