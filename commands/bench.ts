import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { Command, Option } from "commander";
import { credentialsIn } from "../load/run/credentials.ts";
import { makeRoll } from "../load/run/roll.ts";
import { makeTemporaryDirectory } from "../machine/temporary-directory.ts";
import { existingLaws } from "../operations/laws/existing-laws.ts";
import { findTarget } from "../places/find-target.ts";
import { startStack } from "../places/local/starter.ts";
import type { Target } from "../places/target.ts";
import { benchIngest } from "../proving/bench/ingest.ts";
import { type Measurement, summarize } from "../proving/bench/measure.ts";
import { measurePages } from "../proving/bench/pages.ts";
import { benchPromises } from "../proving/bench/promises.ts";
import { benchPublicLog } from "../proving/bench/public-log.ts";
import { measureRates } from "../proving/bench/rate-runs.ts";
import { OPEN_THROTTLES } from "../proving/bench/rates.ts";
import { BenchReport, benchText, holds } from "../proving/bench/report.ts";
import { benchSealing } from "../proving/bench/sealing.ts";
import { benchSecondHalf } from "../proving/bench/second-half.ts";
import { benchAggregate, benchValidate, redisBytes } from "../proving/bench/stages.ts";
import { voteMessages } from "../proving/bench/votes.ts";
import { voterHash } from "../shared/domain/voter-hash.ts";
import { UserError } from "../terminal/errors.ts";
import { interruptible } from "../terminal/interruptible.ts";
import { fromJson, toJson } from "../terminal/json.ts";
import { wholeNumberOption } from "../terminal/options.ts";
import { print } from "../terminal/print.ts";

const PARTS = ["all", "rates", "stages", "pages", "log"] as const;
/** Submissions in the log that is measured. */
const LOG_ENTRIES = { usual: 100_000, full: 8_000_000 };

interface Options {
  readonly rounds: number;
  readonly votes: number;
  readonly part: (typeof PARTS)[number];
  readonly full?: true;
  readonly compare?: string;
  readonly out: string;
  readonly json?: true;
}

/** `npm run bench`. */
export function benchCommand(): Command {
  return new Command("npm run bench --")
    .description(
      "Starts a local stack and measures each stage alone, then check and tally from a full queue, then votes of each form and reads at fixed rates, then how soon the voting page can be used on a slow phone, as the median of several rounds, and then a large public log once. Exit code 1 if something takes too long.",
    )
    .option("--rounds <n>", "how often each stage is measured", wholeNumberOption(1, 100), 3)
    .option(
      "--votes <n>",
      "accepted votes in the queue when check and tally start",
      wholeNumberOption(1_000, 10_000_000),
      100_000,
    )
    .addOption(
      new Option(
        "--part <part>",
        "what is measured: latencies at fixed rates, what stages can do, how soon the voting page is usable, or the public log",
      )
        .choices(PARTS)
        .default("all"),
    )
    .option(
      "--full",
      "also with 100 laws, rolls of 1 and 8 million voters, and a log of 8 million submissions: takes half an hour and 12 GB of disk",
    )
    .option("--compare <file>", "the JSON of an earlier run: prints how many times faster each stage is now")
    .option("--out <file>", "where the JSON goes", join("reports", "bench.json"))
    .option("--json", "prints one line of JSON on standard output")
    .action(bench);
}

