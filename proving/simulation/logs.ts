import type { LogStopped } from "../../operations/log/log-stopped.ts";
import { runLog } from "../../operations/log/run-log.ts";
import { restoreLog } from "../../shared/messages/operators/restoring.ts";
import { perform } from "./door.ts";
import { logPorts } from "./models/log-ports.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/** More runs than the last one ever needs. */
const LAST_RUNS = 10;

/** Lets the logs of a history be continued at its times. */
export function startLogs(world: World): void {
  for (const [index, atMs] of (world.history.log?.runs ?? []).entries()) {
    void world.scheduler
      .spawn(`log ${index + 1}`, async (process) => {
        await process.sleep(atMs);
        await continueLogs(world, process, world.history.log?.minimumSubmissions ?? 1);
      })
      // The next run goes on.
      .catch(() => undefined);
  }
}

/**
 * Continues the log of each law, as the function `log` does.
 *
 * @param world the servers
 * @param process a run
 * @param minimumSubmissions for which submissions wait
 * @returns whether nothing waits any more
 */
async function continueLogs(world: World, process: Process, minimumSubmissions: number): Promise<boolean> {
  world.logRuns.add(process);
  process.onEnd(() => void world.logRuns.delete(process));
  const ports = logPorts(world.logServers, process);
  let isCurrent = true;
  for (const law of await ports.database.laws()) {
    const run = await runLog(ports, law, { minimumSubmissions }, () => false);
    isCurrent &&= run.outcome === "current" && run.epochs === 0;
    if (run.stopped !== undefined) noteStop(world, run.stopped);
  }
  return isCurrent;
}

/** Only a restore stops a log: it is behind what is published, or a run that was cut off before it has left tiles. */
function noteStop({ restored, findings }: World, { reason, message }: LogStopped): void {
  if (restored.has && ["store_ahead", "tile_differs"].includes(reason)) return;
  findings.push(`a log is stopped (${reason}): ${message}`);
}

/** Continues the logs until nothing waits. */
export async function finishLogs(world: World, process: Process): Promise<void> {
  for (let runs = 0; runs < LAST_RUNS; runs++) if (await continueLogs(world, process, 1)) return;
  throw new Error("a log does not come to an end");
}

/** Brings the logs back of which PostgreSQL was restored to an earlier moment. */
export async function restoreLogs(world: World, process: Process): Promise<void> {
  for (const { lawId, logKey } of world.laws) {
    if (logKey !== undefined) await perform(world, process, restoreLog, { law_id: lawId });
  }
}
