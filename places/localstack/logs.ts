import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FUNCTION_NAMES } from "../../infra/functions.ts";
import { runProgram } from "../../machine/programs.ts";
import { UserError } from "../../terminal/errors.ts";
import { filterLogEvents } from "./log-events.ts";
import { COMPOSE_FILE } from "./settings.ts";
import type { LocalStackState } from "./state.ts";

const SERVERS = ["localstack", "redis", "postgres"];

/**
 * Prints the end of a log.
 *
 * @param started the state that `up` wrote
 * @param source a server or a function; default: localstack
 * @param options how many lines
 * @throws UserError when there is no such log
 */
export async function showLogs(
  started: { readonly directory: string; readonly state: LocalStackState },
  source = "localstack",
  options: { readonly lines?: string } = {},
): Promise<void> {
  const lines = Number(options.lines ?? 100);
  if (!Number.isInteger(lines) || lines < 1) throw new UserError("--lines takes a whole number of at least 1.", 2);
  const print = (text: readonly string[]) => process.stdout.write(`${text.slice(-lines).join("\n")}\n`);
  if (FUNCTION_NAMES.some((name) => name === source)) {
    print(await functionLog(started.state.endpoint, source));
    return;
  }
  if (!SERVERS.includes(source)) {
    throw new UserError(`There is no log of ${source}: use one of ${[...SERVERS, ...FUNCTION_NAMES].join(", ")}.`, 2);
  }
  if (started.state.started.compose === true) {
    const { tail } = await runProgram("docker", ["compose", "-f", COMPOSE_FILE, "logs", "--tail", `${lines}`, source]);
    print(tail);
    return;
  }
  const file = join(started.directory, "logs", `${source}.log`);
  if (!existsSync(file)) throw new UserError(`${source} was not started here, so its log is elsewhere.`);
  print(readFileSync(file, "utf8").trimEnd().split("\n"));
}

async function functionLog(endpoint: string, name: string): Promise<string[]> {
  const events = await filterLogEvents(endpoint, name);
  if (events === undefined) {
    throw new UserError(`LocalStack has no log of ${name}: it was not called yet, or is not deployed.`);
  }
  return events.map(({ message }) => message.trimEnd());
}
