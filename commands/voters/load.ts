import { existsSync } from "node:fs";
import { existingLaws } from "../../operations/laws/existing-laws.ts";
import { checkKeyOf } from "../../operations/roll/file/code-rule.ts";
import { type LoadSummary, loadRoll } from "../../operations/roll/load-file.ts";
import { unfinishedWork } from "../../operations/roll/stores/postgres-marks.ts";
import { withTarget } from "../../places/find-target.ts";
import { SAMPLE_VOTERS, writeSampleCredentials } from "../../places/sample-credentials.ts";
import type { Target } from "../../places/target.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { type Progress, progress } from "../../terminal/progress.ts";
import type { CommonOptions } from "../common-options.ts";
import { rollSource } from "./roll-source.ts";
import { describeFaults, EXIT_BAD_LINES, explainIncomplete, tellFeeding } from "./words.ts";

interface VotersLoadOptions extends CommonOptions {
  readonly sample?: true;
  readonly file?: string;
  readonly law?: readonly string[];
}

/** How many bad lines are named one by one. All causes are named with their counts. */
const MOST_TOLD = 20;

/** `npm run voters -- load`. */
export async function load(options: VotersLoadOptions): Promise<void> {
  if ((options.sample === undefined) === (options.file === undefined)) {
    throw new UserError("Say what to load: either --sample or --file FILE (- is standard input).", 2);
  }
  await withTarget(options, async (target) => {
    const laws = options.law ?? [await onlyLaw(target)];
    const file = options.file ?? (await sampleFile(target, laws));
    const summary = await loadFile(target, laws, file);
    print(options, summary, () => describeLoad(summary));
    tellFeeding(summary.laws[0]?.validate);
    const incomplete = summary.laws.filter((law) => !law.complete);
    if (incomplete.length > 0) throw new UserError(incomplete.map(explainIncomplete).join("\n"));
    if (summary.bad > 0) process.exitCode = EXIT_BAD_LINES;
  });
}

async function loadFile(target: Target, laws: readonly string[], file: string): Promise<LoadSummary> {
  const source = rollSource(file);
  const { signal, release } = interruptible();
  let bar: Progress | undefined;
  let told = 0;
  try {
    return await loadRoll(target, {
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
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError(await describeInterruption(target, laws), 130);
  } finally {
    bar?.stop();
    release();
  }
}

/** What an interrupted load left behind in the stores. */
async function describeInterruption(target: Target, laws: readonly string[]): Promise<string> {
  const unfinished = await unfinishedWork(target.pool, laws);
  if (unfinished.size === 0) return "Interrupted before anything was changed.";
  const works = [...unfinished].flatMap(([law, ofLaw]) => ofLaw.map((work) => `${law}: ${describeRollWork(work)}`));
  return (
    `Interrupted. ${works.join("; ")}. What was loaded stays, and the votes of these laws wait. ` +
    "Running the same command again completes it."
  );
}

async function onlyLaw(target: Target): Promise<string> {
  const laws = await target.laws.list();
  const [law] = laws;
  if (law === undefined) throw new UserError('There is no law yet; add one with npm run laws -- add ID --title "…".');
  if (laws.length > 1) {
    const some = laws.slice(0, 10).map((one) => one.lawId);
    throw new UserError(`Name the law with --law. There are ${some.join(", ")}${laws.length > 10 ? ", …" : ""}.`, 2);
  }
  return law.lawId;
}

async function sampleFile(target: Target, laws: readonly string[]): Promise<string> {
  if (target.stage === "prod") throw new UserError("The sample roll cannot be loaded on the stage prod: use --file.");
  const { credentialsFile } = target.address;
  if (!existsSync(credentialsFile)) {
    const [law] = await existingLaws(target, laws);
    const checkKey = law && checkKeyOf(law, await target.keys());
    await writeSampleCredentials(credentialsFile, SAMPLE_VOTERS, { checkKey });
  }
  return credentialsFile;
}

function describeLoad({ lines, laws, faults }: LoadSummary): string {
  return [
    ...laws.map(
      ({ lawId, loaded, known, refused, voters }) =>
        `${lawId}: ${loaded} loaded, ${known} already there, ${refused} refused, of ${lines} lines; ${voters} on the roll now`,
    ),
    ...describeFaults(faults),
  ].join("\n");
}
