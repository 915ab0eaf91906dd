import { percentText } from "./assess.ts";
import { type Buckets, mergeBuckets, percentile } from "./histogram.ts";
import type { Condition, GeneratorSecond, LoadReport, Processing, StackSample } from "./model.ts";

/** Requests and latencies, added up over the seconds of a run. */
export type Totals = Pick<
  LoadReport,
  | "seconds"
  | "requests"
  | "votes"
  | "accepted"
  | "expected"
  | "unanswered"
  | "withoutRetryAfter"
  | "retries"
  | "retriedAccepted"
  | "status"
  | "latency"
>;

/**
 * Adds up the generator's records.
 *
 * @param timeline seconds of one generator or of several
 */
export function totalsOf(timeline: readonly GeneratorSecond[]): Totals {
  const sum = (of: (second: GeneratorSecond) => number) => timeline.reduce((total, second) => total + of(second), 0);
  const status: Record<string, number> = {};
  for (const second of timeline) {
    for (const [code, count] of Object.entries(second.status)) status[code] = (status[code] ?? 0) + count;
  }
  const answered = Object.values(status).reduce((total, count) => total + count, 0);
  const begun = timeline.filter((second) => second.firstAt > 0).map((second) => second.firstAt);
  const ended = timeline.filter((second) => second.lastAt > 0);
  const requests = sum((second) => second.sent);
  return {
    seconds: begun.length === 0 || ended.length === 0 ? 0 : (lastAnswer(timeline) - Math.min(...begun)) / 1_000,
    requests,
    votes: sum((second) => second.votes),
    accepted: status["202"] ?? 0,
    expected: sum((second) => second.expected),
    unanswered: requests - answered,
    withoutRetryAfter: sum((second) => second.withoutRetryAfter),
    retries: sum((second) => second.retries),
    retriedAccepted: sum((second) => second.retriedAccepted),
    status,
    latency: {
      minMs: ended.length === 0 ? 0 : Math.min(...ended.map((second) => second.minMs)),
      meanMs: answered === 0 ? 0 : sum((second) => second.sumMs) / answered,
      maxMs: Math.max(0, ...timeline.map((second) => second.maxMs)),
      taken: mergeBuckets(timeline.map((second) => second.taken)),
      refused: mergeBuckets(timeline.map((second) => second.refused)),
    },
  };
}

/** When the last answer came, milliseconds since the epoch. */
export function lastAnswer(timeline: readonly GeneratorSecond[]): number {
  return Math.max(0, ...timeline.map((second) => second.lastAt));
}

/** All latencies of a report. */
export function allLatencies(report: Pick<LoadReport, "latency">): Buckets {
  return mergeBuckets([report.latency.taken, report.latency.refused]);
}

/** The p95 of a report's promise: of all answers, or of accepted votes if the rest was refused. */
export function promisedP95(report: Pick<LoadReport, "latency" | "promise">): number | undefined {
  return percentile(report.promise === "sheds" ? report.latency.taken : allLatencies(report), 95);
}

/**
 * The samples from the last moment before the first vote, without the time in which the generator starts.
 *
 * @param samples in the order of time
 * @param timeline the generator's records
 */
export function sinceFirstVote(
  samples: readonly StackSample[],
  timeline: readonly GeneratorSecond[],
): readonly StackSample[] {
  const first = Math.min(...timeline.filter((second) => second.firstAt > 0).map((second) => second.firstAt));
  const from = samples.findLastIndex((sample) => sample.at <= first);
  return Number.isFinite(first) ? samples.slice(Math.max(0, from)) : samples;
}

