import { DECIDED_P95_MS } from "../../load/report/report.ts";
import { type Measurement, median, summarize } from "./measure.ts";
import { type Answers, percentileOf } from "./open-loop.ts";

/** The result of one round at a rate: the answers of each generator. The first generator is the one at that rate. */
export interface RateRound {
  readonly answers: readonly Answers[];
  /** From accepted to counted, p95 of those who voted one by one beside the others, if there were any. */
  readonly countedMs?: number | undefined;
  /** CPU of the system's processes, until everything was counted. */
  readonly cpuMs: number;
  /** CPU of this process, which generated. */
  readonly generatorMs: number;
}

/** A condition for one generator's answers: for latencies in the median round, for statuses in all rounds. */
export interface Limit {
  /** The generator, by its place among the answers of a round. */
  readonly answers: number;
  /** Words for it, where there are several. */
  readonly what?: string;
  /** All answers must have this status. */
  readonly statusCode: number;
  readonly percent: number;
  readonly limitMs: number;
}

/**
 * Sums up rounds at a rate: answers per second, percentiles, CPU of system and generator, and conditions.
 *
 * @param name what was measured
 * @param unit what is counted
 * @param rounds at least one
 * @param limits the conditions
 */
export function judge(name: string, unit: string, rounds: readonly RateRound[], limits: readonly Limit[]): Measurement {
  const count = Math.max(...rounds.map(({ answers }) => total(answers[0])));
  const requests = Math.max(1, ...rounds.map(({ answers }) => answers.reduce((sum, one) => sum + total(one), 0)));
  const timed = rounds.map(({ answers, cpuMs }) => ({ seconds: answers[0]?.seconds ?? 0, cpuMs }));
  const middle = (which: number, percent: number) =>
    median(rounds.map(({ answers }) => percentileOf(answers[which]?.latenciesMs ?? NOTHING, percent) ?? Infinity));
  const conditions = limits.flatMap(({ answers: which, what, statusCode, percent, limitMs }) => {
    const measured = middle(which, percent);
    const of = what === undefined ? "" : ` ${what}`;
    const others = rounds.reduce(
      (sum, { answers }) => sum + total(answers[which]) - status(answers[which], statusCode),
      0,
    );
    return [
      { what: `p${percent}${of} < ${limitMs} ms`, measured, holds: measured < limitMs },
      { what: `answers${of} that are not ${statusCode}`, measured: others, holds: others === 0 },
    ];
  });
  const waits = rounds.flatMap(({ countedMs }) => countedMs ?? []);
  const counted = waits.length === 0 ? undefined : median(waits);
  if (counted !== undefined) {
    const what = `counted, p95 < ${DECIDED_P95_MS} ms`;
    conditions.push({ what, measured: counted, holds: counted < DECIDED_P95_MS });
  }
  const more = {
    "p50 ms": middle(0, 50),
    "p95 ms": middle(0, 95),
    "p99 ms": middle(0, 99),
    ...(counted === undefined ? {} : { "counted, p95 ms": counted }),
    "generator's CPU, µs each": (median(rounds.map(({ generatorMs }) => generatorMs)) * 1_000) / requests,
  };
  return { ...summarize(name, count, timed, more, unit), conditions };
}

const NOTHING = new Float64Array();

function total(answers: Answers | undefined): number {
  return [...(answers?.statuses.values() ?? [])].reduce((sum, one) => sum + one, 0);
}

function status(answers: Answers | undefined, statusCode: number): number {
  return answers?.statuses.get(statusCode) ?? 0;
}
