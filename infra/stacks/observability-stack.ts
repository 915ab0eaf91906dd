import { Duration, Stack, type StackProps } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { MetricName } from "../../shared/runtime/metrics.ts";
import { AlarmMaker } from "../constructs/common/alarms.ts";
import { metricNamespace } from "../constructs/common/metric-namespace.ts";
import { DataAlarms } from "../constructs/monitoring/data-alarms.ts";
import { ServiceLevels } from "../constructs/monitoring/service-levels.ts";
import { VoteDashboard } from "../constructs/monitoring/vote-dashboard.ts";
import type { AwsSettings, Settings } from "../stages.ts";
import type { DataStack } from "./data-stack.ts";
import type { PipelineStack } from "./pipeline-stack.ts";

export interface ObservabilityStackProps extends StackProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly data: DataStack;
  readonly pipeline: PipelineStack;
}

/** What watches the whole: service levels, data stores, what the functions report, and one dashboard for it all. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props);
    const { settings, aws, data } = props;
    const { pipeline } = props.pipeline;
    const api = pipeline.api.api;
    const alarms = new AlarmMaker(settings, aws, data.alarmTopic);
    new ServiceLevels(this, "ServiceLevels", { api, alarms });
    new DataAlarms(this, "DataAlarms", { aws, alarms, database: data.database, rollCache: data.rollCache });
    this.#watchVotes(alarms, settings);
    alarms.alarms.push(...props.pipeline.alarms.alarms);
    new VoteDashboard(this, "Votes", { settings, api, pipeline, alarms });
  }

  /** What the functions say of votes that they could not decide, summed over laws and functions by Metrics Insights. */
  #watchVotes(alarms: AlarmMaker, settings: Settings): void {
    const sumOverLaws = (metric: MetricName) =>
      new cloudwatch.MathExpression({
        expression: `SELECT SUM(${metric}) FROM SCHEMA("${metricNamespace(settings.stage)}", law_id, service)`,
        label: metric,
        period: Duration.minutes(1),
      });
    alarms.add(this, "roll-not-loaded", {
      what: "Votes wait because the roll of their law is not loaded, or loaded with another pepper.",
      runbook: "alarm-roll-not-loaded",
      metric: sumOverLaws("RollNotLoaded"),
      threshold: 0,
      periods: 2,
    });
    alarms.add(this, "votes-undecided", {
      what: "Votes wait because Redis could not be asked.",
      runbook: "alarm-votes-undecided",
      metric: sumOverLaws("VotesUndecided"),
      threshold: 0,
      periods: 5,
      datapoints: 3,
    });
  }
}
