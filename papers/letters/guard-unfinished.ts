import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ownerOf } from "./unfinished.ts";

/** How long the guard may take to end. */
const END_WITHIN_MS = 5_000;

/**
 * Starts a process that removes the file which this process is writing when this process ends, however it ends: a
 * killed process cannot tidy up. It is in a session of its own, so that Ctrl-C in a terminal does not reach it.
 *
 * @param folder where files are written
 * @returns a function that ends it
 */
export function guardUnfinished(folder: string): () => Promise<void> {
  const program = fileURLToPath(new URL("./unfinished-guard.ts", import.meta.url));
  const guard = spawn(process.execPath, [program, folder, ownerOf()], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // It reads from a pipe whose other end only this process has: its end is the end of this process.
  guard.stdin.on("error", () => undefined);
  const ended = once(guard, "exit");
  return async () => {
    guard.stdin.end();
    const timer = setTimeout(() => guard.kill("SIGKILL"), END_WITHIN_MS);
    await ended;
    clearTimeout(timer);
  };
}
