import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { LetterGroup, LetterJob, WorkerData, WorkerMessage } from "./letter-job.ts";

/**
 * Several times what a file of a thousand letters takes. Without a limit, V8 lets a thread's garbage grow past that.
 */
const THREAD_MEMORY = { maxOldGenerationSizeMb: 256 };

export interface ThreadOptions {
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Called with the number of letters since the last call. */
  readonly onProgress: (letters: number) => void;
  /** Called with each file as soon as it is made, in any order. */
  readonly onFile: (name: string, bytes: Uint8Array) => void;
}

/**
 * Makes files of letters on several threads. At most one file per thread is in memory, and the group for the next one.
 *
 * @param job what the letters have in common
 * @param groups the letters of each file
 * @param options threads, interruption, reports
 * @throws the signal's reason, or what a thread, the groups or `onFile` have thrown
 */
export async function makeOnThreads(
  job: LetterJob,
  groups: AsyncIterable<LetterGroup>,
  { threads, signal, onProgress, onFile }: ThreadOptions,
): Promise<void> {
  const changed = new EventTarget();
  const tell = () => changed.dispatchEvent(new Event("change"));
  const idle: Worker[] = [];
  let failed: { readonly error: unknown } | undefined;
  const stopped = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: WorkerData = { job, stopped };
  const workers = Array.from({ length: threads }, () => {
    return new Worker(new URL("./letter-worker.ts", import.meta.url), { workerData, resourceLimits: THREAD_MEMORY });
  });
  const ended = workers.map((worker) => new Promise<void>((resolve) => worker.once("exit", () => resolve())));
  for (const worker of workers) {
    idle.push(worker);
    worker.on("message", (message: WorkerMessage) => {
      try {
        if (message.kind === "progress") onProgress(message.letters);
        else {
          onFile(message.name, message.bytes);
          idle.push(worker);
        }
      } catch (error) {
        failed ??= { error };
      }
      tell();
    });
    worker.on("error", (error) => {
      failed ??= { error };
      tell();
    });
  }
  signal.addEventListener("abort", tell);
  const until = async (ready: () => boolean) => {
    for (;;) {
      signal.throwIfAborted();
      if (failed !== undefined) throw failed.error;
      if (ready()) return;
      await once(changed, "change");
    }
  };
  try {
    for await (const group of groups) {
      await until(() => idle.length > 0);
      idle.pop()?.postMessage(group);
    }
    await until(() => idle.length === workers.length);
  } finally {
    signal.removeEventListener("abort", tell);
    // Threads end by themselves. Node.js 24 aborts when one is terminated while it begins to compress.
    Atomics.store(stopped, 0, 1);
    for (const worker of workers) worker.postMessage(undefined);
    await Promise.all(ended);
  }
}
