import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Redis } from "ioredis";
import { yieldTo } from "../../../machine/processes.ts";
import { forEachRedisUser, REDIS_USER_NAMES, REDIS_USERS, type RedisUser } from "../../../shared/domain/redis-users.ts";
import type { StepLog } from "../../../terminal/steps.ts";
import { type ServiceDefinition, untilItAnswers } from "./service.ts";

/** Servers have a lower priority than the front. */
export const SERVER_NICENESS = 5;
const SERVERS = ["redis-server", "valkey-server"];
/** Two minutes: another installation may hold Debian's lock. */
const APT_LOCK = ["-o", "DPkg::Lock::Timeout=120"];

/**
 * Finds a Redis server on the path; on Debian or Ubuntu, as root, installs one.
 *
 * @param environment for apt-get, which may need the user's proxy
 * @throws Error that says what to type when there is none and it cannot be installed
 */
export async function findRedis(progress: StepLog, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const found = SERVERS.map(onPath).find((path) => path !== undefined);
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && onPath("apt-get") !== undefined) {
    await progress.step("installing redis-server (apt-get)", async () => {
      const env = { ...environment, DEBIAN_FRONTEND: "noninteractive" };
      const aptGet = (...args: string[]) => spawnSync("apt-get", args, { env, encoding: "utf8" });
      // It fails while another apt-get fetches the lists, which are then as good as ours.
      const updated = aptGet("update");
      const installed = aptGet("install", "-y", "--no-install-recommends", ...APT_LOCK, "redis-server");
      if (installed.status === 0) return;
      const said = [updated, installed].filter(({ status }) => status !== 0);
      const words = said.map(({ stderr }) => stderr?.trim().split("\n").at(-1));
      throw new Error(`apt-get install redis-server failed: ${words.join("; ")}`);
    });
    const installed = onPath("redis-server");
    if (installed !== undefined) return installed;
  }
  const how = process.platform === "darwin" ? "brew install redis" : "sudo apt-get install redis-server";
  throw new Error(`There is no redis-server or valkey-server on the path. Install one (${how}) and start again.`);
}

function onPath(name: string): string | undefined {
  const directories = (process.env.PATH ?? "").split(delimiter);
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/**
 * Redis, which writes to disk every second. It may lose its last second, which PostgreSQL makes good.
 *
 * @param program the server's program
 * @param directory the folder of its data
 * @param port its port on 127.0.0.1
 * @param log receives its output
 * @param passwords those of the users that functions log in as
 */
export function redisService(
  program: string,
  directory: string,
  port: number,
  log: { readonly fd: number; readonly path: string },
  passwords: RedisPasswords,
): ServiceDefinition {
  const settings = {
    bind: "127.0.0.1",
    port,
    dir: directory,
    daemonize: "no",
    appendonly: "yes",
    appendfsync: "everysec",
    save: "",
    // Keeps the buckets of a roll in the compact encoding.
    "hash-max-listpack-entries": 512,
    "maxmemory-policy": "noeviction",
    "enable-debug-command": "no",
  };
  return {
    name: "redis",
    logFile: log.path,
    stopDeadlineMs: 10_000,
    spawn() {
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const child = spawn(program, [...args, ...userArguments(passwords)], {
        stdio: ["ignore", log.fd, log.fd],
        detached: true,
        cwd: directory,
      });
      if (child.pid !== undefined) yieldTo(child.pid, SERVER_NICENESS);
      return child;
    },
    ready: (child) =>
      untilItAnswers(async () => {
        const redis = new Redis({ port, host: "127.0.0.1", lazyConnect: true, retryStrategy: () => null });
        redis.on("error", () => undefined);
        try {
          await redis.connect();
          // Redis answers LOADING until it has read its files.
          await redis.info("persistence").then((info) => {
            if (info.includes("loading:1")) throw new Error("loading");
          });
        } finally {
          redis.disconnect();
        }
      }, child),
    stop: (child) => void child.kill("SIGTERM"),
  };
}

/** The passwords of the users that functions log in as, with the same rules as in an account. */
export type RedisPasswords = Readonly<Record<RedisUser, string>>;

/** Other users can read a command line, so it has only the hash of a password. */
function userArguments(passwords: RedisPasswords): string[] {
  return REDIS_USER_NAMES.flatMap((user) => {
    const hash = createHash("sha256").update(passwords[user]).digest("hex");
    return ["--user", user, "on", `#${hash}`, ...REDIS_USERS[user]];
  });
}

/**
 * The connection strings of functions, by the user that each logs in as.
 *
 * @param port Redis' port on 127.0.0.1
 * @param passwords those of the users
 */
export function redisUrlsOf(port: number, passwords: RedisPasswords): Record<RedisUser, string> {
  return forEachRedisUser((user) => `redis://${user}:${passwords[user]}@127.0.0.1:${port}`);
}
