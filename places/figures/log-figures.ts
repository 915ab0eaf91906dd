import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { localStatus } from "../local/local-status.ts";
import { filterLogEvents } from "../localstack/log-events.ts";
import type { FiguresSource, StageFigures } from "./figures.ts";
import { MetricLines } from "./metric-lines.ts";

/** The functions on the way of a vote, whose logs have the metrics. */
const FUNCTIONS = ["ingest", "validate", "aggregate"] as const;
/** How much of an existing log is read at first: some minutes of voting. */
const FIRST_BYTES = 2 * 1024 * 1024;
/** The largest part of a log that is read at once. */
const MOST_BYTES = 8 * 1024 * 1024;
const EVERY_MS = 2_000;
/** LocalStack answers slowly, and what it keeps is read again from a moment before the last reading. */
const LOCALSTACK_EVERY_MS = 10_000;
const OVERLAP_MS = 30_000;

/** The metrics of a local stack: the lines that its functions log, and what its front says of the queues. */
export class LocalFigures implements FiguresSource {
  readonly everyMs = EVERY_MS;
  readonly #dataDir: string;
  readonly #lines = new MetricLines();
  readonly #ends = new Map<string, number>();

  /** @param dataDir the data directory of the stack */
  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  async read(): Promise<StageFigures> {
    for (const name of FUNCTIONS) this.#lines.add(this.#newLines(join(this.#dataDir, "logs", `${name}.log`)));
    const nowMs = Date.now();
    return { source: "logs", ...this.#lines.figures(nowMs), oldest: await this.#oldest(nowMs), alarms: null };
  }

  async #oldest(nowMs: number): Promise<StageFigures["oldest"]> {
    const { queues } = await localStatus(this.#dataDir);
    const ageOf = (end: string) => {
      const queue = queues.find(({ name }) => name.endsWith(end));
      if (queue === undefined) return null;
      return queue.oldest_ms === null ? 0 : Math.max(0, (nowMs - queue.oldest_ms) / 1_000);
    };
    return { votes: ageOf("-votes"), outcomes: ageOf("-outcomes") };
  }

  /** What was added to a log since it was read last, in whole lines. */
  #newLines(path: string): string[] {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const before = this.#ends.get(path) ?? Math.max(0, size - FIRST_BYTES);
    // A log that became too long is emptied, and begins anew.
    const from = Math.max(size < before ? 0 : before, size - MOST_BYTES);
    if (size === from) return [];
    const buffer = Buffer.alloc(size - from);
    const file = openSync(path, "r");
    try {
      const text = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, from));
      const whole = text.subarray(0, text.lastIndexOf(10) + 1);
      this.#ends.set(path, from + whole.length);
      return whole.toString("utf8").split("\n");
    } finally {
      closeSync(file);
    }
  }
}

/** The metrics of the stage on LocalStack, which keeps what functions log and makes no metrics of it. */
export class LocalStackFigures implements FiguresSource {
  readonly everyMs = LOCALSTACK_EVERY_MS;
  readonly #endpoint: string;
  readonly #seen = new Map<string, number>();
  readonly #lines = new MetricLines();
  #sinceMs = Date.now() - 15 * 60_000;

  /** @param endpoint LocalStack's */
  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  async read(): Promise<StageFigures> {
    const nowMs = Date.now();
    for (const name of FUNCTIONS) {
      // A function that was not called yet has no log.
      const events = (await filterLogEvents(this.#endpoint, name, { sinceMs: this.#sinceMs })) ?? [];
      const fresh = events.filter(({ eventId }) => !this.#seen.has(eventId));
      for (const { eventId } of fresh) this.#seen.set(eventId, nowMs);
      this.#lines.add(fresh.map(({ message }) => message));
    }
    this.#sinceMs = nowMs - OVERLAP_MS;
    for (const [id, atMs] of this.#seen) if (atMs < nowMs - 2 * OVERLAP_MS) this.#seen.delete(id);
    const oldest = { votes: null, outcomes: null };
    return { source: "logs", ...this.#lines.figures(nowMs), oldest, alarms: null };
  }
}
