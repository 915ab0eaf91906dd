import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { forEachRedisUser } from "../../shared/domain/redis-users.ts";
import { COMPOSE_SERVERS } from "./settings.ts";

const server = z.object({ pid: z.number().int(), port: z.number().int() });
/** A text for each user of Redis that functions log in as. */
const ofRedisUsers = z.object(forEachRedisUser(() => z.string()));
const passwords = z.object({ admin: z.string(), owner: z.string() });

/** The servers that `npm run localstack -- up` found or started, and their addresses. */
const StateSchema = z.object({
  endpoint: z.url(),
  /** How LocalStack came to run: it answered already, by the compose file, or as a process of this machine. */
  access: z.enum(["answering", "docker", "process"]),
  /** Redis and PostgreSQL as commands and tests reach them. */
  redis_url: z.string(),
  postgres_url: z.string(),
  /** Their addresses for functions, which differ within a Docker network. */
  functions_redis_urls: ofRedisUsers,
  functions_postgres_url: z.string(),
  /** The processes that `up` started and `down` stops. */
  started: z.object({
    localstack: z.object({ pid: z.number().int(), log: z.string() }).optional(),
    redis: server.extend({ passwords: ofRedisUsers }).optional(),
    postgres: server.extend({ passwords }).optional(),
    compose: z.literal(true).optional(),
  }),
  /** The last deployment. */
  deployed: z.object({ stack_id: z.string(), fingerprint: z.string() }).optional(),
});
export type LocalStackState = z.output<typeof StateSchema>;

/**
 * The folder of the state, the logs and the servers' data.
 *
 * @param directory the value of `--data`; default: REFERENDUM_LOCALSTACK_DATA or `.localstack`
 */
export function stateDirectory(directory?: string): string {
  return resolve(directory ?? (process.env["REFERENDUM_LOCALSTACK_DATA"] || ".localstack"));
}

/**
 * Reads the state.
 *
 * @param directory the state's directory
 * @returns undefined when nothing was started, or the file is of another version
 */
export function readState(directory: string): LocalStackState | undefined {
  const file = join(directory, "state.json");
  if (!existsSync(file)) return undefined;
  try {
    return StateSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined; // The file is of another version and cannot be relied on.
  }
}

/**
 * Writes the state, in one step and readable only by its owner, because it holds PostgreSQL's temporary passwords.
 *
 * @param directory the state's directory
 * @param state the new state
 */
export function writeState(directory: string, state: LocalStackState): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "state.json");
  writeFileSync(`${file}.tmp`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** Removes the state. */
export function removeState(directory: string): void {
  rmSync(join(directory, "state.json"), { force: true });
}

/**
 * The state of a LocalStack that `up` did not start. Redis and PostgreSQL are those of the compose file, or those of
 * REDIS_URL and DATABASE_URL. If functions reach them by other names, FUNCTIONS_REDIS_URL and FUNCTIONS_DATABASE_URL
 * have these.
 *
 * @param endpoint where LocalStack answers
 * @param access how it came to run
 */
export function composeState(endpoint: string, access: "answering" | "docker"): LocalStackState {
  const redis = process.env["REDIS_URL"];
  // A Redis that was not started here has the users that its owner made. Its address may name one.
  const functionsRedis = process.env["FUNCTIONS_REDIS_URL"] || redis || COMPOSE_SERVERS.redis.inside;
  const postgres = process.env["DATABASE_URL"];
  return {
    endpoint,
    access,
    redis_url: redis || COMPOSE_SERVERS.redis.outside,
    postgres_url: postgres || COMPOSE_SERVERS.postgres.outside,
    functions_redis_urls: forEachRedisUser(() => functionsRedis),
    functions_postgres_url: process.env["FUNCTIONS_DATABASE_URL"] || postgres || COMPOSE_SERVERS.postgres.inside,
    started: {},
  };
}
