/** `npm start`: the whole system on this machine. */
import { constants } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { explain } from "../commands/cli.ts";
import { onStopSignals } from "../commands/stop-signals.ts";
import { announce } from "../infra/local/announce.ts";
import { stderrProgress } from "../infra/local/progress.ts";
import { type StartOptions, Supervisor } from "../infra/local/supervisor.ts";

interface Options {
  readonly port: number;
  readonly data: string;
  readonly fresh: boolean;
  readonly queue: StartOptions["queue"];
  readonly settings: string;
  readonly sample: boolean;
  readonly json: boolean;
}

const program = new Command("npm start --")
  .description("Runs the whole system on this machine until Ctrl-C.")
  .option("--port <number>", "port of the API; 0 takes any that is free", portOf, 8000)
  .option("--data <directory>", "where everything is kept", process.env.REFERENDUM_DATA || ".local")
  .option("--fresh", "forgets what an earlier start kept", false)
  .addOption(
    new Option("--queue <where>", "where queued messages are kept").choices(["disk", "memory"]).default("disk"),
  )
  .option("--settings <json>", 'overrides settings of the stage, e.g. \'{"api":{"throttleRate":20}}\'', jsonOf, "{}")
  .option("--no-sample", "adds no sample law and no sample roll")
  .option("--json", "prints one line of JSON on standard output when ready", false)
  .action(start);
await program.parseAsync();

async function start(options: Options): Promise<void> {
  const supervisor = new Supervisor(
    { ...options, dataDir: options.data, port: options.port },
    stderrProgress,
    (why) => void stop(supervisor, `Stopping: ${why}`, 1),
  );
  let asked = false;
  onStopSignals((signal, insisted) => {
    asked = true;
    if (!insisted) void stop(supervisor, "Stopping; what runs is finished first (once more: at once)", 0);
    else {
      supervisor.kill();
      process.exit(128 + constants.signals[signal]);
    }
  });
  // Whoever started this with a channel to it (a test) and is gone needs no stack any more.
  process.on("disconnect", () => void stop(supervisor, "Stopping: the process that started this has ended", 0));
  // A reader of the output that is gone is no reason to end.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  const startedAt = performance.now();
  try {
    const description = await supervisor.start();
    if (options.json) process.stdout.write(`${JSON.stringify(description)}\n`);
    else process.stdout.write(await announce(description, (performance.now() - startedAt) / 1000));
  } catch (error) {
    if (asked) return;
    if (process.env.REFERENDUM_DEBUG !== undefined) console.error(error);
    await stop(supervisor, explain(error), 1);
  }
}

async function stop(supervisor: Supervisor, why: string, code: number): Promise<void> {
  process.stderr.write(`${why}\n`);
  try {
    await supervisor.stop();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    supervisor.kill();
  }
  process.exit(code);
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("a port is a number from 0 to 65535.");
  return port;
}

function jsonOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("not an object");
    return text;
  } catch (error) {
    throw new InvalidArgumentError(`not a JSON object: ${error instanceof Error ? error.message : error}`);
  }
}
