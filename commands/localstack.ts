import { Command, InvalidArgumentError } from "commander";
import { askLocalStack } from "../places/localstack/access.ts";
import { deploy, describeStack, destroy } from "../places/localstack/deploy.ts";
import { describeLocalStack } from "../places/localstack/describe.ts";
import { showLogs } from "../places/localstack/logs.ts";
import { STACK_NAME } from "../places/localstack/settings.ts";
import { type LocalStackState, readState, stateDirectory } from "../places/localstack/state.ts";
import { down, findAccess, up } from "../places/localstack/up.ts";
import { UserError } from "../terminal/errors.ts";
import { jsonObjectOption } from "../terminal/options.ts";
import { print } from "../terminal/print.ts";
import type { CommonOptions } from "./common-options.ts";

interface Options extends CommonOptions {
  readonly port?: number;
  readonly settings?: Record<string, unknown>;
  readonly lines?: string;
}

/** `npm run localstack`. */
export function localStackCommand(): Command {
  const program = new Command("npm run localstack --").description(
    "Runs the application on LocalStack: on one that answers, otherwise by Docker Compose, otherwise as processes of this machine.",
  );
  const subcommand = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option(
        "--data <directory>",
        "where state, logs and data are (default: REFERENDUM_LOCALSTACK_DATA or .localstack)",
      )
      .option("--json", "prints one line of JSON on standard output");
  subcommand("check", "says how this machine can run LocalStack; if it cannot, fails and says what to install").action(
    async (options: Options) => {
      const access = await findAccess();
      print(options, access, () => `LocalStack can be used: ${access.kind}.`);
    },
  );
  subcommand("up", "starts LocalStack, Redis and PostgreSQL, unless they answer already")
    .option("--port <number>", "the port of LocalStack; 0 starts a new one on a free port", parsePort)
    .action(runUp);
  subcommand("deploy", "does what up does, then deploys the application if it has changed, and migrates the database")
    .option("--port <number>", "as for up", parsePort)
    .option("--settings <json>", "settings to change, merged into those of the stage localstack", jsonObjectOption)
    .action(runDeploy);
  subcommand("status", "says what runs, where, and what is deployed").action(runStatus);
  subcommand("logs [source]", "shows the last lines: localstack, redis, postgres or a function such as validate")
    .option("--lines <number>", "how many lines", "100")
    .action((source: string | undefined, options: Options) => showLogs(startedIn(options), source, options));
  subcommand("destroy", "deletes the application from LocalStack").action(runDestroy);
  subcommand("down", "stops what up started, and nothing else").action(runDown);
  return program;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("use a port, 0 to 65535.");
  return port;
}

function startedIn(options: Options): { directory: string; state: LocalStackState } {
  const directory = stateDirectory(options.data);
  const state = readState(directory);
  if (state === undefined) throw new UserError("Nothing was started here: npm run localstack -- up.");
  return { directory, state };
}

async function runUp(options: Options): Promise<void> {
  const state = await up({ directory: stateDirectory(options.data), port: options.port });
  print(options, summaryOf(state), () => describeState(state));
}

async function runDeploy(options: Options): Promise<void> {
  const directory = stateDirectory(options.data);
  const running = await up({ directory, port: options.port });
  const { state, changed } = await deploy({ directory, state: running, settings: options.settings });
  const stack = await describeLocalStack(state, directory);
  print(options, { ...stack, changed }, () =>
    [
      changed
        ? `Deployed ${STACK_NAME}; the database is up to date.`
        : `${STACK_NAME} is deployed already and has not changed.`,
      `API: ${stack.api_url}`,
      `Try: curl ${stack.api_url}api/v1/health`,
      "A law and its roll: npm run laws -- add ID --title TEXT --stage localstack, " +
        "npm run voters -- load --sample --law ID --stage localstack, npm run voters -- seal ID --expect 1000 --stage localstack",
    ].join("\n"),
  );
}

async function runStatus(options: Options): Promise<void> {
  const { state } = startedIn(options);
  const info = await askLocalStack(state.endpoint);
  const stack = info === undefined ? undefined : await describeStack(state.endpoint, STACK_NAME);
  const result = { ...summaryOf(state), version: info?.version ?? null, stack_status: stack?.status ?? null };
  print(options, result, () =>
    [
      describeState(state),
      info === undefined ? "It does not answer." : `It answers: version ${info.version}.`,
      stack === undefined ? `${STACK_NAME} is not deployed.` : `${STACK_NAME}: ${stack.status}`,
    ].join("\n"),
  );
  if (info === undefined) process.exitCode = 1;
}

async function runDestroy(options: Options): Promise<void> {
  await destroy(startedIn(options));
  print(options, { destroyed: STACK_NAME }, () => `${STACK_NAME} is deleted.`);
}

async function runDown(options: Options): Promise<void> {
  const stopped = await down(stateDirectory(options.data));
  print(options, { stopped }, () =>
    stopped.length === 0 ? "Nothing was started here." : `Stopped: ${stopped.join(", ")}.`,
  );
}

/** The state without passwords, so that it may be printed. */
function summaryOf(state: LocalStackState) {
  const { endpoint, access, started, redis_url } = state;
  return { endpoint, access, redis_url, postgres: new URL(state.postgres_url).host, started: Object.keys(started) };
}

const ACCESS = {
  answering: "which answered already",
  docker: "by docker-compose.localstack.yml",
  process: "as a process of this machine",
};

function describeState(state: LocalStackState): string {
  const { endpoint, access, redis_url, postgres } = summaryOf(state);
  return `LocalStack at ${endpoint}, ${ACCESS[access]}. Redis at ${redis_url}, PostgreSQL at ${postgres}.`;
}
