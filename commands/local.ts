import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { dataDirectory } from "../places/find-target.ts";
import { announce } from "../places/local/announce.ts";
import { runLocalStack } from "../places/local/run.ts";
import type { StartOptions } from "../places/local/supervisor.ts";
import { onPlace } from "../terminal/on-place.ts";

interface Options {
  readonly port: number;
  readonly data: string;
  readonly fresh: boolean;
  readonly queue: StartOptions["queue"];
  readonly settings: string;
  readonly sample: boolean;
  readonly json: boolean;
}

/** `npm start`: the whole system on this machine. */
export function localCommand(): Command {
  return new Command("npm start --")
    .description("Runs the whole system on this machine until Ctrl-C.")
    .option("--port <number>", "port of the API; 0 takes any that is free", portOf, 8000)
    .option("--data <directory>", "where everything is kept", process.env.REFERENDUM_DATA || ".local")
    .option("--fresh", "deletes the data of earlier starts first", false)
    .addOption(
      new Option("--queue <where>", "where queued messages are kept").choices(["disk", "memory"]).default("disk"),
    )
    .option("--settings <json>", 'overrides settings of the stage, e.g. \'{"api":{"throttleRate":20}}\'', jsonOf, "{}")
    .option("--no-sample", "adds no sample law and no sample roll")
    .option("--json", "prints one line of JSON on standard output when ready", false)
    .action(start);
}

function start({ data, json, ...options }: Options): Promise<void> {
  return runLocalStack({ ...options, dataDir: data }, async (stack, seconds, usersEnvironment) => {
    // Other commands find the usual directory by themselves.
    const place = resolve(data) === dataDirectory() ? {} : { data };
    const text = json ? `${JSON.stringify(stack)}\n` : onPlace(await announce(stack, seconds, usersEnvironment), place);
    process.stdout.write(text);
  });
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
