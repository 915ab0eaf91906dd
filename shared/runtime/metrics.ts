import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { metrics } from "./log.ts";

/** The metrics of a vote in the order of its stages. Each has the dimensions service and law_id. */
export const METRIC_NAMES = [
  "VotesAccepted",
  "VotesDecidedAccepted",
  "VotesDecidedDuplicate",
  "VotesDecidedInvalid",
  "VotesUndecided",
  "RollNotLoaded",
  "VotesCounted",
  "VotesDuplicate",
  "VotesInvalid",
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** Sums over all laws, with only the dimension service, so that an alarm can divide one by another. */
export const TOTALS = ["VotesDecided", "VotesDecidedInvalid"] as const satisfies readonly (
  | MetricName
  | "VotesDecided"
)[];

/**
 * Publishes how many votes a batch decided, and how many of them were invalid, over all laws.
 *
 * @param entries the metric of each vote
 */
export function publishDecided(entries: readonly { readonly metric: MetricName }[]): void {
  const decided = entries.filter(({ metric }) => metric.startsWith("VotesDecided"));
  if (decided.length === 0) return;
  const [total, invalid] = TOTALS;
  metrics.addMetric(total, MetricUnit.Count, decided.length);
  metrics.addMetric(invalid, MetricUnit.Count, decided.filter(({ metric }) => metric === invalid).length);
  metrics.publishStoredMetrics();
}

/** Messages that a consumer has refused because no part of this system wrote them, with the dimension service. */
export const MESSAGES_REFUSED = "MessagesRefused";

/**
 * Publishes how many messages a batch had that were refused. Not per law: whoever forges a message chooses its law.
 *
 * @param count how many
 */
export function publishRefused(count: number): void {
  metrics.addMetric(MESSAGES_REFUSED, MetricUnit.Count, count);
  metrics.publishStoredMetrics();
}

/** How long counted votes took since they were accepted, with only the dimension service. */
export const SECONDS_TO_COUNTED = "SecondsToCounted";
/** Values of a metric in one line; the format takes 100 (CloudWatch User Guide, "Embedded metric format"). */
const MOST_VALUES = 50;

/**
 * Publishes how long votes took from accepted to counted. Of many, as many are taken as fit, evenly by their rank, so
 * that percentiles stay what they are.
 *
 * @param seconds of each vote of a batch
 */
export function publishSecondsToCounted(seconds: readonly number[]): void {
  if (seconds.length === 0) return;
  const sorted = seconds.toSorted((a, b) => a - b);
  const values = Math.min(sorted.length, MOST_VALUES);
  for (let index = 0; index < values; index++) {
    const rank = Math.floor(((index + 0.5) / values) * sorted.length);
    metrics.addMetric(SECONDS_TO_COUNTED, MetricUnit.Seconds, sorted[rank] ?? 0);
  }
  metrics.publishStoredMetrics();
}

/** How long a migration has run so far, with the dimension service. */
export const MIGRATION_SECONDS = "MigrationSeconds";

/**
 * Publishes how long the migration under way has run.
 *
 * @param seconds since its beginning
 */
export function publishMigrationSeconds(seconds: number): void {
  metrics.addMetric(MIGRATION_SECONDS, MetricUnit.Seconds, seconds);
  metrics.publishStoredMetrics();
}

/**
 * Publishes a count per law.
 *
 * @param entries the law and the metric of each counted thing
 */
export function publishCounts(entries: Iterable<{ readonly lawId: string; readonly metric: MetricName }>): void {
  const laws = new Map<string, Map<MetricName, number>>();
  for (const { lawId, metric } of entries) {
    const counts = laws.get(lawId) ?? new Map<MetricName, number>();
    counts.set(metric, (counts.get(metric) ?? 0) + 1);
    laws.set(lawId, counts);
  }
  for (const [lawId, counts] of laws) {
    metrics.addDimension("law_id", lawId);
    for (const [metric, count] of counts) metrics.addMetric(metric, MetricUnit.Count, count);
    metrics.publishStoredMetrics();
  }
}

/**
 * Public logs, with only the dimension service: how many are not continued before somebody has looked at them, how many
 * had more entries than a run could take, and how many epochs were published.
 */
export const LOGS_STOPPED = "LogsStopped";
export const LOGS_BEHIND = "LogsBehind";
export const LOG_EPOCHS = "LogEpochs";

/**
 * Publishes what came of a run over the logs of laws.
 *
 * @param kept how many of each
 */
export function publishLogs(kept: {
  readonly epochs: number;
  readonly stopped: number;
  readonly behind: number;
}): void {
  // Most runs find nothing to do.
  if (kept.epochs + kept.stopped + kept.behind === 0) return;
  metrics.addMetric(LOG_EPOCHS, MetricUnit.Count, kept.epochs);
  metrics.addMetric(LOGS_STOPPED, MetricUnit.Count, kept.stopped);
  metrics.addMetric(LOGS_BEHIND, MetricUnit.Count, kept.behind);
  metrics.publishStoredMetrics();
}
