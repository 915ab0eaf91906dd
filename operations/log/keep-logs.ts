import type { LogStopped } from "./log-stopped.ts";
import type { LogPorts, LogRules, MarkedLaw } from "./ports.ts";
import { type LogRun, runLog } from "./run-log.ts";

/** What keeping the logs of a stage needs. */
export interface LogKeeping {
  readonly ports: LogPorts;
  readonly rules: LogRules;
  readonly marks: LogMarks;
  readonly onError: (lawId: string, error: unknown) => void;
  readonly onStopped: (lawId: string, stopped: LogStopped) => void;
  readonly onPublished: (lawId: string, run: LogRun) => void;
}

/** What came of looking at laws. */
export interface KeptLogs {
  /** Epochs that were published. */
  readonly epochs: number;
  /** Logs that somebody must look at. */
  readonly stopped: number;
  /** Logs whose entries wait for the next run, because the time was over. */
  readonly behind: number;
  /** Logs whose run failed, because of a server for example. */
  readonly failed: number;
  /** The run of the law that was named; undefined: it failed, or the law has no log. */
  readonly run?: LogRun | undefined;
}

/**
 * Where nothing has happened since the last run of a law, the next one is left out for a while: on a developer's
 * machine there is one every few seconds.
 */
export class LogMarks {
  readonly #everyMs: number;
  readonly #now: () => number;
  readonly #seen = new Map<string, { readonly mark: string; readonly at: number }>();

  /**
   * @param everyMs after how long each law is looked at in any case: what is published may have been changed
   * @param now milliseconds of a clock that is never set back
   */
  constructor(everyMs: number, now: () => number) {
    this.#everyMs = everyMs;
    this.#now = now;
  }

  /** Whether a law was as it is at the last run, which was a short time ago. */
  isCurrent({ lawId, mark }: MarkedLaw): boolean {
    const seen = this.#seen.get(lawId);
    return seen?.mark === mark && this.#now() - seen.at < this.#everyMs;
  }

  /** Notes that a run found nothing that it could do. */
  note({ lawId, mark }: MarkedLaw): void {
    this.#seen.set(lawId, { mark, at: this.#now() });
  }
}

/**
 * Continues the logs of laws. What is wrong with one of them keeps no other from going on.
 *
 * @param keeping ports, rules, and what is told
 * @param lawId this law only; undefined: every law
 * @param isOver says when to begin nothing more
 */
export async function keepLogs(
  keeping: LogKeeping,
  lawId: string | undefined,
  isOver: () => boolean,
): Promise<KeptLogs> {
  const { ports, rules, marks } = keeping;
  const kept: { -readonly [Name in keyof KeptLogs]: KeptLogs[Name] } = { epochs: 0, stopped: 0, behind: 0, failed: 0 };
  for (const law of await ports.database.laws()) {
    if (lawId === undefined ? marks.isCurrent(law) : law.lawId !== lawId) continue;
    if (isOver()) {
      kept.behind += 1;
      continue;
    }
    try {
      const run = await runLog(ports, law, rules, isOver);
      if (lawId !== undefined) kept.run = run;
      kept.epochs += run.epochs;
      if (run.epochs > 0) keeping.onPublished(law.lawId, run);
      if (run.outcome === "out_of_time") kept.behind += 1;
      if (run.epochs === 0 && (run.outcome === "current" || run.outcome === "stopped")) marks.note(law);
      if (run.stopped === undefined) continue;
      kept.stopped += 1;
      keeping.onStopped(law.lawId, run.stopped);
    } catch (error) {
      kept.failed += 1;
      keeping.onError(law.lawId, error);
    }
  }
  return kept;
}
