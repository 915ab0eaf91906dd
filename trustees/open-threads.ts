import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { addGroup, emptyGroup, type OpenedGroup, type Opening } from "./open-group.ts";

/** How many groups wait for a thread, so that it never waits for the file. */
const AHEAD = 2;

/**
 * Opens envelopes on several threads.
 *
 * @param groups the envelopes
 * @param opening what opening needs
 * @param threads how many threads
 * @param signal ends it early
 * @param onProgress called with the number of envelopes that are done
 * @returns all ballots
 * @throws the signal's reason, or what a thread or the groups have thrown
 */
export async function openOnThreads(
  groups: AsyncIterable<readonly string[]>,
  opening: Opening,
  threads: number,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<OpenedGroup> {
  const total = emptyGroup(opening.options);
  const workers = Array.from({ length: threads }, () => {
    return new Worker(new URL("./open-worker.ts", import.meta.url), { workerData: opening });
  });
  const changed = new EventTarget();
  let failed: unknown;
  let done = 0;
  const waiting = workers.map(() => 0);
  const sizes: number[][] = workers.map(() => []);
  for (const [at, worker] of workers.entries()) {
    worker.on("message", (group: OpenedGroup) => {
      addGroup(total, group);
      done += sizes[at]?.shift() ?? 0;
      waiting[at] = (waiting[at] ?? 1) - 1;
      onProgress(done);
      changed.dispatchEvent(new Event("change"));
    });
    worker.on("error", (error) => {
      failed ??= error;
      changed.dispatchEvent(new Event("change"));
    });
  }
  const stop = () => changed.dispatchEvent(new Event("change"));
  signal.addEventListener("abort", stop);
  /** Waits until a thread has room, or all are idle. */
  const until = async (ready: () => boolean) => {
    for (;;) {
      signal.throwIfAborted();
      if (failed !== undefined) throw failed;
      if (ready()) return;
      await once(changed, "change");
    }
  };
  try {
    for await (const group of groups) {
      await until(() => waiting.some((count) => count < AHEAD));
      const at = waiting.indexOf(Math.min(...waiting));
      waiting[at] = (waiting[at] ?? 0) + 1;
      sizes[at]?.push(group.length);
      workers[at]?.postMessage(group);
    }
    await until(() => waiting.every((count) => count === 0));
    return total;
  } finally {
    signal.removeEventListener("abort", stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
