import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { COMPOSE_SERVERS } from "./settings.ts";

const server = z.object({ pid: z.number().int(), port: z.number().int() });
const redisPasswords = z.object({ health: z.string(), validate: z.string() });
const passwords = z.object({ admin: z.string(), owner: z.string() });

/** What `npm run localstack -- up` found or started, and how it is reached. */
const StateSchema = z.object({
  endpoint: z.url(),
  /** How LocalStack came to run: it answered already, by the compose file, or as a process of this machine. */
  access: z.enum(["answering", "docker", "process"]),
  /** Redis and PostgreSQL as commands and tests reach them. */
  redis_url: z.string(),
  postgres_url: z.string(),
  /** The same as functions reach them: other names within a Docker network. */
  functions_redis_urls: z.object({ health: z.string(), validate: z.string() }),
  functions_postgres_url: z.string(),
  /** What `up` started and `down` stops. */
  started: z.object({
    localstack: z.object({ pid: z.number().int(), log: z.string() }).optional(),
    redis: server.extend({ passwords: redisPasswords }).optional(),
    postgres: server.extend({ passwords }).optional(),
    compose: z.literal(true).optional(),
  }),
  /** What `deploy` last deployed there. */
  deployed: z.object({ stack_id: z.string(), fingerprint: z.string() }).optional(),
});
export type LocalStackState = z.output<typeof StateSchema>;

/**
 * Where state, logs and servers' data are kept.
 *
 * @param directory what `--data` says; default: REFERENDUM_LOCALSTACK_DATA or `.localstack`
 */
export function stateDirectory(directory?: string): string {
  return resolve(directory ?? (process.env["REFERENDUM_LOCALSTACK_DATA"] || ".localstack"));
}

/**
 * Reads what was started.
 *
 * @param directory the state's directory
 * @returns undefined when nothing was, or the file is of another version
 */
export function readState(directory: string): LocalStackState | undefined {
  const file = join(directory, "state.json");
  if (!existsSync(file)) return undefined;
  try {
    return StateSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined; // Of another version: nothing that could be relied on.
  }
}

/**
 * Writes what was started, in one step and for its owner only: it holds PostgreSQL's throw-away passwords.
 *
 * @param directory the state's directory
 * @param state what to write
 */
export function writeState(directory: string, state: LocalStackState): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "state.json");
  writeFileSync(`${file}.tmp`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** Forgets what was started. */
export function removeState(directory: string): void {
  rmSync(join(directory, "state.json"), { force: true });
}

/**
 * A LocalStack that was not started by `up`, with Redis and PostgreSQL of the compose file, or where REDIS_URL and
 * DATABASE_URL say; FUNCTIONS_REDIS_URL and FUNCTIONS_DATABASE_URL where functions reach them by another name.
 *
 * @param endpoint where LocalStack answers
 * @param access how it came to run
 */
export function composeState(endpoint: string, access: "answering" | "docker"): LocalStackState {
  const redis = process.env["REDIS_URL"];
  // A Redis that was not started here has the users that its owner made: its address may hold one.
  const functionsRedis = process.env["FUNCTIONS_REDIS_URL"] || redis || COMPOSE_SERVERS.redis.inside;
  const postgres = process.env["DATABASE_URL"];
  return {
    endpoint,
    access,
    redis_url: redis || COMPOSE_SERVERS.redis.outside,
    postgres_url: postgres || COMPOSE_SERVERS.postgres.outside,
    functions_redis_urls: { health: functionsRedis, validate: functionsRedis },
    functions_postgres_url: process.env["FUNCTIONS_DATABASE_URL"] || postgres || COMPOSE_SERVERS.postgres.inside,
    started: {},
  };
}
