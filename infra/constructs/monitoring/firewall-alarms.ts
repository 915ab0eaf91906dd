import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import type { AwsSettings, Settings } from "../../stages.ts";
import { firewallMetricName, RATE_RULES } from "../api/firewall.ts";
import type { AlarmMaker } from "../common/alarms.ts";

export interface FirewallAlarmsProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly alarms: AlarmMaker;
}

const PERIOD = Duration.minutes(5);
/** From which share of refused requests on it is more than the scanners that find every public address. */
const BLOCKED_PERCENT = 5;
/** Fewer requests in a period say nothing. */
const SAMPLE = 1_000;

/** Alarms on what the firewall refuses: it turns voters away without any function noticing. */
export class FirewallAlarms extends Construct {
  constructor(scope: Construct, id: string, { settings, aws, alarms }: FirewallAlarmsProps) {
    super(scope, id);
    /**
     * A rule is named by its metric, all of them together by ALL (AWS WAF Developer Guide, "WAF metrics and
     * dimensions").
     */
    const metric = (metricName: string, rule: string) =>
      new cloudwatch.Metric({
        namespace: "AWS/WAFV2",
        metricName,
        statistic: "Sum",
        period: PERIOD,
        dimensionsMap: { WebACL: firewallMetricName(settings.stage), Region: aws.region, Rule: rule },
      });
    for (const rule of RATE_RULES) {
      alarms.add(this, `firewall-${rule}`, {
        what: "The firewall refuses an address that sends more than its rate: voters may be behind it.",
        runbook: "alarm-voters-refused",
        metric: metric("BlockedRequests", rule),
        threshold: 0,
      });
    }
    alarms.add(this, "firewall-refusals", {
      what: `The firewall refuses more than ${BLOCKED_PERCENT} in a hundred requests.`,
      runbook: "alarm-voters-refused",
      metric: new cloudwatch.MathExpression({
        // Where nothing is blocked there is no figure, and no alarm; where nothing is allowed, all the more.
        expression: `IF(blocked + FILL(allowed, 0) >= ${SAMPLE}, 100 * blocked / (blocked + FILL(allowed, 0)), 0)`,
        label: "requests refused by the firewall, per cent",
        usingMetrics: { blocked: metric("BlockedRequests", "ALL"), allowed: metric("AllowedRequests", "ALL") },
        period: PERIOD,
      }),
      threshold: BLOCKED_PERCENT,
      periods: 2,
    });
  }
}
