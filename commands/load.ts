import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { CURVE_RATES, curvePage, curveText } from "../load/report/curve.ts";
import { mergeReports } from "../load/report/merge.ts";
import { LoadReport } from "../load/report/model.ts";
import { htmlPage, reportPage } from "../load/report/page.ts";
import { conditionsOf } from "../load/report/report.ts";
import { progressText, reportText } from "../load/report/text.ts";
import { serveLive } from "../load/run/live.ts";
import { LOAD_LAW, type LoadForm, makeRoll, refuseSealedRoll, SEALERS, VOTERS_FILE } from "../load/run/roll.ts";
import { runLoad } from "../load/run/run.ts";
import { SCENARIO_NAMES, scenarioOf } from "../load/run/scenarios.ts";
import { withTarget } from "../places/find-target.ts";
import { LAW_FORMS } from "../shared/domain/law.ts";
import { UserError } from "../terminal/errors.ts";
import { interruptible } from "../terminal/interruptible.ts";
import { fromJson, toJson } from "../terminal/json.ts";
import { wholeNumberOption } from "../terminal/options.ts";
import { print } from "../terminal/print.ts";
import { statusLine } from "../terminal/progress.ts";
import { type CommonOptions, withCommonOptions, withPlaceOptions } from "./common-options.ts";

interface Options extends CommonOptions, LoadForm {
  readonly votes?: number;
  readonly rate?: number;
  readonly duration?: number;
  readonly host?: string;
  readonly voters?: string;
  readonly law?: string;
  readonly mix: string;
  readonly out: string;
  readonly live?: true;
  readonly shard: string;
  readonly retries: number;
  readonly queue: "disk" | "memory";
}

/** `npm run load`. */
export function loadCommand(): Command {
  const program = new Command("npm run load --").description(
    "Sends votes to a stack with Artillery and reports latency, counted votes and their delay, CPU, memory, and the ledger. Without --host, --stage or --data it starts a local stack and stops it afterwards.",
  );
  const names = SCENARIO_NAMES.join(", ");
  withLoadOptions(
    program.command("run [scenario]", { isDefault: true }).description(`runs a load: ${names} (default: peak)`),
  )
    .option("--votes <n>", "how many votes", wholeNumberOption(1, 100_000_000))
    .option("--rate <n>", "votes per second", wholeNumberOption(1, 100_000))
    .option(
      "--duration <seconds>",
      "how long; together with --votes, the load ends at the first of the two",
      wholeNumberOption(1, 86_400),
    )
    .action((scenario: string | undefined, options: Options) => load(scenario ?? "peak", options));
  withLoadOptions(
    program
      .command("curve")
      .description(`runs loads of ${CURVE_RATES.join(", ")} votes/s one after the other and shows them on one page`),
  )
    .option("--duration <seconds>", "of each load", wholeNumberOption(1, 3_600), 20)
    .action(curve);
  withCommonOptions(
    program
      .command("prepare")
      .description(
        `makes, loads and seals the roll that artillery run load/*.yml needs, into the stack that runs (${VOTERS_FILE})`,
      )
      .option("--votes <n>", "how many voters", wholeNumberOption(1, 100_000_000), 100_000)
      .option("--law <id>", "the law they vote on, added when it is missing", LOAD_LAW),
  ).action(prepare);
  program
    .command("report <files...>")
    .description("merges the JSON reports of several machines: files that load wrote, or what load --json printed")
    .option("--out <directory>", "where the report is written", join("reports", "load"))
    .option("--json", "prints one line of JSON on standard output")
    .action(report);
  return program;
}

function withLoadOptions(command: Command): Command {
  const own = "a stack that it starts and stops";
  return withPlaceOptions(command, { stage: own, data: own })
    .option("--host <url>", "the address of a running stack")
    .option("--voters <file>", "with --host: the credentials whose roll is loaded there")
    .option("--law <id>", "with --host: the law to vote on")
    .option("--mix <shares>", "per cent, e.g. duplicates=1,unknown=0.5,malformed=0.5,receipts=1", mixOf, "")
    .addOption(
      new Option("--form <form>", "the form of the law that the load votes on; without it, the law has none").choices(
        LAW_FORMS,
      ),
    )
    .addOption(
      new Option("--sealed-by <who>", "with --form sealed: who seals the ballots; client: before the load")
        .choices(SEALERS)
        .default("client"),
    )
    .option("--out <directory>", "where the report is written", join("reports", "load"))
    .option("--live", "serves the report's page on loopback while the load runs")
    .option("--shard <i/n>", "which part of the roll this machine uses: part i of n", shardOf, "1/1")
    .option(
      "--retries <n>",
      "how often a vote that was refused with 429, 502, 503, 504 or not answered is sent again, with the same Idempotency-Key",
      wholeNumberOption(0, 20),
      0,
    )
    .addOption(
      new Option("--queue <where>", "where the queues of the stack that is started keep messages")
        .choices(["disk", "memory"])
        .default("memory"),
    );
}

