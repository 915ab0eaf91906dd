import { readdirSync, readFileSync } from "node:fs";

/**
 * Ticks of /proc/<pid>/stat: Linux reports them at 100 per second, whatever its own timer does (man 5 proc, USER_HZ).
 */
const TICK_MS = 10;

/** The facts about a process in Linux's /proc/<pid>/stat. */
export interface ProcStat {
  readonly parent: number;
  /** Whether it has ended, and is only there until its parent asks how. */
  readonly isZombie: boolean;
  /** CPU time in milliseconds, user and system. */
  readonly cpuMs: number;
  /** When it started, in ticks since the machine was booted. */
  readonly startTicks: number;
}

/**
 * Reads /proc/<pid>/stat.
 *
 * @param pid the process
 * @returns undefined when there is no such process, or no /proc
 */
export function readProcStat(pid: number): ProcStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined; // It has ended, or this is not Linux.
  }
  // The name may contain blanks and parentheses, but the fields after its last parenthesis do not. Fields: man 5 proc.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  const isZombie = fields[0] === "Z";
  return { parent: field(4), isZombie, cpuMs: (field(14) + field(15)) * TICK_MS, startTicks: field(22) };
}

/** Every process with Linux's facts about it. */
export function allProcStats(): Map<number, ProcStat> {
  const all = new Map<number, ProcStat>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProcStat(Number(name));
    if (stat !== undefined) all.set(Number(name), stat);
  }
  return all;
}
