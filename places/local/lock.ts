import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processExists, signalAll } from "../../machine/processes.ts";
import { holdsWithin, waitUntil } from "../../shared/runtime/wait.ts";
import type { DataDir } from "./data-dir.ts";

/** PostgreSQL ends its transactions, Redis writes what it has. */
const STOP_DEADLINE_MS = 10_000;
const KILL_DEADLINE_MS = 5_000;

/**
 * Takes a data directory for this process.
 *
 * @throws Error when a running stack has it
 */
export function lockDataDir(dir: DataDir): void {
  for (;;) {
    try {
      writeFileSync(dir.lockFile, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      const pid = runningSupervisor(dir);
      if (pid !== undefined) {
        throw new Error(
          `A local stack (process ${pid}) already runs on ${dir.root}. Stop it (kill ${pid}, or Ctrl-C where it runs), ` +
            "or give this one another --data and --port.",
        );
      }
      rmSync(dir.lockFile, { force: true });
    }
  }
}

/** Gives the data directory back. */
export function unlockDataDir(dir: DataDir): void {
  rmSync(dir.lockFile, { force: true });
}

/** The process that runs a stack on a data directory, or undefined. */
export function runningSupervisor(dir: DataDir): number | undefined {
  const pid = pidIn(dir.lockFile);
  return pid !== undefined && pid !== process.pid && /\blocal(?:\.ts|\/main\.ts)\b/.test(commandLineOf(pid) ?? "")
    ? pid
    : undefined;
}

/**
 * Stops what a killed supervisor left running, which its own front usually has done already. A process counts as left
 * only when its command line names this data directory.
 *
 * @param dir the data directory, locked by this process
 * @param clusterDirectory PostgreSQL's
 * @param recordedPids those that the last stack wrote down
 * @returns how many were stopped
 */
export async function stopLeftovers(
  dir: DataDir,
  clusterDirectory: string,
  recordedPids: readonly number[],
): Promise<number> {
  const candidates = new Set([...recordedPids, pidIn(join(clusterDirectory, "postmaster.pid")) ?? 0]);
  const marks = [dir.root, clusterDirectory, "function-host.ts", "places/local/front.ts"];
  const left = [...candidates].filter((pid) => {
    const line = pid > 0 ? commandLineOf(pid) : undefined;
    return line !== undefined && marks.some((mark) => line.includes(mark));
  });
  signalAll(left, "SIGINT");
  const gone = () => !left.some(processExists);
  if (!(await holdsWithin(gone, { withinMs: STOP_DEADLINE_MS }))) {
    signalAll(left, "SIGKILL");
    await waitUntil("processes that an earlier stack left are gone", gone, { withinMs: KILL_DEADLINE_MS });
  }
  return left.length;
}

function pidIn(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

function commandLineOf(pid: number): string | undefined {
  if (!processExists(pid)) return undefined;
  const { status, stdout } = spawnSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  if (status === 0) return stdout;
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, "utf8").replaceAll("\0", " ") : undefined;
}
