import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { giveBackLock, lockHolder, takeLock } from "../../machine/process-lock.ts";
import { processExists, processIdentity, signalAll, stillRuns } from "../../machine/processes.ts";
import { holdsWithin, waitUntil } from "../../shared/runtime/wait.ts";
import type { DataDir } from "./data-dir.ts";

/** How long servers may take to stop: PostgreSQL ends its transactions, and Redis writes its data. */
const STOP_DEADLINE_MS = 10_000;
const KILL_DEADLINE_MS = 5_000;
const identity = z.object({ pid: z.int().min(2), started: z.string() });
const startedProcesses = z.record(z.string(), identity);

/**
 * Takes a data directory for this process.
 *
 * @throws Error when a running stack has it
 */
export function lockDataDir(dir: DataDir): void {
  const lock = takeLock(dir.lockFile);
  if (lock.taken) return;
  if (lock.holder === undefined) throw new Error(`Other starts keep taking ${dir.root}: start one of them only.`);
  throw new Error(
    `A local stack (process ${lock.holder}) already runs on ${dir.root}. Stop it (kill ${lock.holder}, or Ctrl-C where ` +
      "it runs), or give this one another --data and --port.",
  );
}

/** Gives the data directory back. */
export function unlockDataDir(dir: DataDir): void {
  giveBackLock(dir.lockFile);
}

/** The process that runs a stack on a data directory, or undefined. */
export function runningSupervisor(dir: DataDir): number | undefined {
  return lockHolder(dir.lockFile);
}

/**
 * Writes down which processes a stack has started, so that the next start can stop those that are left.
 *
 * @param dir the data directory
 * @param pids by name
 */
export function recordProcesses(dir: DataDir, pids: Readonly<Record<string, number>>): void {
  const known = Object.entries(pids).flatMap(([name, pid]) => {
    const found = processIdentity(pid);
    return found === undefined ? [] : [[name, found]];
  });
  const draft = `${dir.processesFile}.${process.pid}.tmp`;
  writeFileSync(draft, JSON.stringify(Object.fromEntries(known)), { mode: 0o600 });
  renameSync(draft, dir.processesFile);
}

/**
 * The processes that a stack started on a data directory and that are still running, by name.
 *
 * @param dir the data directory
 */
export function recordedProcesses(dir: DataDir): Readonly<Record<string, number>> {
  const recorded = startedProcesses.safeParse(readJsonFile(dir.processesFile)).data ?? {};
  return Object.fromEntries(
    Object.entries(recorded).flatMap(([name, found]) => (stillRuns(found) ? [[name, found.pid]] : [])),
  );
}

/**
 * Stops the servers that a killed supervisor left. Usually its front has already stopped them. A process belongs to
 * that stack if the stack wrote down its id and start time, or if its command line names this data directory.
 *
 * @param dir the data directory, which this process has locked
 * @param clusterDirectory PostgreSQL's
 * @param describedPids the process ids in the description of the last stack
 * @returns how many were stopped
 */
export async function stopLeftovers(
  dir: DataDir,
  clusterDirectory: string,
  describedPids: readonly number[],
): Promise<number> {
  const candidates = new Set([...describedPids, postmasterOf(clusterDirectory) ?? 0]);
  const marks = [dir.root, clusterDirectory, "function-host.ts", "places/local/front.ts"];
  const named = [...candidates].filter((pid) => {
    const line = pid > 0 ? commandLineOf(pid) : undefined;
    return line !== undefined && marks.some((mark) => line.includes(mark));
  });
  const left = [...new Set([...Object.values(recordedProcesses(dir)), ...named])];
  signalAll(left, "SIGINT");
  const gone = () => !left.some(processExists);
  if (!(await holdsWithin(gone, { withinMs: STOP_DEADLINE_MS }))) {
    signalAll(left, "SIGKILL");
    await waitUntil("processes that an earlier stack left are gone", gone, { withinMs: KILL_DEADLINE_MS });
  }
  return left.length;
}

function postmasterOf(clusterDirectory: string): number | undefined {
  const file = join(clusterDirectory, "postmaster.pid");
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

function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // There is none, or a process died while it wrote the file.
  }
}
