import { DATABASE_TYPES, PER_VOTE, POLLING, STORED } from "../../infra/capacity/assumptions.ts";
import { awsOf, throughput } from "../../infra/capacity/model.ts";
import { type CapacityReport, GATHERED } from "../../infra/capacity/report.ts";
import type { Settings } from "../../infra/settings.ts";
import { table } from "../../terminal/table.ts";

const number = (value: number, digits = 0) =>
  Number.isFinite(value)
    ? value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : "never";

/**
 * The report as text.
 *
 * @param report what was computed
 * @param settings the stage's settings, which the report compares
 * @param compare whether limits are listed
 */
export function reportText(report: CapacityReport, settings: Settings, compare: boolean): string {
  const { demand, need } = report;
  const aws = awsOf(settings);
  const takes = throughput(settings);
  const slowest = number(Math.min(...Object.values(takes)));
  const rows: ReadonlyArray<readonly [string, string, string]> = [
    [
      "average",
      `${number(need.averagePerSecond)} votes/s`,
      `${number(demand.votes * demand.laws)} votes in ${demand.hours} h`,
    ],
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
      Number.isFinite(need.queues.drainMinutes)
        ? `drained ${number(need.queues.drainMinutes, 1)} min after its end, at the peak, by ${slowest} votes/s`
        : `never drained at the peak, by ${slowest} votes/s`,
    ],
    [
      "votes in a batch",
      `${number(need.votesPerBatch.validate, 1)} and ${number(need.votesPerBatch.aggregate)}`,
      `of validate and aggregate, at the average, with ${POLLING.pollers.value} pollers each`,
    ],
    ["logs", `${number(need.logBytesPerVote)} bytes per vote`, "access log, metrics, and a line per batch"],
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
      "PostgreSQL CPU",
      `${number(need.database.busyCores, 2)} cores`,
      `peak × ${PER_VOTE.postgresMicroseconds.value} µs (settings: ${DATABASE_TYPES[aws.database.instanceType]?.vcpus ?? 0} virtual CPUs)`,
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
    table(rows),
    "",
    ...(compare ? [limitsText(report), ""] : []),
    table([
      ["cost, USD (list prices)", "a month", "voting day"],
      ...cost,
      ["total", `$${number(monthly_usd, 2)}`, `$${number(voting_day_usd, 2)}`],
    ]),
    "",
    withoutWindow(report, settings),
    ...(compare ? [] : ["", "--compare shows the limits of AWS beside what is needed."]),
  ].join("\n");
}

function withoutWindow(
  { without_window: { more_usd, more_usd_per_8_million_votes } }: CapacityReport,
  settings: Settings,
): string {
  const { batchSize, batchWindowSeconds } = settings.validate;
  if (batchWindowSeconds > 0)
    return `validate gathers votes for ${batchWindowSeconds} s: votes are counted that much later.`;
  return (
    `Of the voting day, $${number(more_usd, 2)} are for counting sooner: validate takes up to ${batchSize} votes at once ` +
    `instead of ${GATHERED.batchSize} within ${GATHERED.batchWindowSeconds} s. ` +
    `For 8 million votes that is $${number(more_usd_per_8_million_votes, 2)}.`
  );
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
    table([["limit", "needed", "used", "reached at", "raised by"], ...rows]),
    "",
    first === undefined
      ? "Nothing depends on the rate."
      : `The first limit that more votes would meet: ${first.name}, at ${number(first.votesPerSecond ?? 0)} votes/s (${first.source}).`,
  ].join("\n");
}

function precise(value: number): string {
  return number(value, value < 10 && !Number.isInteger(value) ? 2 : 0);
}
