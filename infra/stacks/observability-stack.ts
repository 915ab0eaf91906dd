import { Duration, Fn, Stack, type StackProps } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { type MetricName, TOTALS } from "../../shared/runtime/metrics.ts";
import { AccessTrail, type Guarded } from "../constructs/access/access-trail.ts";
import { AlarmMaker } from "../constructs/common/alarms.ts";
import { metricNamespace } from "../constructs/common/metric-namespace.ts";
import type { ServiceFunction } from "../constructs/lambda/service-function.ts";
import { DataAlarms } from "../constructs/monitoring/data-alarms.ts";
import { FirewallAlarms } from "../constructs/monitoring/firewall-alarms.ts";
import { ServiceLevels } from "../constructs/monitoring/service-levels.ts";
import { VoteDashboard } from "../constructs/monitoring/vote-dashboard.ts";
import type { Pipeline } from "../constructs/pipeline/pipeline.ts";
import type { WorkQueue } from "../constructs/pipeline/work-queue.ts";
import type { AwsSettings, Settings } from "../stages.ts";
import type { DataStack } from "./data-stack.ts";
import type { PipelineStack } from "./pipeline-stack.ts";

/** The share of invalid votes that shows a problem: a wrong roll, wrong letters, or made-up codes. */
const INVALID_PERCENT = 20;
/** The smallest number of votes in a period that means something. */
const INVALID_SAMPLE = 50;
const INVALID_PERIOD = Duration.minutes(5);

export interface ObservabilityStackProps extends StackProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly data: DataStack;
  readonly pipeline: PipelineStack;
}

/** Alarms on service levels, data stores and the functions' metrics, and one dashboard for everything. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props);
    const { settings, aws, data } = props;
    const { pipeline } = props.pipeline;
    const api = pipeline.api.api;
    const alarms = new AlarmMaker(settings, aws, data.alarmTopic);
    new ServiceLevels(this, "ServiceLevels", { api, alarms });
    new DataAlarms(this, "DataAlarms", { aws, alarms, database: data.database, rollCache: data.rollCache });
    new FirewallAlarms(this, "FirewallAlarms", { settings, aws, alarms });
    this.#watchVotes(alarms, settings);
    new AccessTrail(this, "Access", {
      settings,
      aws,
      alarms,
      guarded: guardedOf(pipeline, data),
      tables: [data.stores.lawsTable.tableArn, data.stores.receiptsTable.tableArn],
      functions: Object.values(pipeline.functions).map(({ role }) => role),
    });
    alarms.alarms.push(...props.pipeline.alarms.alarms);
    new VoteDashboard(this, "Votes", { settings, api, pipeline, alarms });
  }

  /** Alarms on votes that the functions could not decide, summed over laws and functions by Metrics Insights. */
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
    const [decided, invalid] = TOTALS.map(
      (metricName) =>
        new cloudwatch.Metric({
          namespace: metricNamespace(settings.stage),
          metricName,
          dimensionsMap: { service: "validate" },
          statistic: "Sum",
          period: INVALID_PERIOD,
        }),
    );
    alarms.add(this, "invalid-votes", {
      what: `More than ${INVALID_PERCENT} in a hundred votes are of nobody on the roll.`,
      runbook: "alarm-invalid-votes",
      metric: new cloudwatch.MathExpression({
        // In a quiet hour, a few wrong codes do not mean anything.
        expression: `IF(decided >= ${INVALID_SAMPLE}, 100 * invalid / decided, 0)`,
        label: "invalid votes, per cent",
        usingMetrics: { ...(decided && { decided }), ...(invalid && { invalid }) },
        period: INVALID_PERIOD,
      }),
      threshold: INVALID_PERCENT,
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

/** RDS makes it and names it; its name is the last part of its ARN. */
function administratorSecret(data: DataStack): Named {
  const secretArn = data.database.instance.secret?.secretArn;
  if (secretArn === undefined) throw new Error("the database has no secret of its administrator");
  return { secretArn, secretName: Fn.select(6, Fn.split(":", secretArn)) };
}

type Named = { readonly secretArn: string; readonly secretName: string };

/**
 * The roles that use queues and secrets every day. Each use by another principal raises an alarm, and so does each use
 * by the break-glass role.
 */
function guardedOf(pipeline: Pipeline, data: DataStack): Guarded[] {
  const { ingest, validate, aggregate, receipt, health, operate, roll, migrate } = pipeline.functions;
  const { passwords } = data.rollCache;
  const { requestIdMac, idempotency, person, pepper, codeCheck, setAside } = data.stores.keySecrets;
  const { macValidate, macRecord, macOutcome, seal, promise } = data.stores.keySecrets;
  const queues = (work: WorkQueue, ...users: readonly ServiceFunction[]): Guarded[] =>
    [work.queue, work.deadLetterQueue].map((queue) => ({
      name: queue === work.queue ? work.name : `${work.name}-dlq`,
      kind: "queue",
      arn: queue.queueArn,
      identifier: queue.queueName,
      users: [...users, operate].map(({ role }) => role),
    }));
  const secret = (name: string, { secretArn, secretName }: Named, ...users: readonly IRole[]): Guarded => ({
    name,
    kind: "secret",
    arn: secretArn,
    identifier: secretName,
    users,
  });
  return [
    ...queues(pipeline.votes, ingest, validate),
    ...queues(pipeline.outcomes, validate, aggregate),
    secret("request-id-key", requestIdMac, ingest.role, receipt.role),
    secret("idempotency-key", idempotency, ingest.role),
    secret("person-key", person, roll.role),
    secret("pepper", pepper, ingest.role, roll.role),
    secret("code-check-key", codeCheck, ingest.role, roll.role),
    secret("set-aside-key", setAside, operate.role),
    secret("mac-validate-key", macValidate, ingest.role, validate.role),
    secret("mac-record-key", macRecord, ingest.role, aggregate.role),
    secret("mac-outcome-key", macOutcome, validate.role, aggregate.role, operate.role),
    secret("seal-key", seal, ingest.role),
    secret("promise-key", promise, ingest.role),
    secret("redis-health", passwords.health, health.role),
    secret("redis-validate", passwords.validate, validate.role),
    secret("redis-operate", passwords.operate, operate.role),
    secret("redis-roll", passwords.roll, roll.role),
    secret("database-administrator", administratorSecret(data), migrate.role),
  ];
}
