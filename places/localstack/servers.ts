import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { freePort } from "../../machine/ports.ts";
import { processExists } from "../../machine/processes.ts";
import { runProgram } from "../../machine/programs.ts";
import { forEachRedisUser } from "../../shared/domain/redis-users.ts";
import { waitUntil } from "../../shared/runtime/wait.ts";
import { UserError } from "../../terminal/errors.ts";
import { stderrSteps } from "../../terminal/steps.ts";
import {
  createDatabase,
  initialiseCluster,
  type Passwords,
  postgresService,
  postgresUrl,
} from "../local/services/postgres.ts";
import { postgresHome } from "../local/services/postgres-home.ts";
import { findRedis, type RedisPasswords, redisService } from "../local/services/redis.ts";
import type { ServiceDefinition } from "../local/services/service.ts";

/** A server that was started, which outlives this process. */
interface StartedServer {
  readonly port: number;
  readonly pid: number;
}

export interface StartedRedis extends StartedServer {
  readonly passwords: RedisPasswords;
}

export interface StartedPostgres extends StartedServer {
  readonly passwords: Passwords;
}

const STOP_TIMEOUT_MS = 20_000;

/**
 * Starts Redis, or Valkey, as `npm start` does, and leaves it running.
 *
 * @param directory the folder of its data and its log
 */
export async function startRedis(directory: string): Promise<StartedRedis> {
  const program = await findRedis(stderrSteps);
  const port = await freePort();
  const data = join(directory, "redis");
  mkdirSync(data, { recursive: true });
  const passwords = forEachRedisUser(password);
  const pid = await startService(directory, "redis", (log) => redisService(program, data, port, log, passwords));
  return { port, pid, passwords };
}

/**
 * Starts PostgreSQL as `npm start` does, with a separate database and passwords, and leaves it running.
 *
 * @param directory the folder of its data and its log
 * @param before a server that ran before, to start it again on its port
 */
export async function startPostgres(directory: string, before?: StartedPostgres): Promise<StartedPostgres> {
  const home = await postgresHome(directory, stderrSteps);
  const passwords = before?.passwords ?? { admin: password(), owner: password() };
  const port = before?.port ?? (await freePort());
  await initialiseCluster(home, passwords, stderrSteps);
  const pid = await startService(directory, "postgres", (log) => postgresService(home, port, passwords, log));
  await createDatabase(port, passwords);
  return { port, pid, passwords };
}

/** The application's connection string for PostgreSQL. */
export function urlOf(postgres: StartedPostgres): string {
  return postgresUrl(postgres.port, postgres.passwords);
}

function password(): string {
  return randomBytes(24).toString("base64url");
}

async function startService(
  directory: string,
  name: string,
  define: (log: { fd: number; path: string }) => ServiceDefinition,
): Promise<number> {
  const path = join(directory, "logs", `${name}.log`);
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, "a", 0o600);
  try {
    const definition = define({ fd, path });
    const child: ChildProcess = definition.spawn();
    await definition.ready(child);
    if (child.pid === undefined || child.exitCode !== null) {
      throw new UserError(`${name} did not start; ${path} says why.`);
    }
    child.unref();
    return child.pid;
  } finally {
    closeSync(fd);
  }
}

/**
 * Asks a process to stop, and kills it if it does not.
 *
 * @param pid the process
 * @param expected a part of its command line, because after a restart of the machine another program may have its id
 * @param signal the signal that asks it to stop
 */
export async function stopProcess(pid: number, expected: RegExp, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (!processExists(pid)) return;
  const { tail } = await runProgram("ps", ["-o", "args=", "-p", String(pid)]);
  if (!expected.test(tail.join(" "))) return;
  process.kill(pid, signal);
  try {
    await waitUntil(`process ${pid} ends`, () => !processExists(pid), { withinMs: STOP_TIMEOUT_MS });
  } catch {
    // It did not stop in time.
    process.kill(pid, "SIGKILL");
  }
}

/** "Fast": running transactions are rolled back, and connections are closed. */
export async function stopPostgres(postgres: StartedPostgres): Promise<void> {
  await stopProcess(postgres.pid, /postgres/, "SIGINT");
}

/**
 * Starts a program that outlives this one.
 *
 * @param log the file of its output
 * @param env its environment
 * @returns its process id
 */
export function startDetached(
  program: string,
  args: readonly string[],
  log: string,
  env: NodeJS.ProcessEnv = process.env,
): number {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, "a", 0o600);
  const child = spawn(program, args, { detached: true, stdio: ["ignore", output, output], env });
  closeSync(output);
  child.unref();
  if (child.pid === undefined) throw new UserError(`${program} could not be started.`);
  return child.pid;
}
