import { parentPort, workerData } from "node:worker_threads";
import type { LetterGroup, WorkerData, WorkerMessage } from "./letter-job.ts";
import { makeLetters } from "./make-letters.ts";

/**
 * A thread that makes the files of the letters that it is sent, one after the other, until it is sent nothing. Only
 * `letter-threads.ts` starts it.
 */
const { job, stopped }: WorkerData = workerData;
const say = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(message, transfer);
parentPort?.on("message", async (group: LetterGroup | undefined) => {
  if (group === undefined) {
    parentPort?.close();
    return;
  }
  const isStopped = () => Atomics.load(stopped, 0) !== 0;
  const onProgress = (letters: number) => say({ kind: "progress", letters });
  const bytes = await makeLetters(job, group.addressees, { onProgress, isStopped });
  if (bytes !== undefined) say({ kind: "file", name: group.name, bytes }, [bytes.buffer]);
});
