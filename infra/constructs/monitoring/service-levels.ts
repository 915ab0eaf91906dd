import { Duration } from "aws-cdk-lib";
import type * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { failedShare, voteMetric } from "../api/vote-metrics.ts";
import type { AlarmMaker } from "../common/alarms.ts";

export interface ServiceLevelsProps {
  readonly api: apigateway.RestApi;
  readonly alarms: AlarmMaker;
}

/**
 * How fast the error budget may burn before somebody is called: 14.4 × is two per cent of a month's budget in an hour,
 * 6 × five per cent in six hours; the short window is a twelfth of the long one (Google, The Site Reliability
 * Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts").
 */
const BURN_RATES = [
  { name: "fast", rate: 14.4, long: Duration.hours(1), short: Duration.minutes(5) },
  { name: "slow", rate: 6, long: Duration.hours(6), short: Duration.minutes(30) },
] as const;

/** Whether votes are accepted, and how fast, which is what voters notice. */
export class ServiceLevels extends Construct {
  constructor(scope: Construct, id: string, props: ServiceLevelsProps) {
    super(scope, id);
    const { api, alarms } = props;
    const { errorBudget, latencyP95Ms } = alarms.thresholds;
    for (const { name, rate, long, short } of BURN_RATES) {
      const window = (which: string, period: Duration) =>
        new cloudwatch.Alarm(this, `Window-${name}-${which}`, {
          alarmDescription: `Part of the alarm on a ${name} burn of the error budget; it tells nobody by itself.`,
          metric: failedShare(api, period),
          threshold: rate * errorBudget,
          evaluationPeriods: 1,
          comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
          treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
        });
      alarms.addBoth(
        this,
        `slo-${name}-burn`,
        `Votes are refused ${rate} times as often as the objective of ${100 - errorBudget * 100} % accepted allows.`,
        "alarm-slo-burn",
        window("long", long),
        window("short", short),
      );
    }
    alarms.add(this, "api-latency", {
      what: `95 % of votes are no longer accepted within ${latencyP95Ms} ms.`,
      runbook: "alarm-latency",
      metric: voteMetric(api, "Latency", "p95", Duration.minutes(5)),
      threshold: latencyP95Ms,
      periods: 3,
      ignoreFewSamples: true,
    });
  }
}
