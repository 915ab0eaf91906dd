import { parentPort, workerData } from "node:worker_threads";
import type { LetterJob } from "./letter-job.ts";
import type { LetterGroup, WorkerMessage } from "./letter-threads.ts";
import { makeLetters } from "./make-letters.ts";

/** A thread that makes the files of the letters that it is sent, one after the other. Only `letter-threads.ts` starts it. */
const job: LetterJob = workerData;
const say = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(message, transfer);
let working: Promise<void> = Promise.resolve();
parentPort?.on("message", ({ name, addressees }: LetterGroup) => {
  working = working.then(async () => {
    const bytes = await makeLetters(job, addressees, (letters) => say({ kind: "progress", letters }));
    say({ kind: "file", name, bytes }, [bytes.buffer]);
  });
});
