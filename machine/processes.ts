import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { allProcStats, readProcStat } from "./proc-stat.ts";

/** A process and all that descend from it, such as PostgreSQL's postmaster and its backends. */
export function family(pid: number): number[] {
  const everybody = [...parents()];
  const childrenOf = (parent: number): number[] =>
    everybody.flatMap(([child, itsParent]) => (itsParent === parent ? [child, ...childrenOf(child)] : []));
  return [pid, ...childrenOf(pid)];
}

/** Every process with its parent. */
function parents(): ReadonlyMap<number, number> {
  if (!existsSync("/proc/self/stat")) {
    const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
    return new Map(stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number) as [number, number]));
  }
  return new Map([...allProcStats()].map(([pid, { parent }]) => [pid, parent]));
}

/**
 * The identity of a process. An id alone is not enough, because ids are reused, especially after a restart of the
 * machine.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the form of `processIdentity`; only for comparison. */
  readonly started: string;
}

/**
 * Identifies a process.
 *
 * @param pid its id
 * @returns undefined when it has ended
 */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const stat = readProcStat(pid);
  if (stat !== undefined && !stat.isZombie) return { pid, started: `${bootId()} ${stat.startTicks}` };
  if (existsSync("/proc/self/stat")) return undefined;
  const { status, stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
  return status === 0 && stdout.trim() !== "" ? { pid, started: stdout.trim() } : undefined;
}

/**
 * Whether a process still runs.
 *
 * @param identity what `processIdentity` returned while it ran
 */
export function stillRuns(identity: ProcessIdentity): boolean {
  return processIdentity(identity.pid)?.started === identity.started;
}

/** Ticks are counted from the machine's start. */
function bootId(): string {
  const file = "/proc/sys/kernel/random/boot_id";
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

/**
 * Signals processes.
 *
 * @param pids their ids
 * @param name the signal
 * @returns those that were still there
 */
export function signalAll(pids: readonly number[], name: NodeJS.Signals | 0): number[] {
  return pids.filter((pid) => {
    try {
      return process.kill(pid, name);
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}

/**
 * Does something while processes are stopped. They exist and keep their connections, but do not answer.
 *
 * @param pids the processes
 * @param work what to do meanwhile
 */
export async function whileFrozen<T>(pids: readonly number[], work: () => Promise<T>): Promise<T> {
  signalAll(pids, "SIGSTOP");
  try {
    return await work();
  } finally {
    signalAll(pids, "SIGCONT");
  }
}

/**
 * Whether a process exists.
 *
 * @param pid its id
 */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Lets a process yield to others. Never fails: if the system refuses, the process keeps its priority. A process that
 * already yields more (`nice npm start`) is not changed, because only root may raise a priority.
 *
 * @param pid the process; 0 for this one
 * @param niceness 1 to 19; larger yields more
 */
export function yieldTo(pid: number, niceness: number): void {
  try {
    if (getPriority(pid) < niceness) setPriority(pid, niceness);
  } catch (error) {
    // It has ended, or the system does not allow changing priorities. Nothing depends on it.
    process.stderr.write(`process ${pid} keeps its priority: ${error instanceof Error ? error.message : error}\n`);
  }
}