/** The same parts as in load/processor.mjs, which reads them. */
const MIX_PART = /^(?:duplicates|unknown|malformed|receipts)=\d{1,3}(?:\.\d+)?$/;

function mixOf(text: string): string {
  const wrong = text.split(",").find((part) => part !== "" && !MIX_PART.test(part));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(
      `"${wrong}": use duplicates, unknown, malformed, receipts, as in duplicates=1,unknown=0.5.`,
    );
  }
  return text;
}

function shardOf(text: string): string {
  const [, index = "", machines = ""] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (!(Number(index) >= 1 && Number(index) <= Number(machines)))
    throw new InvalidArgumentError("use i/n, from 1/n to n/n.");
  return text;
}

async function load(name: string, options: Options): Promise<void> {
  const result = await runOne(name, options);
  const paths = await write(options.out, result.scenario, result, reportPage(result));
  print(options, result, () => `${reportText(result)}\n\nWritten: ${paths.join(", ")}`);
  if (!holds(result)) process.exitCode = 1;
}

async function runOne(name: string, options: Options): Promise<LoadReport> {
  const scenario = scenarioOf(name, options);
  const { signal, release } = interruptible();
  let latest: LoadReport | undefined;
  const page = (isPaused: boolean) => {
    const live = { everySeconds: 2, isPaused };
    return latest === undefined ? htmlPage("Load", "<p>Starting …</p>", live) : reportPage(latest, live);
  };
  const live = options.live === true ? await serveLive(page) : undefined;
  const line = statusLine();
  if (live !== undefined) line.say(`The report as it grows: ${live.url}`);
  try {
    return await runLoad({
      ...options,
      scenario,
      votersFile: options.voters,
      lawId: options.law,
      command: `npm run load -- ${process.argv.slice(2).join(" ")}`.replace(/ -- $/, ""),
      signal,
      say: line.say,
      onSecond: (report) => {
        latest = report;
        line.show(progressText(report));
      },
    });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    line.end();
    live?.stop();
    release();
  }
}

function holds(report: LoadReport): boolean {
  return conditionsOf(report).every((condition) => condition.ok);
}

async function write(directory: string, name: string, result: unknown, page: string): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const paths = [join(directory, `${name}.json`), join(directory, `${name}.html`)];
  await writeFile(paths[0] ?? "", `${toJson(result)}\n`);
  await writeFile(paths[1] ?? "", page);
  return paths;
}

async function curve(options: Options): Promise<void> {
  const reports: LoadReport[] = [];
  for (const rate of CURVE_RATES) {
    const name = rate > 1_000 ? "stress" : "peak";
    reports.push(await runOne(name, { ...options, rate }));
  }
  const paths = await write(options.out, "curve", reports, curvePage(reports));
  print(options, reports, () => `${curveText(reports)}\n\nWritten: ${paths.join(", ")}`);
  if (!reports.every(holds)) process.exitCode = 1;
}

async function prepare(options: CommonOptions & { votes: number; law: string }): Promise<void> {
  const { signal, release } = interruptible();
  try {
    await withTarget(options, async (target) => {
      await refuseSealedRoll(target, options.law);
      await mkdir(dirname(VOTERS_FILE), { recursive: true });
      await rm(VOTERS_FILE, { force: true });
      const request = {
        lawId: options.law,
        voters: options.votes,
        file: VOTERS_FILE,
        signal,
        onProgress: () => undefined,
      };
      const { seconds } = await makeRoll(target, request);
      print(options, { file: VOTERS_FILE, law_id: options.law, voters: options.votes, seconds }, () =>
        [
          `${options.votes} voters are on the roll of ${options.law}; their credentials are in ${VOTERS_FILE}.`,
          `Now: npx artillery run --target ${target.address.apiUrl} load/peak.yml`,
        ].join("\n"),
      );
    });
  } finally {
    release();
  }
}

async function report(files: readonly string[], options: { out: string; json?: true }): Promise<void> {
  const reports: LoadReport[] = [];
  for (const file of files) {
    if (!existsSync(file)) throw new UserError(`There is no file ${file}.`);
    const parsed = LoadReport.safeParse(fromJson(await readFile(file, "utf8")));
    if (!parsed.success) throw new UserError(`${file} is not a report of npm run load.`);
    reports.push(parsed.data);
  }
  const merged = mergeReports(reports);
  const paths = await write(options.out, "merged", merged, reportPage(merged));
  print(options, merged, () => `${reportText(merged)}\n\nWritten: ${paths.join(", ")}`);
  if (!holds(merged)) process.exitCode = 1;
}
