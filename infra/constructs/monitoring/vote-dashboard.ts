import { Duration } from "aws-cdk-lib";
import type * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { type MetricName, SECONDS_TO_COUNTED } from "../../../shared/runtime/metrics.ts";
import type { Settings, StageName } from "../../stages.ts";
import { voteMetric } from "../api/vote-metrics.ts";
import type { AlarmMaker } from "../common/alarms.ts";
import { metricNamespace } from "../common/metric-namespace.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { WorkQueue } from "../pipeline/work-queue.ts";

export interface VoteDashboardProps {
  readonly settings: Settings;
  readonly api: apigateway.RestApi;
  readonly pipeline: Pipeline;
  readonly alarms: AlarmMaker;
}

const PERIOD = Duration.minutes(1);
/** A dashboard row is 24 units wide. */
const THIRD = 8;

/**
 * The metrics that functions emit, in the order of a vote's way. They carry the dimensions service and law_id; a search
 * finds every law without naming one here.
 *
 * @param stage whose
 * @param metric which one
 * @param byLaw one line for each law, else their sum
 */
function outcomeMetric(stage: StageName, metric: MetricName, byLaw: boolean): cloudwatch.MathExpression {
  const search = `SEARCH('{"${metricNamespace(stage)}",service,law_id} MetricName="${metric}"', 'Sum', ${PERIOD.toSeconds()})`;
  return new cloudwatch.MathExpression({
    expression: byLaw ? search : `SUM(${search})`,
    label: byLaw ? `${metric} \${PROP('Dim.law_id')}` : metric,
    period: PERIOD,
  });
}

/** A vote's way from left to right: accepted, decided, counted; below it what waits, and what is wrong. */
export class VoteDashboard extends Construct {
  constructor(scope: Construct, id: string, props: VoteDashboardProps) {
    super(scope, id);
    const { settings, api, pipeline, alarms } = props;
    const outcomes = (title: string, ...metrics: MetricName[]) =>
      new cloudwatch.GraphWidget({
        title,
        width: THIRD,
        left: metrics.map((metric) => outcomeMetric(settings.stage, metric, false)),
        leftYAxis: { min: 0 },
      });
    new cloudwatch.Dashboard(this, "Dashboard", {
      dashboardName: `referendum-${settings.stage}`,
      defaultInterval: Duration.hours(3),
      widgets: [
        [new cloudwatch.AlarmStatusWidget({ title: "Alarms", width: 24, height: 4, alarms: alarms.alarms })],
        [
          outcomes("1 · accepted", "VotesAccepted"),
          outcomes(
            "2 · decided",
            "VotesDecidedAccepted",
            "VotesDecidedDuplicate",
            "VotesDecidedInvalid",
            "VotesUndecided",
          ),
          outcomes("3 · counted", "VotesCounted", "VotesDuplicate", "VotesInvalid"),
        ],
        [
          new cloudwatch.GraphWidget({
            title: "accepted, per law",
            width: THIRD,
            left: [outcomeMetric(settings.stage, "VotesAccepted", true)],
          }),
          new cloudwatch.GraphWidget({
            title: "roll not loaded, per law",
            width: THIRD,
            left: [outcomeMetric(settings.stage, "RollNotLoaded", true)],
          }),
          new cloudwatch.GraphWidget({
            title: "counted, per law",
            width: THIRD,
            left: [outcomeMetric(settings.stage, "VotesCounted", true)],
          }),
        ],
        [toCountedWidget(settings.stage)],
        [apiWidget(api), queueWidget("votes", pipeline.votes), queueWidget("outcomes", pipeline.outcomes)],
      ],
    });
  }
}

/** How long counted votes took since they were accepted. */
function toCountedWidget(stage: StageName): cloudwatch.GraphWidget {
  const percentile = (statistic: string) =>
    new cloudwatch.Metric({
      namespace: metricNamespace(stage),
      metricName: SECONDS_TO_COUNTED,
      dimensionsMap: { service: "aggregate" },
      statistic,
      period: PERIOD,
      label: statistic,
    });
  return new cloudwatch.GraphWidget({
    title: "from accepted to counted, seconds",
    width: THIRD,
    left: [percentile("p50"), percentile("p95")],
    leftYAxis: { min: 0 },
  });
}

function apiWidget(api: apigateway.RestApi): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({
    title: "POST /api/v1/vote",
    width: THIRD,
    left: [
      voteMetric(api, "Count", "Sum", PERIOD),
      voteMetric(api, "4XXError", "Sum", PERIOD),
      voteMetric(api, "5XXError", "Sum", PERIOD),
    ],
    right: [voteMetric(api, "Latency", "p95", PERIOD), voteMetric(api, "Latency", "p50", PERIOD)],
  });
}

function queueWidget(name: string, { queue, deadLetterQueue }: WorkQueue): cloudwatch.GraphWidget {
  const options = { period: PERIOD, statistic: "Maximum" };
  return new cloudwatch.GraphWidget({
    title: `${name}: waiting, and how long`,
    width: THIRD,
    left: [
      queue.metricApproximateNumberOfMessagesVisible({ ...options, label: "waiting" }),
      deadLetterQueue.metricApproximateNumberOfMessagesVisible({ ...options, label: "dead letters" }),
    ],
    right: [queue.metricApproximateAgeOfOldestMessage({ ...options, label: "oldest, seconds" })],
  });
}
