import { existsSync } from "node:fs";
import type { RollCount } from "../../operations/roll/count.ts";
import type { LoadSummary } from "../../operations/roll/load-file.ts";
import { type FoundOperators, findOperators } from "../../places/find-operators.ts";
import { workOf } from "../../places/operators/roll-answers.ts";
import { codeMaker } from "../../places/operators/roll-codes.ts";
import { sendRoll, type UnfinishedRoll } from "../../places/operators/send-roll.ts";
import { SAMPLE_VOTERS, writeSampleCredentials } from "../../places/sample-credentials.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import { listLaws } from "../../shared/messages/operators/laws.ts";
import { countRolls } from "../../shared/messages/operators/rolls.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { type Progress, progress } from "../../terminal/progress.ts";
import type { CommonOptions } from "../common-options.ts";
import { describeCounts, draftsOf } from "../roll-counts.ts";
import { counted } from "../slip-options.ts";
import { checkFile, describeCheck } from "./check.ts";
import { rollSource } from "./roll-source.ts";
import { describeFaults, EXIT_BAD_LINES, explainUnfinished } from "./words.ts";

interface VotersLoadOptions extends CommonOptions {
  readonly sample?: true;
  readonly file?: string;
  readonly dryRun?: true;
  readonly law?: readonly string[];
}

/** How many bad lines are named one by one. All causes are named with their counts. */
const MOST_TOLD = 20;

/** `npm run voters -- load`. */
export async function load(options: VotersLoadOptions): Promise<void> {
  if ((options.sample === undefined) === (options.file === undefined)) {
    throw new UserError("Say what to load: either --sample or --file FILE (- is standard input).", 2);
  }
  const stage = await findOperators(options);
  const laws = options.law ?? [await onlyLaw(stage)];
  const file = options.file ?? (await sampleFile(stage, laws));
  if (file !== "-") rollSource(file);
  if (options.dryRun) return showPlan(stage, laws, file, options);
  const summary = await loadFile(stage, laws, file);
  print(options, summary, () => describeLoad(summary));
  const cutOff = summary.laws.filter(({ unfinished }) => unfinished.length > 0);
  if (cutOff.length > 0) throw new UserError(cutOff.map(explainUnfinished).join("\n"));
  if (summary.bad > 0) process.exitCode = EXIT_BAD_LINES;
}

/** What a load would find: the file, and the rolls as they are. */
async function showPlan(
  { api }: FoundOperators,
  laws: readonly string[],
  file: string,
  { law: _, ...options }: VotersLoadOptions,
): Promise<void> {
  const counts = await rollsOf(api, laws);
  // All laws of a load take the same codes.
  const [first] = laws;
  const found = await checkFile(rollSource(file), { ...options, ...(first === undefined ? {} : { law: first }) });
  const { laws: listed } = await api.look(listLaws, {});
  print(options, { dry_run: true, ...found, laws: counts }, () =>
    [describeCheck(found), describeCounts(counts, draftsOf(listed))].join("\n"),
  );
  if (found.refused > 0) process.exitCode = EXIT_BAD_LINES;
}

async function rollsOf(api: FoundOperators["api"], laws: readonly string[]): Promise<readonly RollCount[]> {
  const { laws: counted } = await api.look(countRolls, { laws: [...new Set(laws)] });
  return counted.map(({ unfinished, ...roll }) => ({ ...roll, unfinished: unfinished.map(workOf) }));
}

async function loadFile({ api }: FoundOperators, laws: readonly string[], file: string): Promise<LoadSummary> {
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
        if (++told <= MOST_TOLD) process.stderr.write(`line ${line}: ${reason}\n`);
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
  if (works.length === 0) return "Interrupted before anything was changed.";
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
