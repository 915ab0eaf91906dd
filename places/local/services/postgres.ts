import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { yieldTo } from "../../../machine/processes.ts";
import type { StepLog } from "../../../terminal/steps.ts";
import type { PostgresHome } from "./postgres-home.ts";
import { SERVER_NICENESS } from "./redis.ts";
import { type ServiceDefinition, untilItAnswers } from "./service.ts";
import { sharedBuffersMib } from "./shared-buffers.ts";

/** The database and its owner. */
const DATABASE = "election_db";
const OWNER = "election_user";
const ADMIN = "postgres";

export interface Passwords {
  readonly admin: string;
  readonly owner: string;
}

/** The connection string of the application. */
export function postgresUrl(port: number, passwords: Passwords): string {
  return `postgresql://${OWNER}:${passwords.owner}@127.0.0.1:${port}/${DATABASE}`;
}

/**
 * Makes the cluster unless there is one.
 *
 * @param home its place, programs and user
 * @param passwords the administrator's is set in the cluster
 */
export async function initialiseCluster(home: PostgresHome, passwords: Passwords, progress: StepLog): Promise<void> {
  if (existsSync(join(home.directory, "PG_VERSION"))) return;
  await progress.step("creating the PostgreSQL cluster", async () => {
    await rm(home.directory, { recursive: true, force: true });
    await mkdir(home.directory, { recursive: true, mode: 0o700 });
    const passwordFile = `${home.directory}.pw`;
    await writeFile(passwordFile, passwords.admin, { mode: 0o600 });
    if (home.user !== undefined) {
      await chown(home.directory, home.user.uid, home.user.gid);
      await chown(passwordFile, home.user.uid, home.user.gid);
    }
    try {
      // Not synced to disk: if the machine stops at this moment, the next start makes it again.
      const { status, stderr, error } = spawnSync(
        home.initdb,
        ["-D", home.directory, "-U", ADMIN, "-A", "scram-sha-256", `--pwfile=${passwordFile}`, "-E", "UTF8"].concat([
          "--locale=C",
          "--no-sync",
          "--no-instructions",
        ]),
        { ...home.user, cwd: home.directory, env: { PATH: process.env.PATH, LC_MESSAGES: "C" }, encoding: "utf8" },
      );
      if (status !== 0) {
        await rm(home.directory, { recursive: true, force: true });
        throw new Error(`initdb failed: ${error?.message ?? stderr.trim()}`);
      }
    } finally {
      await rm(passwordFile, { force: true });
    }
  });
}

/**
 * The PostgreSQL server.
 *
 * @param home its place, programs and user
 * @param port its port on 127.0.0.1
 * @param passwords the administrator's is used to check whether the server answers
 * @param log receives its output
 */
export function postgresService(
  home: PostgresHome,
  port: number,
  passwords: Passwords,
  log: { readonly fd: number; readonly path: string },
): ServiceDefinition {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 60,
    shared_buffers: `${sharedBuffersMib()}MB`,
    // Logs must not quote rows. The statement or detail of an error could name a voter's hash, and a wait for a lock
    // names the lock's key, which is a part of such a hash.
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    log_lock_waits: "off",
    log_checkpoints: "off",
    max_wal_size: "2GB",
    // After the crash of one of its processes, PostgreSQL ends, and the supervisor starts it again. If it recovered by
    // itself and that failed as well (no space, say), it would wait for ever for a process that is gone.
    restart_after_crash: "off",
  };
  return {
    name: "postgres",
    logFile: log.path,
    stopDeadlineMs: 15_000,
    spawn() {
      const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
      const child = spawn(home.postgres, ["-D", home.directory, ...args], {
        ...home.user,
        cwd: home.directory,
        env: { PATH: process.env.PATH, LC_MESSAGES: "C", TZ: "UTC" },
        stdio: ["ignore", log.fd, log.fd],
        detached: true,
      });
      if (child.pid !== undefined) yieldTo(child.pid, SERVER_NICENESS);
      return child;
    },
    ready: (child) =>
      untilItAnswers(async () => {
        const client = adminClient(port, passwords, "postgres");
        try {
          await client.connect();
        } finally {
          await client.end().catch(() => undefined);
        }
      }, child),
    // "Fast": running transactions are rolled back, and their batches are delivered again.
    stop: (child) => void child.kill("SIGINT"),
  };
}

/** Makes the database and its owner unless they are there. */
export async function createDatabase(port: number, passwords: Passwords): Promise<void> {
  const client = adminClient(port, passwords, "postgres");
  await client.connect();
  try {
    const owner = pg.escapeIdentifier(OWNER);
    const password = pg.escapeLiteral(passwords.owner);
    const { rowCount: roles } = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [OWNER]);
    // CREATEROLE, because the migrations make the roles that functions have on AWS.
    if (roles === 0) await client.query(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD ${password}`);
    const { rowCount: databases } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE]);
    if (databases === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(DATABASE)} OWNER ${owner}`);
  } finally {
    await client.end();
  }
}

function adminClient(port: number, passwords: Passwords, database: string): pg.Client {
  const client = new pg.Client({ host: "127.0.0.1", port, user: ADMIN, password: passwords.admin, database });
  // If the server ends meanwhile, the query fails, which is handled where the query is made.
  client.on("error", () => undefined);
  return client;
}
