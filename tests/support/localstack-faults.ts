import { runProgram } from "../../machine/programs.ts";
import { type LocalStackState, readState, stateDirectory } from "../../places/localstack/state.ts";
import type { TestEnvironment } from "./environment.ts";

/**
 * What `npm run localstack` started, for tests that kill it.
 * @throws {Error} when nothing was started by it
 */
export function startedLocalStack(): { directory: string; state: LocalStackState } {
  const directory = stateDirectory();
  const state = readState(directory);
  if (state === undefined) throw new Error("LocalStack was not started by npm run localstack; nothing can be killed");
  return { directory, state };
}

/**
 * Kills a function's execution environments as kill -9 does: processes of this machine, or containers.
 * @param name the function, such as validate
 * @returns how many were killed
 */
export async function killFunction(name: string): Promise<number> {
  const { state } = startedLocalStack();
  const functionName = `referendum-localstack-${name}`;
  if (state.started.localstack === undefined) {
    const { tail } = await runProgram("docker", ["ps", "--quiet", "--filter", `name=${functionName}`]);
    for (const container of tail) await runProgram("docker", ["kill", container]);
    return tail.length;
  }
  const parent = state.started.localstack.pid;
  const { tail } = await runProgram("ps", ["-eo", "pid=,ppid=,args="]);
  const victims = tail
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, ...args]) => Number(ppid) === parent && args.at(-1) === functionName);
  for (const [pid] of victims) process.kill(Number(pid), "SIGKILL");
  return victims.length;
}

/**
 * Stops writes of Redis, so that a function stays in the middle of its batch until `release`.
 * @param environment the stack
 */
export async function holdRedis(environment: TestEnvironment) {
  const { redis } = environment.target;
  await redis.call("CLIENT", "PAUSE", "60000", "WRITE");
  return {
    /** Waits until a function waits for Redis. */
    caught: () =>
      environment.until("validate waits for Redis", async () => {
        const clients = String(await redis.call("CLIENT", "LIST"));
        return clients.split("\n").some((line) => / flags=\w*b/.test(line));
      }),
    release: async () => void (await redis.call("CLIENT", "UNPAUSE")),
  };
}

/**
 * Locks the participation table, so that a function stays in the middle of its transaction until `release`.
 * @param environment the stack
 */
export async function holdPostgres(environment: TestEnvironment) {
  const { pool } = environment.target;
  const client = await pool.connect();
  await client.query("BEGIN");
  await client.query("LOCK TABLE participation IN ACCESS EXCLUSIVE MODE");
  return {
    /** Waits until a function waits for the lock. */
    caught: () =>
      environment.until("aggregate waits for PostgreSQL", async () => {
        const { rowCount } = await pool.query(
          "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        );
        return (rowCount ?? 0) > 0;
      }),
    release: async () => {
      await client.query("ROLLBACK");
      client.release();
    },
  };
}
