import type { Settings } from "../stages.ts";
import { PER_VOTE, STORED } from "./assumptions.ts";
import { type CostLine, costOf } from "./cost.ts";
import { firstLimit, type Limit, limitsOf } from "./limits.ts";
import { awsOf, type Demand, type Need, needOf, throughput } from "./model.ts";

/** Everything that `npm run capacity` says. */
export interface CapacityReport {
  readonly stage: string;
  readonly demand: Demand;
  readonly need: Need;
  readonly limits: readonly Limit[];
  readonly first_limit: Limit | undefined;
  readonly cost: readonly CostLine[];
  readonly cost_total: { readonly monthly_usd: number; readonly voting_day_usd: number };
}

/** Simple and composite alarms of an AWS stage; a test counts them. */
export const ALARMS = 48;

/**
 * Computes the report.
 *
 * @param demand what is to be carried
 * @param settings the stage's settings
 */
export function capacityReport(demand: Demand, settings: Settings): CapacityReport {
  const need = needOf(demand, settings);
  const limits = limitsOf(demand, need, settings);
  const cost = costOf(demand, need, settings, { alarms: ALARMS });
  const sum = (which: "monthly" | "votingDay") => cost.reduce((total, line) => total + line[which], 0);
  return {
    stage: settings.stage,
    demand,
    need,
    limits,
    first_limit: firstLimit(limits),
    cost,
    cost_total: { monthly_usd: sum("monthly"), voting_day_usd: sum("votingDay") },
  };
}

const number = (value: number, digits = 0) =>
  Number.isFinite(value)
    ? value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : "never";

/**
 * The report in words.
 *
 * @param report what was computed
 * @param settings the stage's settings, which the report compares
 * @param compare whether limits are listed
 */
export function reportText(report: CapacityReport, settings: Settings, compare: boolean): string {
  const { demand, need } = report;
  const aws = awsOf(settings);
  const takes = throughput(settings);
  const rows: ReadonlyArray<readonly [string, string, string]> = [
    ["average", `${number(need.averagePerSecond)} votes/s`, `${number(demand.votes)} votes in ${demand.hours} h`],
    [
      "ingest at once",
      number(need.concurrency.ingest),
      `peak × ${PER_VOTE.ingestMs.value} ms; up to ${aws.ingestConcurrency.maximum} are kept warm`,
    ],
    [
      "receipt at once",
      number(need.concurrency.receipt),
      `peak × ${PER_VOTE.statusRequests.value} look × ${PER_VOTE.readMs.value} ms`,
    ],
    [
      "validate at once",
      number(need.concurrency.validate),
      `settings allow ${settings.validate.maximumConcurrency}: ${number(takes.validate)} votes/s`,
    ],
    [
      "aggregate at once",
      number(need.concurrency.aggregate),
      `settings allow ${settings.aggregate.maximumConcurrency}: ${number(takes.aggregate)} votes/s`,
    ],
    ["votes in a queue", number(need.queues.steadyVotes), "peak × (window + batch time)"],
    [
      `after ${demand.outageMinutes} min outage`,
      number(need.queues.afterOutage),
      `drained ${number(need.queues.drainMinutes, 1)} min after its end, at the peak`,
    ],
    [
      "Redis memory",
      `${number(need.redis.gib, 2)} GiB`,
      `${STORED.redisBytesPerVoter.value} bytes × voters × ${demand.laws} laws → ${need.redis.nodeType ?? "more than one shard"} (settings: ${aws.redis.nodeType})`,
    ],
    ["Redis thread", `${number(need.redis.utilization * 100, 1)} %`, `peak × ${PER_VOTE.redisMicroseconds.value} µs`],
    [
      "PostgreSQL tables",
      `${number(need.database.tablesGib, 1)} GiB`,
      `storage ${number(need.database.storageGib)} GiB with reserve (settings: ${aws.database.allocatedGib}, up to ${aws.database.maxAllocatedGib})`,
    ],
    [
      "PostgreSQL hot pages",
      `${number(need.database.hotGib, 1)} GiB`,
      `→ ${need.database.instanceType ?? "larger than r8g.4xlarge"} (settings: ${aws.database.instanceType})`,
    ],
    [
      "PostgreSQL writes",
      `${number(need.database.walMibPerSecond, 1)} MiB/s`,
      `${number(need.database.transactionsPerSecond, 1)} transactions/s of ${settings.aggregate.batchSize} votes`,
    ],
    [
      "PostgreSQL connections",
      number(need.database.connections),
      `settings: ${aws.database.maxConnections}, of which the proxy takes 80 %`,
    ],
  ];
  const cost = report.cost.map((line): readonly [string, string, string] => [
    line.name,
    `$${number(line.monthly, 2)}`,
    `$${number(line.votingDay, 2)}`,
  ]);
  const { monthly_usd, voting_day_usd } = report.cost_total;
  return [
    `${number(demand.votes)} votes on each of ${demand.laws} laws, ${number(demand.peak)} votes/s at the peak, stage ${report.stage}`,
    "",
    columns(rows),
    "",
    ...(compare ? [limitsText(report), ""] : []),
    columns([
      ["cost, USD (list prices)", "a month", "voting day"],
      ...cost,
      ["total", `$${number(monthly_usd, 2)}`, `$${number(voting_day_usd, 2)}`],
    ]),
    ...(compare ? [] : ["", "--compare shows the limits of AWS beside what is needed."]),
  ].join("\n");
}

function limitsText(report: CapacityReport): string {
  const rows = report.limits.map((limit): readonly string[] => [
    limit.name,
    `${precise(limit.needed)} of ${precise(limit.limit)} ${limit.unit}`,
    `${number((limit.needed / limit.limit) * 100)} %`,
    limit.votesPerSecond === undefined ? "" : `${number(limit.votesPerSecond)} votes/s`,
    limit.raisedBy,
  ]);
  const first = report.first_limit;
  return [
    columns([["limit", "needed", "used", "reached at", "raised by"], ...rows]),
    "",
    first === undefined
      ? "Nothing depends on the rate."
      : `The first limit that more votes would meet: ${first.name}, at ${number(first.votesPerSecond ?? 0)} votes/s (${first.source}).`,
  ].join("\n");
}

function precise(value: number): string {
  return number(value, value < 10 && !Number.isInteger(value) ? 2 : 0);
}

function columns(rows: ReadonlyArray<readonly string[]>): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
