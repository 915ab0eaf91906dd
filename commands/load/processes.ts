import { readdirSync, readFileSync } from "node:fs";

/** What one kind of process has used so far. */
export interface Usage {
  /** CPU time in milliseconds, user and system. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Ticks of /proc/<pid>/stat: Linux reports them at 100 a second, whatever its own timer does (man 5 proc, USER_HZ). */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;

interface Stat {
  readonly parent: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
}

function readStat(pid: number | string): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined; // It has ended.
  }
  // The name may hold blanks; what follows its closing parenthesis does not. Fields: man 5 proc.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  return { parent: field(4), cpuMs: (field(14) + field(15)) * TICK_MS, rssBytes: field(24) * PAGE_BYTES };
}

/** Follows the CPU time and memory of the processes of a stack, including those that come and go. Linux only. */
export class ProcessMeter {
  readonly #cpuOf = new Map<string, Map<number, number>>();

  /**
   * Reads /proc.
   *
   * @param roots process ids by what they are; children of `postgres` and `generator` are counted with them
   * @returns what each kind has used since it was first seen
   */
  read(roots: Readonly<Record<string, readonly number[]>>): Record<string, Usage> {
    const all = allProcesses();
    const usage: Record<string, Usage> = {};
    for (const [name, pids] of Object.entries(roots)) {
      const withChildren = name === "postgres" || name === "generator";
      const seen = this.#cpuOf.get(name) ?? new Map<number, number>();
      this.#cpuOf.set(name, seen);
      let rssBytes = 0;
      for (const [pid, stat] of all) {
        if (!pids.includes(pid) && !(withChildren && pids.includes(stat.parent))) continue;
        seen.set(pid, stat.cpuMs);
        rssBytes += stat.rssBytes;
      }
      usage[name] = { cpuMs: [...seen.values()].reduce((sum, cpu) => sum + cpu, 0), rssBytes };
    }
    return usage;
  }
}

function allProcesses(): Map<number, Stat> {
  const all = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(name);
    if (stat !== undefined) all.set(Number(name), stat);
  }
  return all;
}
