import { createReadStream, existsSync, statSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command, Option } from "commander";
import { countRolls } from "../operations/roll/count.ts";
import { credentialLines, MAX_CREDENTIALS } from "../operations/roll/credentials.ts";
import type { LawLoad } from "../operations/roll/load.ts";
import { type LoadSummary, loadRoll } from "../operations/roll/load-file.ts";
import { withTarget } from "../places/find-target.ts";
import { SAMPLE_VOTERS, writeSampleCredentials } from "../places/sample-credentials.ts";
import type { Target } from "../places/target.ts";
import { UserError } from "../terminal/errors.ts";
import { interruptible } from "../terminal/interruptible.ts";
import { collect, wholeNumberOption } from "../terminal/options.ts";
import { print } from "../terminal/print.ts";
import { progress } from "../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { describeCounts } from "./roll-counts.ts";

/** The exit code of a load that left lines out and loaded the others. */
const EXIT_BAD_LINES = 4;

/** `npm run voters`. */
export function votersCommand(): Command {
  const program = new Command("npm run voters --").description("Makes, loads and counts the voter roll.");
  program
    .command("generate")
    .description("makes credentials as CSV nas,code: distinct NAS, codes of 80 random bits")
    .requiredOption("--count <number>", "how many voters", wholeNumberOption(1, MAX_CREDENTIALS))
    .addOption(
      new Option("--out, --output <file>", "where the credentials are written; - is standard output").default("-"),
    )
    .option("--force", "replaces a file that is there")
    .option("--json", "prints one line of JSON when the file is written")
    .action(generate);
  withCommonOptions(
    program
      .command("load")
      .description(
        "adds voters to the rolls of laws; loading the same again changes nothing and completes what was interrupted",
      )
      .option("--sample", "the sample credentials of the stack, made if they are missing")
      .option("--file <file>", "a CSV file nas,code; - is standard input")
      .option("--law <id>", "the law; repeat it for several (default: the only law there is)", collect)
      .addHelpText(
        "after",
        `\nExit codes: 0 all loaded, ${EXIT_BAD_LINES} bad lines were left out and the rest is loaded, 1 not loaded, 130 interrupted.`,
      ),
  ).action(load);
  withCommonOptions(
    program
      .command("count")
      .description("says how many voters each law has, in PostgreSQL and in Redis")
      .option("--law <id>", "only this law; may be repeated", collect),
  ).action((options: CommonOptions & { law?: readonly string[] }) =>
    withTarget(options, async (target) => {
      const counts = await countRolls(target, options.law);
      print(options, { laws: counts }, () => describeCounts(counts));
    }),
  );
  return program;
}

async function generate(options: { count: number; output: string; force?: true; json?: true }): Promise<void> {
  const { signal, release } = interruptible();
  const bar = progress("voters", options.count);
  try {
    if (options.output === "-") {
      const lines = Readable.from(credentialLines(options.count, bar.update));
      await pipeline(lines, process.stdout, { end: false, signal });
      return;
    }
    await writeSampleCredentials(options.output, options.count, {
      force: options.force,
      signal,
      onProgress: bar.update,
    });
  } finally {
    bar.stop();
    release();
  }
  print(
    options,
    { file: options.output, voters: options.count },
    () => `${options.count} voters written to ${options.output}.`,
  );
}

interface LoadOptions extends CommonOptions {
  readonly sample?: true;
  readonly file?: string;
  readonly law?: readonly string[];
}

async function load(options: LoadOptions): Promise<void> {
  if ((options.sample === undefined) === (options.file === undefined)) {
    throw new UserError("Say what to load: either --sample or --file FILE (- is standard input).", 2);
  }
  await withTarget(options, async (target) => {
    const laws = options.law ?? [await onlyLaw(target)];
    const file = options.file ?? (await sampleFile(target));
    const summary = await loadFile(target, laws, file);
    print(options, summary, () => describeLoad(summary));
    const incomplete = summary.laws.filter((law) => !law.complete);
    if (incomplete.length > 0) throw new UserError(incomplete.map(explainIncomplete).join("\n"));
    if (summary.bad > 0) process.exitCode = EXIT_BAD_LINES;
  });
}

async function loadFile(target: Target, laws: readonly string[], file: string): Promise<LoadSummary> {
  if (file !== "-" && !existsSync(file)) throw new UserError(`There is no file ${file}.`);
  if (file !== "-" && !statSync(file).isFile()) throw new UserError(`${file} is not a file.`);
  const { signal, release } = interruptible();
  const bar = progress("voters");
  try {
    return await loadRoll(target, {
      laws,
      source: file === "-" ? process.stdin : createReadStream(file, { highWaterMark: 1 << 18 }),
      signal,
      onProgress: bar.update,
      onBadLine: ({ line, reason }) => process.stderr.write(`line ${line}: ${reason}\n`),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError(
      "Interrupted. What was loaded stays; until the rest is loaded the votes of these laws may wait. Running the same command again completes it.",
      130,
    );
  } finally {
    bar.stop();
    release();
  }
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

async function sampleFile(target: Target): Promise<string> {
  if (target.stage === "prod") throw new UserError("The sample roll cannot be loaded on the stage prod: use --file.");
  const { credentialsFile } = target.address;
  if (!existsSync(credentialsFile)) await writeSampleCredentials(credentialsFile, SAMPLE_VOTERS);
  return credentialsFile;
}

function describeLoad(summary: LoadSummary): string {
  const lines = summary.laws.map(
    (law) => `${law.lawId}: ${law.loaded} loaded, ${law.known} already there, ${law.voters} on the roll now`,
  );
  return [...lines, `${summary.bad} bad lines`].join("\n");
}

function explainIncomplete(law: LawLoad): string {
  return (
    `The roll of ${law.lawId} has ${law.voters} voters in PostgreSQL but ${law.cached} in Redis, so its votes wait: ` +
    `run npm run ops -- rebuild-roll --law ${law.lawId}.`
  );
}
