import { Command } from "commander";
import { BASELINES, crashPairs, crashPoints, historyOf } from "../proving/simulation/crash-points.ts";
import type { History } from "../proving/simulation/history.ts";
import { type Caught, tryMutant } from "../proving/simulation/mutant-run.ts";
import { MUTANTS } from "../proving/simulation/mutants.ts";
import { randomHistory } from "../proving/simulation/random-history.ts";
import { simulate } from "../proving/simulation/run.ts";
import { tell } from "../proving/simulation/timeline.ts";
import { interruptible } from "../terminal/interruptible.ts";
import { wholeNumberOption } from "../terminal/options.ts";
import { print } from "../terminal/print.ts";
import { type Progress, progress } from "../terminal/progress.ts";
import { table } from "../terminal/table.ts";

interface Options {
  readonly histories: number;
  readonly seed: number;
  readonly crashPoints: boolean;
  readonly pairs?: true;
  readonly mutants?: true;
  readonly search?: true;
  readonly json?: true;
}

/** How many random histories a search tries before it gives up on a mutant. */
const SEARCH = 200_000;

/** `npm run simulate`. */
export function simulateCommand(): Command {
  return new Command("npm run simulate --")
    .description(
      "Runs the rules and handlers of the system on simulated servers that fail, first at every step of some histories, then at random. Exit code 1: something is wrong; the command shows it in the smallest history that it finds.",
    )
    .option("--histories <n>", "random histories", wholeNumberOption(0), 10_000)
    .option(
      "--seed <n>",
      "seed of the first random history; the others have the seeds after it",
      wholeNumberOption(0),
      1,
    )
    .option("--no-crash-points", "random histories only, as when one of them is repeated")
    .option("--pairs", "also every pair of crashes in one history")
    .option("--mutants", "runs the system with deliberate mistakes instead; the seed of each must catch it")
    .option("--search", "with --mutants: looks for the first seed that catches each mistake")
    .option("--json", "prints the result as one line of JSON")
    .action(async (options: Options) => {
      const { signal, release } = interruptible();
      try {
        await (options.mutants === true ? mutants(options, signal) : histories(options, signal));
      } finally {
        release();
      }
    });
}

/** The number of simulated histories and steps, and the time they took. */
interface Summary {
  histories: number;
  steps: number;
  accepted: number;
}

async function histories(options: Options, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const summary: Summary = { histories: 0, steps: 0, accepted: 0 };
  const failure =
    (options.crashPoints
      ? await tryAll("crash points", everyCrashPoint(options.pairs === true), summary, signal)
      : undefined) ?? (await tryAll("histories", randomHistories(options), summary, signal, options.histories));
  const seconds = (performance.now() - startedAt) / 1000;
  const rate = Math.round(summary.histories / Math.max(seconds, 0.001));
  const result = { ...summary, seconds: Number(seconds.toFixed(1)), rate, right: failure === undefined };
  print(options, { ...result, ...(failure === undefined ? {} : { failure }) }, () =>
    [
      ...(failure === undefined ? [] : [failure, ""]),
      `${summary.histories} histories, ${summary.steps} steps, ${summary.accepted} accepted votes in ` +
        `${result.seconds} s (${rate} histories/s).`,
      ...(failure === undefined
        ? ["Every accepted vote was counted exactly once or has a recorded reason; the ledger was clean after each."]
        : []),
    ].join("\n"),
  );
  if (failure !== undefined) process.exitCode = 1;
}

interface Trial {
  /** The options that repeat it. */
  readonly name: string;
  readonly history: History;
}

async function* everyCrashPoint(pairs: boolean): AsyncGenerator<Trial> {
  for (const [name, baseline] of Object.entries(BASELINES)) {
    for (const history of await crashPoints(baseline)) yield { name: nameOf(name, history), history };
    if (!pairs) continue;
    for await (const history of crashPairs(baseline)) yield { name: nameOf(name, history), history };
  }
}

function nameOf(baseline: string, { faults }: History): string {
  return `"${baseline}" with ${faults.map(({ step, kind }) => `${kind} step ${step}`).join(" and ")}`;
}

async function* randomHistories({ seed, histories: count }: Options): AsyncGenerator<Trial> {
  for (let next = seed; next < seed + count; next++) {
    yield { name: `--seed ${next} --histories 1`, history: randomHistory(next) };
  }
}

/** @returns the story of the first failure */
async function tryAll(
  what: string,
  trials: AsyncIterable<Trial>,
  summary: Summary,
  signal: AbortSignal,
  total?: number,
): Promise<string | undefined> {
  const shown: Progress = progress(what, total);
  let done = 0;
  try {
    for await (const { name, history } of trials) {
      signal.throwIfAborted();
      const { findings, stepCount, accepted } = await simulate(history);
      summary.histories += 1;
      summary.steps += stepCount;
      summary.accepted += accepted;
      done += 1;
      shown.update(done);
      // Ctrl-C is noticed only between two turns of the event loop, and a simulation never ends its turn by itself.
      if (done % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (findings.length > 0) return await tell(history, name);
    }
    return undefined;
  } finally {
    shown.stop();
  }
}

interface MutantRow extends Caught {
  readonly name: string;
  readonly mistake: string;
  /** Whether the system without the mistake passes the same history. */
  readonly right: boolean;
}

async function mutants(options: Options, signal: AbortSignal): Promise<void> {
  const shown = progress("mutants", MUTANTS.length);
  const rows: MutantRow[] = [];
  for (const [index, mutant] of MUTANTS.entries()) {
    shown.update(index);
    const isSearched = options.search === true && typeof mutant.seed === "number";
    const [from, count] = isSearched ? [options.seed, SEARCH] : [mutant.seed, 1];
    const caught = await tryMutant(mutant, from, count, signal);
    const { findings } = await simulate(historyOf(caught.seed ?? mutant.seed));
    rows.push({ name: mutant.name, mistake: mutant.mistake, ...caught, right: findings.length === 0 });
  }
  shown.stop();
  const missed = rows.filter((row) => row.seed === undefined || !row.right);
  print(options, rows, () =>
    [
      table([
        ["mutant", "caught by", "found", "without the mistake"],
        ...rows.map((row) => [
          row.name,
          row.seed === undefined ? "NOT CAUGHT" : String(row.seed),
          withoutIds(row.findings[0] ?? ""),
          row.right ? "right" : "WRONG",
        ]),
      ]),
      "",
      `${rows.length - missed.length} of ${rows.length} mistakes are caught.`,
    ].join("\n"),
  );
  if (missed.length > 0) process.exitCode = 1;
}

/** A request id or a hash is 40 characters that mean nothing to a reader here. */
function withoutIds(finding: string): string {
  return finding.replaceAll(/:? [\w-]{40,}(, [\w-]{40,})*/g, "");
}
