import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

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
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return new Map(pids.flatMap((pid) => parentOf(pid).map((parent): [number, number] => [Number(pid), parent])));
}

function parentOf(pid: string): number[] {
  try {
    return [Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1])];
  } catch {
    return []; // It has ended meanwhile.
  }
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
 * Does something while processes are stopped: they exist and keep their connections, but answer nothing.
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