async function bench(options: Options): Promise<void> {
  const earlier = options.compare === undefined ? undefined : await readReport(options.compare);
  const { signal, release } = interruptible();
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const startedAt = new Date().toISOString();
  const measurements: Measurement[] = [];
  const work = await makeTemporaryDirectory("bench");
  say("Starting a local stack, queues in memory …");
  const stack = await startStack({ queue: "memory", settings: OPEN_THROTTLES });
  let target: Target | undefined;
  try {
    target = await findTarget({ data: stack.description.data_dir });
    const add = (one: Measurement) => void measurements.push(one);
    // First, as what comes later leaves much in the stores.
    if (options.part === "all" || options.part === "pages") {
      say("the voting page …");
      const page = await measurePages(target, stack.description.api_url, 2 * options.rounds + 1);
      if (page === undefined) say("There is no Chromium on this machine: the voting page was not measured.");
      else add(page);
    }
    if (options.part === "all" || options.part === "rates") {
      await measureRates({ target, url: stack.description.api_url, work, rounds: options.rounds, signal, say, add });
    }
    if (options.part === "all" || options.part === "stages") {
      await measureAll(target, work, options, signal, say, add);
      say("ingest …");
      measurements.unshift(...(await benchIngest(10_000, options.rounds)));
      say("sealed ballots …");
      for (const one of await benchSealing(10_000, options.rounds)) add(one);
      say("promises …");
      for (const one of await benchPromises(10_000, options.rounds)) add(one);
    }
    if (options.part === "all" || options.part === "log") {
      const entries = options.full === true ? LOG_ENTRIES.full : LOG_ENTRIES.usual;
      say(`a public log of ${entries.toLocaleString("en")} submissions …`);
      const url = stack.description.api_url;
      for (const one of await benchPublicLog({ target, url, work, entries, signal, say })) add(one);
    }
  } finally {
    await target?.close();
    await stack.stop();
    await rm(work, { recursive: true, force: true });
    release();
  }
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${gibibytes} GiB, Node ${process.versions.node}`;
  const report: BenchReport = { v: 1, startedAt, machine, measurements };
  await mkdir(dirname(options.out), { recursive: true });
  await writeFile(options.out, `${toJson(report)}\n`);
  print(
    options.json === true ? { json: true } : {},
    report,
    () => `${benchText(report, earlier)}\n\nWritten: ${options.out}`,
  );
  process.exitCode = holds(report) ? 0 : 1;
}

/** How many votes one round has, for stages that are measured in this process. */
const STAGE_VOTES = 10_000;

async function measureAll(
  target: Target,
  work: string,
  options: Options,
  signal: AbortSignal,
  say: (text: string) => void,
  add: (one: Measurement) => void,
): Promise<void> {
  const { rounds } = options;
  const rolls = options.full === true ? [10_000, 100_000, 1_000_000, 8_000_000] : [10_000, 100_000];
  for (const [index, voters] of rolls.entries()) {
    signal.throwIfAborted();
    say(`a roll of ${voters.toLocaleString("en")} voters …`);
    const lawId = `BENCH-ROLL-${index}`;
    const { loaded, hashes } = await rollOf(
      target,
      lawId,
      voters,
      join(work, `${lawId}.csv`),
      signal,
      3 * rounds * 1_000,
    );
    add(loaded);
    const messages = await messagesOf(
      target,
      lawId,
      hashes,
      2 * rounds,
      Math.min(1_000, Math.floor(voters / (2 * rounds))),
    );
    add(
      renamed(
        await benchValidate(target, messages.slice(0, rounds)),
        `validate, roll of ${voters.toLocaleString("en")}`,
      ),
    );
    add(
      renamed(
        await benchAggregate(target, messages.slice(rounds)),
        `aggregate, roll of ${voters.toLocaleString("en")}`,
      ),
    );
  }
  for (const laws of options.full === true ? [1, 10, 100] : [1, 10]) {
    signal.throwIfAborted();
    say(`${laws} laws of 10,000 voters …`);
    const all: string[][] = Array.from({ length: 2 * rounds }, () => []);
    for (let law = 0; law < laws; law++) {
      const lawId = `BENCH-LAW-${laws}-${law}`;
      const { hashes } = await rollOf(target, lawId, 10_000, join(work, `${lawId}.csv`), signal, 10_000);
      const perRound = Math.floor(Math.min(STAGE_VOTES / laws, 10_000 / (2 * rounds)));
      for (const [index, bodies] of (await messagesOf(target, lawId, hashes, 2 * rounds, perRound)).entries()) {
        all[index]?.push(...bodies);
      }
    }
    // Votes of many laws, mixed.
    for (const bodies of all) bodies.sort(() => Math.random() - 0.5);
    add(renamed(await benchValidate(target, all.slice(0, rounds)), `validate, ${laws} laws of 10,000`));
    add(renamed(await benchAggregate(target, all.slice(rounds)), `aggregate, ${laws} laws of 10,000`));
  }
  say(`the second half, ${options.votes.toLocaleString("en")} votes …`);
  const wanted = options.votes * rounds;
  const { hashes } = await rollOf(target, "BENCH-HALF", wanted, join(work, "half.csv"), signal, wanted);
  const messages = await messagesOf(target, "BENCH-HALF", hashes, rounds, options.votes);
  add(await benchSecondHalf(target, "BENCH-HALF", messages));
}

function renamed(one: Measurement, name: string): Measurement {
  return { ...one, name };
}

/** Makes and loads a roll; the first `keep` voters' hashes come back. */
async function rollOf(target: Target, lawId: string, voters: number, file: string, signal: AbortSignal, keep: number) {
  const [redisBefore, diskBefore] = [await redisBytes(target), await rollDiskBytes(target)];
  const { seconds, fileBytes } = await makeRoll(target, { lawId, voters, file, signal, onProgress: () => undefined });
  const more = {
    "bytes per voter in Redis": ((await redisBytes(target)) - redisBefore) / voters,
    "in PostgreSQL": ((await rollDiskBytes(target)) - diskBefore) / voters,
    "in the file": fileBytes / voters,
  };
  const [law] = await existingLaws(target, [lawId]);
  const pepper = (await target.keys()).pepper(law?.pepperId);
  const hashes = (await credentialsIn(file, keep)).map(([nas, code]) => voterHash(nas, code, lawId, pepper));
  const name = `roll of ${voters.toLocaleString("en")} loaded`;
  return { loaded: summarize(name, voters, [{ seconds, cpuMs: 0 }], more, "voters"), hashes };
}

async function rollDiskBytes(target: Target): Promise<number> {
  const { rows } = await target.pool.query<{ bytes: string }>(
    "select pg_total_relation_size('voter_roll')::text as bytes",
  );
  return Number(rows[0]?.bytes ?? 0);
}

async function messagesOf(target: Target, lawId: string, hashes: readonly Buffer[], rounds: number, perRound: number) {
  const [law] = await existingLaws(target, [lawId]);
  if (law === undefined) throw new UserError(`There is no law ${lawId}.`);
  const keys = await target.requestIdKeys();
  return Array.from({ length: rounds }, (_, round) =>
    voteMessages(law, hashes.slice(round * perRound, (round + 1) * perRound), keys),
  );
}

async function readReport(file: string): Promise<BenchReport> {
  if (!existsSync(file)) throw new UserError(`There is no file ${file}.`);
  const parsed = BenchReport.safeParse(fromJson(await readFile(file, "utf8")));
  if (!parsed.success) throw new UserError(`${file} is not a report of npm run bench.`);
  return parsed.data;
}
