import { UserError } from "../../terminal/errors.ts";
import { mergeBuckets } from "./histogram.ts";
import type { GeneratorSecond, LoadReport } from "./model.ts";
import { totalsOf } from "./report.ts";

/**
 * Merges the reports of several machines that drove one stack at the same time, each with different voters. Latencies
 * are merged from their buckets, so percentiles are those of all requests and not averages of percentiles.
 *
 * @param reports at least one
 * @throws UserError when a shard is present twice, or the reports are of different runs
 */
export function mergeReports(reports: readonly LoadReport[]): LoadReport {
  const [first] = reports;
  if (first === undefined) throw new UserError("Name at least one report.", 2);
  const shards = reports.map((report) => report.shard);
  const twice = shards.find((shard, index) => shards.indexOf(shard) !== index);
  if (twice !== undefined) throw new UserError(`Shard ${twice} is there twice; every machine has its own --shard i/n.`);
  const others = reports.find((report) => report.scenario !== first.scenario || report.target !== first.target);
  if (others !== undefined) {
    throw new UserError(
      `${first.scenario} at ${first.target} and ${others.scenario} at ${others.target} are not shards of one run.`,
    );
  }
  const timeline = reports.flatMap((report) => report.timeline).sort((a, b) => a.at - b.at);
  const withStack = reports.find((report) => report.processing !== undefined) ?? first;
  const sum = (of: (report: LoadReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const ledgers = reports.flatMap((report) => (report.ledger === undefined ? [] : [report.ledger]));
  const worst = ledgers.find((ledger) => ledger.verdict !== "clean") ?? ledgers[0];
  return {
    ...withStack,
    ...totalsOf(timeline),
    timeline: perSecond(timeline),
    scenario: first.scenario,
    startedAt: reports.map((report) => report.startedAt).sort()[0] ?? first.startedAt,
    machine: [...new Set(reports.map((report) => report.machine))].join(" + "),
    shard: [...shards].sort().join(" "),
    offered: {
      votes: sum((report) => report.offered.votes),
      rate: sum((report) => report.offered.rate),
      seconds: Math.max(...reports.map((report) => report.offered.seconds)),
    },
    healthyAfter: reports.every((report) => report.healthyAfter !== false),
    ...(worst === undefined ? {} : { ledger: worst }),
  };
}

/** Adds up the seconds of all machines, so that each second of the merged run has all requests. */
function perSecond(timeline: readonly GeneratorSecond[]): GeneratorSecond[] {
  const seconds = new Map<number, GeneratorSecond>();
  for (const one of timeline) {
    const second = Math.floor(one.at / 1_000);
    const known = seconds.get(second);
    seconds.set(second, known === undefined ? one : together(known, one));
  }
  return [...seconds.values()];
}

function together(one: GeneratorSecond, other: GeneratorSecond): GeneratorSecond {
  return {
    at: Math.max(one.at, other.at),
    // 0: nothing was sent in that second.
    firstAt: Math.min(one.firstAt || other.firstAt, other.firstAt || one.firstAt),
    lastAt: Math.max(one.lastAt, other.lastAt),
    sent: one.sent + other.sent,
    votes: one.votes + other.votes,
    expected: one.expected + other.expected,
    withoutRetryAfter: one.withoutRetryAfter + other.withoutRetryAfter,
    retries: one.retries + other.retries,
    retriedAccepted: one.retriedAccepted + other.retriedAccepted,
    sumMs: one.sumMs + other.sumMs,
    minMs: Math.min(one.minMs, other.minMs),
    maxMs: Math.max(one.maxMs, other.maxMs),
    status: mergeBuckets([one.status, other.status]),
    taken: mergeBuckets([one.taken, other.taken]),
    refused: mergeBuckets([one.refused, other.refused]),
  };
}
