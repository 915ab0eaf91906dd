import pg from "pg";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { type Random, seededRandom } from "../../../proving/random.ts";
import { type Process, Scheduler } from "../../../proving/simulation/scheduler.ts";
import { startServers } from "../support/servers.ts";
import { endPools, MIGRATIONS } from "../support/votes.ts";

/** Does something on simulated servers with nothing else going on, and gives what it gave. */
export async function alone<T>(body: (process: Process, scheduler: Scheduler) => Promise<T>): Promise<T> {
  const scheduler = new Scheduler(1, [], false);
  const result = scheduler.spawn("test", (process) => body(process, scheduler));
  // Looked at below; until then nobody waits for it.
  result.catch(() => undefined);
  await scheduler.run(100_000);
  return result;
}

/** Whole numbers from 0 on, each with its own random generator. */
export function seeds(count: number): readonly { readonly seed: number; readonly random: Random }[] {
  return Array.from({ length: count }, (_, seed) => ({ seed, random: seededRandom(seed) }));
}

/** A real PostgreSQL with the tables of the migrations, for one test file. */
export interface Database {
  readonly pool: pg.Pool;
  stop(): Promise<void>;
}

export async function startDatabase(): Promise<Database> {
  const servers = await startServers();
  try {
    await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  } catch (error) {
    await servers.stop();
    throw error;
  }
  const pool = new pg.Pool({ connectionString: servers.postgresUrl });
  return {
    pool,
    async stop() {
      await endPools([pool], servers.postgresUrl);
      await servers.stop();
    },
  };
}
