import { rmSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { freePort } from "../../machine/ports.ts";
import { processExists } from "../../machine/processes.ts";
import { waitUntil } from "../../shared/runtime/wait.ts";
import { UserError } from "../../terminal/errors.ts";
import { dataDirOf, makeDataDir, makeRoot } from "../local/data-dir.ts";
import { redisUrlsOf } from "../local/services/redis.ts";
import { withoutUsersServers } from "../stack-environment.ts";
import { askLocalStack, chooseAccess, type LocalStackAccess } from "./access.ts";
import { composeDown, composeUp, dockerEngineAnswers } from "./compose.ts";
import { findLocalStackPython, installLocalStack, localStackPython } from "./python.ts";
import { startDetached, startPostgres, startRedis, stopPostgres, stopProcess, urlOf } from "./servers.ts";
import { DEFAULT_ENDPOINT, hostSettings, LOCALSTACK_PORT, LOCALSTACK_VERSION } from "./settings.ts";
import { composeState, type LocalStackState, readState, removeState, writeState } from "./state.ts";

export interface UpOptions {
  /** The state's directory. */
  readonly directory: string;
  /** The port of a LocalStack that is started here. With 0, it is a free port, and no running LocalStack is used. */
  readonly port?: number | undefined;
}

const START_TIMEOUT_MS = 90_000;
const ASK_EVERY_MS = 200;
const CONNECT_TIMEOUT_MS = 1_000;

/**
 * Finds or starts LocalStack, and Redis and PostgreSQL beside it.
 *
 * @param options the folder of the state
 * @returns the state after the start
 * @throws UserError naming what to install, or what did not start and its log
 */
export async function up(options: UpOptions): Promise<LocalStackState> {
  const before = readState(options.directory);
  if (before !== undefined && (await stillRuns(before))) return before;
  if (before !== undefined) await down(options.directory);
  const access = await findAccess(options.port);
  if (access.kind === "answering") await checkVersion(access.endpoint);
  return await open(access, options);
}

/**
 * Finds out how this machine can get a LocalStack.
 *
 * @param port with 0, a new one, even if another one answers
 * @throws UserError saying what to install
 */
export async function findAccess(port?: number): Promise<LocalStackAccess> {
  const named = process.env["AWS_ENDPOINT_URL"];
  const endpoints = port === 0 ? [] : [...(named ? [named] : []), DEFAULT_ENDPOINT];
  return await chooseAccess({
    endpoints,
    answers: askLocalStack,
    dockerEngine: dockerEngineAnswers,
    python: findLocalStackPython,
  });
}

async function open(access: LocalStackAccess, options: UpOptions): Promise<LocalStackState> {
  const { directory } = options;
  if (access.kind === "docker") {
    const state = { ...composeState(DEFAULT_ENDPOINT, "docker"), started: { compose: true as const } };
    writeState(directory, state);
    await composeUp();
    return state;
  }
  if (access.kind === "answering" && (access.inDocker || process.env["REDIS_URL"] || process.env["DATABASE_URL"])) {
    const state = composeState(access.endpoint, "answering");
    await Promise.all([mustAccept("Redis", state.redis_url), mustAccept("PostgreSQL", state.postgres_url)]);
    writeState(directory, state);
    return state;
  }
  return await startHere(access, options);
}

/** LocalStack as a process of this machine, or one that answered and is one: servers beside it on loopback. */
async function startHere(
  access: Exclude<LocalStackAccess, { kind: "docker" }>,
  options: UpOptions,
): Promise<LocalStackState> {
  const { directory } = options;
  await makeRoot(dataDirOf(directory));
  if (access.kind === "process") await installLocalStack(access.python);
  // The data of an earlier one need passwords that nobody knows any more.
  rmSync(join(directory, "postgres"), { recursive: true, force: true });
  await makeDataDir(dataDirOf(directory));
  const redis = await startRedis(directory);
  const postgres = await startPostgres(directory);
  const redisUrl = `redis://127.0.0.1:${redis.port}`;
  const state: LocalStackState = {
    endpoint: access.kind === "answering" ? access.endpoint : "http://127.0.0.1",
    access: access.kind,
    redis_url: redisUrl,
    postgres_url: urlOf(postgres),
    functions_redis_urls: redisUrlsOf(redis.port, redis.passwords),
    functions_postgres_url: urlOf(postgres),
    started: { redis, postgres },
  };
  writeState(directory, state);
  if (access.kind === "answering") return state;
  const port = options.port === 0 || options.port === undefined ? await portFor(options.port) : options.port;
  const log = join(directory, "logs", "localstack.log");
  const environment = hostSettings(port, join(directory, "localstack"), process.execPath);
  // The functions would inherit an endpoint or a profile of this process.
  const inherited = withoutUsersServers(process.env);
  const pid = startDetached(localStackPython(), ["-m", "localstack.runtime.main"], log, {
    ...inherited,
    ...environment,
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const complete = { ...state, endpoint, started: { ...state.started, localstack: { pid, log } } };
  writeState(directory, complete);
  process.stderr.write(`Starting LocalStack ${LOCALSTACK_VERSION} at ${endpoint}.\n`);
  try {
    let exists = true;
    await waitUntil(
      "LocalStack answers",
      async () => {
        exists = processExists(pid);
        return !exists || (await askLocalStack(endpoint)) !== undefined;
      },
      { withinMs: START_TIMEOUT_MS, everyMs: ASK_EVERY_MS },
    );
    if (!exists) throw new Error("its process has ended");
  } catch (error) {
    await down(directory);
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`LocalStack did not start (${reason}); ${log} says why.`);
  }
  return complete;
}

async function portFor(asked: number | undefined): Promise<number> {
  if (asked === 0) return await freePort();
  const taken = await accepts("127.0.0.1", LOCALSTACK_PORT);
  if (!taken) return LOCALSTACK_PORT;
  const port = await freePort();
  process.stderr.write(`Port ${LOCALSTACK_PORT} is taken by something that is not LocalStack; using ${port}.\n`);
  return port;
}

async function checkVersion(endpoint: string): Promise<void> {
  const info = await askLocalStack(endpoint);
  if (info !== undefined && !info.version.startsWith(LOCALSTACK_VERSION)) {
    process.stderr.write(
      `LocalStack ${info.version} answers at ${endpoint}; this was tried with ${LOCALSTACK_VERSION}.\n`,
    );
  }
}

async function mustAccept(name: string, url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  if (await accepts(hostname, Number(port))) return;
  throw new UserError(
    `LocalStack answers but ${name} does not at ${hostname}:${port}. Start it with ` +
      "docker compose -f docker-compose.localstack.yml up -d --wait, or say where it is with REDIS_URL and DATABASE_URL.",
  );
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createConnection({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (answer: boolean) => () => {
      socket.destroy();
      done(answer);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}

/** Whether everything in the state is still running, so that `up` has nothing to do. */
async function stillRuns(state: LocalStackState): Promise<boolean> {
  const pids = [state.started.localstack, state.started.redis, state.started.postgres].map((one) => one?.pid);
  if (pids.some((pid) => pid !== undefined && !processExists(pid))) return false;
  return (await askLocalStack(state.endpoint)) !== undefined;
}

/**
 * Restarts PostgreSQL, which resembles a failover: connections break, and committed transactions stay.
 *
 * @param directory the state's directory
 * @throws UserError when `up` did not start it
 */
export async function restartPostgres(directory: string): Promise<void> {
  const state = readState(directory);
  const before = state?.started.postgres;
  if (state === undefined || before === undefined) {
    throw new UserError("PostgreSQL was not started by npm run localstack -- up; restart it where it runs.");
  }
  await stopPostgres(before);
  const postgres = await startPostgres(directory, before);
  writeState(directory, { ...state, started: { ...state.started, postgres } });
}

/**
 * Stops what `up` started, and nothing else.
 *
 * @param directory the state's directory
 * @returns the names of the stopped servers
 */
export async function down(directory: string): Promise<string[]> {
  const state = readState(directory);
  if (state === undefined) return [];
  const { localstack, redis, postgres, compose } = state.started;
  const stopped: string[] = [];
  if (localstack !== undefined) {
    await stopProcess(localstack.pid, /localstack/);
    stopped.push("LocalStack");
  }
  if (redis !== undefined) {
    await stopProcess(redis.pid, /redis|valkey/);
    stopped.push("Redis");
  }
  if (postgres !== undefined) {
    await stopPostgres(postgres);
    stopped.push("PostgreSQL");
  }
  if (compose === true) {
    await composeDown();
    stopped.push("the containers of docker-compose.localstack.yml");
  }
  removeState(directory);
  return stopped;
}
