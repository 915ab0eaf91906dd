import { UserError } from "../cli.ts";
import type { LoadReport } from "./model.ts";
import { totalsOf } from "./report.ts";

/**
 * Merges the reports of several machines that drove one stack at the same time with voters of their own. Latencies are
 * merged from their buckets, so percentiles are those of all requests and not averages of percentiles.
 *
 * @param reports at least one
 * @throws UserError when the same shard is there twice
 */
export function mergeReports(reports: readonly LoadReport[]): LoadReport {
  const [first] = reports;
  if (first === undefined) throw new UserError("Name at least one report.", 2);
  const shards = reports.map((report) => report.shard);
  const twice = shards.find((shard, index) => shards.indexOf(shard) !== index);
  if (twice !== undefined) throw new UserError(`Shard ${twice} is there twice; every machine has its own --shard i/n.`);
  const timeline = reports.flatMap((report) => report.timeline).sort((a, b) => a.at - b.at);
  const withStack = reports.find((report) => report.processing !== undefined) ?? first;
  const sum = (of: (report: LoadReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const ledgers = reports.flatMap((report) => (report.ledger === undefined ? [] : [report.ledger]));
  const worst = ledgers.find((ledger) => ledger.verdict !== "clean") ?? ledgers[0];
  return {
    ...withStack,
    ...totalsOf(timeline),
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
    timeline,
  };
}
