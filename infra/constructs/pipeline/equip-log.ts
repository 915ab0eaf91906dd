import { CfnResource, Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import { LOGS_BEHIND, LOGS_STOPPED } from "../../../shared/runtime/metrics.ts";
import type { Settings } from "../../stages.ts";
import type { AlarmMaker } from "../common/alarms.ts";
import { metricNamespace } from "../common/metric-namespace.ts";
import { grantLogs } from "../data/log-bucket.ts";
import type { Stores } from "../data/stores.ts";
import type { ServiceFunction } from "../lambda/service-function.ts";
import type { Connections } from "./connections.ts";

/** How long a statement may take: it enters 65,536 entries. The migrations give the function's role the same limit. */
const STATEMENT_MS = 18_000;
/** After how long a log is looked at although nothing waits for it, in seconds: what is published may be changed. */
const LOOK_SECONDS = 60;

/** What the function works on. */
export interface LogEquipment {
  readonly settings: Settings;
  readonly stores: Stores;
  readonly connections: Connections;
}

/**
 * Gives the function that keeps the public logs its schedule, its environment, and exactly the permissions that it
 * needs: its tables, its part of its bucket, and its key.
 *
 * @param service the function
 * @param equipment what it works on
 */
export function equipLog(service: ServiceFunction, { settings, stores, connections }: LogEquipment): void {
  const { logs, logKey } = stores;
  const { intervalSeconds, minimumSubmissions } = settings.publicLog;
  const environment = {
    ...logKey.environment,
    LOG_BUCKET: logs.bucketName,
    LOG_LOOK_SECONDS: String(LOOK_SECONDS),
    LOG_MINIMUM_SUBMISSIONS: String(minimumSubmissions),
    DATABASE_TIMEOUT_MS: String(STATEMENT_MS),
  };
  for (const [key, value] of Object.entries(environment)) service.function.addEnvironment(key, value);
  connections.connectDatabase(service, "referendum_log");
  logKey.grantSign(service.role);
  grantLogs(service.role, logs, ["s3:GetObject", "s3:PutObject"]);
  const rule = new events.Rule(service, "Schedule", {
    description: "Brings what waits into the public logs",
    // EventBridge counts in minutes.
    schedule: events.Schedule.rate(Duration.minutes(Math.ceil(intervalSeconds / 60))),
    // The next one comes soon.
    targets: [new targets.LambdaFunction(service.target, { retryAttempts: 0 })],
  });
  if (intervalSeconds % 60 === 0 || !(rule.node.defaultChild instanceof CfnResource)) return;
  // The local runtime counts in seconds.
  rule.node.defaultChild.addMetadata("referendum:every-seconds", intervalSeconds);
}

/**
 * Alarms on logs that are not continued.
 *
 * @param service the function
 * @param alarms tells of them
 * @param settings of the stage
 */
export function watchLogs(service: ServiceFunction, alarms: AlarmMaker, { stage }: Settings): void {
  const metric = (metricName: string) =>
    new cloudwatch.Metric({
      namespace: metricNamespace(stage),
      metricName,
      dimensionsMap: { service: "log" },
      statistic: "Sum",
      period: Duration.minutes(1),
    });
  alarms.add(service, "log-stopped", {
    what: "A public log is not continued: it, its entries or its key are not what they were.",
    runbook: "alarm-log-stopped",
    metric: metric(LOGS_STOPPED),
    threshold: 0,
  });
  alarms.add(service, "log-behind", {
    what: "A public log has more entries waiting than a run can take.",
    runbook: "alarm-log-behind",
    metric: metric(LOGS_BEHIND),
    threshold: 0,
    periods: 10,
    datapoints: 8,
  });
}
