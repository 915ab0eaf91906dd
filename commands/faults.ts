import { mkdir, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { dirname } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { FaultScenario } from "../proving/faults/model.ts";
import { type FaultsReport, faultsText, holds, progressText } from "../proving/faults/report.ts";
import { runFaults } from "../proving/faults/run.ts";
import { SCENARIOS } from "../proving/faults/scenarios/index.ts";
import { interruptible } from "../terminal/interruptible.ts";
import { toJson } from "../terminal/json.ts";
import { wholeNumberOption } from "../terminal/options.ts";
import { print } from "../terminal/print.ts";

interface Options {
  readonly minutes?: number;
  readonly seed?: number;
  readonly rate: number;
  readonly only?: readonly FaultScenario[];
  readonly list?: true;
  /** A file, or true for standard output. */
  readonly json?: string | true;
}

/** `npm run faults`. */
export function faultsCommand(): Command {
  return new Command("npm run faults --")
    .description(
      "Starts a local stack and sends votes. Meanwhile it kills, stops and freezes processes, fills disks and sets clocks wrong, and compares what was counted with what was accepted. Exit code 1: something is wrong.",
    )
    .option(
      "--minutes <n>",
      "chooses faults at random for this long; without it, tries each fault once",
      wholeNumberOption(1),
    )
    .option("--seed <n>", "repeats a run: the same faults at the same votes (default: another each time)", seedOf)
    .option("--rate <n>", "votes per second", wholeNumberOption(1, 1_000), 200)
    .option("--only <names>", "these faults only, separated by commas", scenariosOf)
    .option("--list", "names the faults and ends")
    .option("--json [file]", "writes the report as JSON to a file, or in one line to standard output")
    .action(faults);
}

const seedOf = wholeNumberOption(0, 2 ** 31 - 1);

function scenariosOf(text: string): readonly FaultScenario[] {
  return text.split(",").map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name.trim());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`there is no fault "${name}": use ${SCENARIOS.map((one) => one.name).join(", ")}.`);
  });
}

async function faults(options: Options): Promise<void> {
  const output = options.json === true ? { json: true } : {};
  if (options.list === true) {
    const list = SCENARIOS.map(({ name, does, votes, mistake }) => ({ name, does, votes, mistake }));
    print(output, list, () => list.map(({ name, does }) => `${name.padEnd(20)}${does}`).join("\n"));
    return;
  }
  const { signal, release } = interruptible();
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  const startedAt = new Date().toISOString();
  say(`Seed ${seed}: --seed ${seed} does the same again.`);
  try {
    const outcomes = await runFaults({
      scenarios: options.only ?? SCENARIOS,
      seed,
      rate: options.rate,
      minutes: options.minutes,
      signal,
      say,
      onOutcome: (outcome) => say(progressText(outcome)),
    });
    const gibibytes = Math.round(totalmem() / 2 ** 30);
    const machine = `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${gibibytes} GiB, Node ${process.versions.node}`;
    const report: FaultsReport = { v: 1, startedAt, machine, seed, rate: options.rate, outcomes };
    if (typeof options.json === "string") {
      await mkdir(dirname(options.json), { recursive: true });
      await writeFile(options.json, `${toJson(report)}\n`);
    }
    print(output, report, () => faultsText(report));
    if (!outcomes.every(holds)) process.exitCode = 1;
  } finally {
    release();
  }
}
