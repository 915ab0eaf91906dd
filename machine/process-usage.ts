import { readFileSync } from "node:fs";
import { allProcStats } from "./proc-stat.ts";

/** The usage of one kind of process so far. */
export interface Usage {
  /** CPU time in milliseconds, user and system. */
  readonly cpuMs: number;
  /** Resident memory. Pages that its processes may share (PostgreSQL's buffers, a program's code) are counted once. */
  readonly rssBytes: number;
}

const PAGE_BYTES = 4_096;

interface Memory {
  readonly residentBytes: number;
  /** The part of it that belongs to files and shared memory. */
  readonly sharedBytes: number;
}

function readMemory(pid: number): Memory {
  try {
    // Size, resident, shared and more, in pages: man 5 proc, /proc/pid/statm.
    const [, resident = 0, shared = 0] = readFileSync(`/proc/${pid}/statm`, "latin1").split(" ").map(Number);
    return { residentBytes: resident * PAGE_BYTES, sharedBytes: shared * PAGE_BYTES };
  } catch {
    return { residentBytes: 0, sharedBytes: 0 }; // It has ended.
  }
}

function together(processes: readonly Memory[]): number {
  const own = processes.reduce((sum, { residentBytes, sharedBytes }) => sum + residentBytes - sharedBytes, 0);
  return own + Math.max(0, ...processes.map(({ sharedBytes }) => sharedBytes));
}

/** Follows the CPU time and memory of the processes of a stack, including those that come and go. Linux only. */
export class ProcessMeter {
  readonly #cpuOf = new Map<string, Map<number, number>>();

  /**
   * Reads /proc.
   *
   * @param roots process ids by kind; children of `postgres` and `generator` are counted with them
   * @returns the usage of each kind since it was first seen
   */
  read(roots: Readonly<Record<string, readonly number[]>>): Record<string, Usage> {
    const all = allProcStats();
    const usage: Record<string, Usage> = {};
    for (const [name, pids] of Object.entries(roots)) {
      const withChildren = name === "postgres" || name === "generator";
      const seen = this.#cpuOf.get(name) ?? new Map<number, number>();
      this.#cpuOf.set(name, seen);
      const memory: Memory[] = [];
      for (const [pid, stat] of all) {
        if (!pids.includes(pid) && !(withChildren && pids.includes(stat.parent))) continue;
        seen.set(pid, stat.cpuMs);
        memory.push(readMemory(pid));
      }
      usage[name] = { cpuMs: [...seen.values()].reduce((sum, cpu) => sum + cpu, 0), rssBytes: together(memory) };
    }
    return usage;
  }
}
