import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { processExists } from "../../machine/processes.ts";

const UNFINISHED = /^\..+\.(\d+)\.unfinished$/;
/** How long the guard may take to end. */
const END_WITHIN_MS = 5_000;

/**
 * The name of a file while it is written. It says which process writes it.
 *
 * @param name its name when it is complete
 * @param pid the process
 */
export function unfinishedName(name: string, pid = process.pid): string {
  return `.${name}.${pid}.unfinished`;
}

/**
 * Removes files that processes which have ended were writing.
 *
 * @param folder where
 * @param pid of a process whose files go as well
 * @returns how many there were
 */
export function removeUnfinished(folder: string, pid?: number): number {
  const left = readdirSync(folder).filter((name) => {
    const owner = UNFINISHED.exec(name)?.[1];
    return owner !== undefined && (Number(owner) === pid || !processExists(Number(owner)));
  });
  for (const name of left) rmSync(join(folder, name), { force: true });
  return left.length;
}

/**
 * Starts a process that removes the file which this process is writing when this process ends, however it ends: a
 * killed process cannot tidy up. It is in a session of its own, so that Ctrl-C in a terminal does not reach it.
 *
 * @param folder where files are written
 * @returns a function that ends it
 */
export function guardUnfinished(folder: string): () => Promise<void> {
  const program = fileURLToPath(new URL("./unfinished-guard.ts", import.meta.url));
  const guard = spawn(process.execPath, [program, folder, String(process.pid)], {
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
