import { type Random, seededRandom } from "../../../proving/random.ts";
import { type Process, Scheduler } from "../../../proving/simulation/scheduler.ts";

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