/** The figures of the second half, except those that only the database knows. */
export function processingOf(
  samples: readonly StackSample[],
  accepted: number,
  endMs: number,
): Omit<Processing, "counted" | "duplicate" | "invalid"> | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const atEnd = samples.findLast((sample) => sample.at <= endMs) ?? first;
  const drained =
    samples.find((sample) => sample.at >= endMs && sample.votesQueue + sample.outcomesQueue === 0) ?? last;
  const perVote = (name: string) =>
    ((last.usage[name]?.cpuMs ?? 0) - (first.usage[name]?.cpuMs ?? 0)) / Math.max(1, accepted);
  const names = Object.keys(last.usage).filter((name) => name !== "generator");
  const by = Object.fromEntries(names.map((name) => [name, perVote(name)]));
  return {
    backlogAtEnd: atEnd.votesQueue + atEnd.outcomesQueue,
    catchUpSeconds: Math.max(0, (drained.at - endMs) / 1_000),
    perSecond: rateBetween(first, drained),
    bestPerSecond: Math.max(
      0,
      ...samples.map((sample, index) => rateBetween(samples[Math.max(0, index - 10)] ?? sample, sample)),
    ),
    cpuPerVoteMs: names.reduce((sum, name) => sum + perVote(name), 0),
    cpuPerVoteMsBy: by,
    generatorCpuPerVoteMs: perVote("generator"),
    peakRssBytes: Object.fromEntries(
      names.map((name) => [name, Math.max(...samples.map((sample) => sample.usage[name]?.rssBytes ?? 0))]),
    ),
    lastRssBytes: Object.fromEntries(names.map((name) => [name, last.usage[name]?.rssBytes ?? 0])),
  };
}

function rateBetween(from: StackSample, to: StackSample): number {
  return to.at <= from.at ? 0 : ((to.counted - from.counted) * 1_000) / (to.at - from.at);
}

/** A vote is decided at once and waits a second at most for its transaction. */
export const DECIDED_P95_MS = 1_200;
/** The limit of the p95: of all answers, or of accepted votes while the rest is refused. */
export const P95_LIMIT_MS = { serves: 100, sheds: 500 } as const;
/** The largest share of requests without an answer above the peak. */
const SHED_UNANSWERED = 0.005;

/**
 * The promises of a run's scenario, and whether they were kept.
 *
 * @param report the run
 */
export function conditionsOf(report: LoadReport): Condition[] {
  const p95 = promisedP95(report) ?? Number.POSITIVE_INFINITY;
  const p95Text = Number.isFinite(p95) ? `${p95.toFixed(1)} ms` : "no answer";
  const conditions: Condition[] =
    report.promise === "sheds"
      ? shedding(report, p95, p95Text)
      : [
          {
            name: "more than 99.9 % as they should be",
            ok: report.expected * 1_000 > report.requests * 999,
            detail: percentText(report.expected, report.requests),
          },
          { name: `p95 below ${P95_LIMIT_MS.serves} ms`, ok: p95 < P95_LIMIT_MS.serves, detail: p95Text },
        ];
  const { receiptWithin, tallyWithin } = (report.promise === "serves" ? report.processing : undefined) ?? {};
  for (const [name, within] of [
    ["accepted to receipt", receiptWithin],
    ["accepted to live tally", tallyWithin],
  ] as const) {
    if (within === undefined) continue;
    conditions.push({
      name: `${name}: p95 below ${DECIDED_P95_MS / 1000} s`,
      ok: within.p95Ms < DECIDED_P95_MS,
      detail: `${(within.p95Ms / 1000).toFixed(2)} s`,
    });
  }
  if (report.ledger !== undefined) {
    const { verdict, findings } = report.ledger;
    conditions.push({ name: "ledger", ok: verdict === "clean", detail: [verdict, ...findings].join("; ") });
  }
  return conditions;
}

function shedding(report: LoadReport, p95: number, p95Text: string): Condition[] {
  const refused = (report.status["429"] ?? 0) + (report.status["503"] ?? 0);
  const other = report.requests - report.expected - refused - report.unanswered;
  const { unanswered, requests } = report;
  return [
    {
      name: "refusals are 429 or 503 with Retry-After",
      ok: other <= requests * SHED_UNANSWERED && report.withoutRetryAfter === 0,
      detail: `${refused} refused, ${report.withoutRetryAfter} without Retry-After, ${other} otherwise`,
    },
    { name: "hardly a time-out", ok: unanswered <= requests * SHED_UNANSWERED, detail: `${unanswered} unanswered` },
    {
      name: `p95 of accepted votes below ${P95_LIMIT_MS.sheds} ms`,
      ok: p95 < P95_LIMIT_MS.sheds,
      detail: p95Text,
    },
    {
      name: "healthy right after",
      ok: report.healthyAfter !== false,
      detail: String(report.healthyAfter ?? "not asked"),
    },
  ];
}
