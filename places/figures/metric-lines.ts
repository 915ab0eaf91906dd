import { z } from "zod";
import type { MetricName } from "../../shared/runtime/metrics.ts";
import type { FlowNow, FlowPoint, StageFigures } from "./figures.ts";

/** How long what was read is kept, in milliseconds. */
const KEPT_MS = 15 * 60_000;
const STEP_MS = 10_000;
/** A function publishes once a second at most, and a consumer after each batch: the last two seconds may lack some. */
const LATE_MS = 2_000;
const NOW_MS = 10_000;
/** For how long latencies are looked at. */
const LATENCY_MS = 60_000;

/** A line of metrics as functions log it, with the figures that are of interest here. */
const MetricLine = z.looseObject({ _aws: z.object({ Timestamp: z.number() }) });
const figure = z.union([z.number(), z.array(z.number())]);

/** The metrics of a vote's stations. */
const ACCEPTED: readonly MetricName[] = ["VotesAccepted"];
const DECIDED: readonly MetricName[] = ["VotesDecidedAccepted", "VotesDecidedDuplicate", "VotesDecidedInvalid"];
const COUNTED: readonly MetricName[] = ["VotesCounted"];
const OTHERS: readonly MetricName[] = ["VotesUndecided"];
const NAMES = [...ACCEPTED, ...DECIDED, ...COUNTED, ...OTHERS];
const LATENCY = "SecondsToCounted";

/** The counts of a second. */
type Counts = Partial<Record<MetricName, number>>;

/** Adds up the lines of metrics that functions log. */
export class MetricLines {
  readonly #seconds = new Map<number, Counts>();
  #latencies: { readonly atMs: number; readonly seconds: number }[] = [];

  /**
   * Adds lines. Others than those of metrics are passed over.
   *
   * @param lines of a log of `ingest`, `validate` or `aggregate`
   */
  add(lines: readonly string[]): void {
    for (const line of lines) {
      // Most lines are of something else, and parsing costs.
      if (!line.includes('"_aws"')) continue;
      const entry = MetricLine.safeParse(parsed(line)).data;
      if (entry !== undefined) this.#addEntry(entry);
    }
  }

  /**
   * What the lines say.
   *
   * @param nowMs milliseconds since the epoch
   */
  figures(nowMs: number): Omit<StageFigures, "oldest" | "alarms" | "source"> {
    this.#forget(nowMs - KEPT_MS);
    const until = nowMs - LATE_MS;
    return {
      nowSeconds: NOW_MS / 1_000,
      now: this.#between(until - NOW_MS, until),
      stepSeconds: STEP_MS / 1_000,
      points: this.#points(until),
      toCounted: this.#latency(nowMs - LATENCY_MS),
    };
  }

  #addEntry(entry: z.output<typeof MetricLine>): void {
    const atMs = entry._aws.Timestamp;
    const second = Math.floor(atMs / 1_000);
    for (const name of NAMES) {
      const values = figure.safeParse(entry[name]).data;
      if (values === undefined) continue;
      const counts = this.#seconds.get(second) ?? {};
      counts[name] = (counts[name] ?? 0) + [values].flat().reduce((total, value) => total + value, 0);
      this.#seconds.set(second, counts);
    }
    const latencies = figure.safeParse(entry[LATENCY]).data;
    if (latencies !== undefined) this.#latencies.push(...[latencies].flat().map((seconds) => ({ atMs, seconds })));
  }

  #forget(beforeMs: number): void {
    for (const second of this.#seconds.keys()) if (second * 1_000 < beforeMs) this.#seconds.delete(second);
    this.#latencies = this.#latencies.filter(({ atMs }) => atMs >= beforeMs);
  }

  /** Whole steps, from the first that has something on; what comes later than the last is still to be logged. */
  #points(untilMs: number): FlowPoint[] {
    const first = Math.min(...this.#seconds.keys());
    if (!Number.isFinite(first)) return [];
    const points: FlowPoint[] = [];
    for (let at = Math.floor((first * 1_000) / STEP_MS) * STEP_MS; at + STEP_MS <= untilMs; at += STEP_MS) {
      const { accepted, decided, counted } = this.#between(at, at + STEP_MS);
      points.push({ at: new Date(at).toISOString(), accepted, decided, counted });
    }
    return points;
  }

  /** The mean per second of a time. */
  #between(fromMs: number, untilMs: number): FlowNow {
    const [from, until] = [Math.ceil(fromMs / 1_000), Math.ceil(untilMs / 1_000)];
    const total: Counts = {};
    for (let second = from; second < until; second++) {
      for (const name of NAMES) total[name] = (total[name] ?? 0) + (this.#seconds.get(second)?.[name] ?? 0);
    }
    const mean = (names: readonly MetricName[]) =>
      names.reduce((sum, name) => sum + (total[name] ?? 0), 0) / Math.max(1, until - from);
    return {
      accepted: mean(ACCEPTED),
      decided: mean(DECIDED),
      counted: mean(COUNTED),
      duplicate: mean(["VotesDecidedDuplicate"]),
      invalid: mean(["VotesDecidedInvalid"]),
      undecided: mean(OTHERS),
    };
  }

  #latency(sinceMs: number): StageFigures["toCounted"] {
    const sorted = this.#latencies
      .filter(({ atMs }) => atMs >= sinceMs)
      .map(({ seconds }) => seconds)
      .sort((a, b) => a - b);
    if (sorted.length === 0) return null;
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return { p50: at(0.5), p95: at(0.95) };
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // A line that is not whole is not a line of metrics.
  }
}
