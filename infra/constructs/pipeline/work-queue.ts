import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type * as kms from "aws-cdk-lib/aws-kms";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { MESSAGES_REFUSED } from "../../../shared/runtime/metrics.ts";
import type { AwsSettings, Settings } from "../../stages.ts";
import {
  BREAK_GLASS_ACTIONS,
  CONSUME_ACTIONS,
  DATA_KEY_REUSE,
  letUse,
  queueKey,
  restrictQueue,
} from "../access/queue-access.ts";
import type { AlarmMaker } from "../common/alarms.ts";
import { metricNamespace } from "../common/metric-namespace.ts";
import type { ServiceFunction } from "../lambda/service-function.ts";

export interface WorkQueueProps {
  /** The queue's name: `votes` or `outcomes`. */
  readonly name: "votes" | "outcomes";
  /** The consumer, whose settings have the same name. */
  readonly consumer: "validate" | "aggregate";
  readonly settings: Settings;
}

/** A queue with its dead-letter queue; `consumeWith` adds the worker and the mapping that feeds it. */
export class WorkQueue extends Construct {
  readonly name: WorkQueueProps["name"];
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.Queue;
  /** The key that encrypts both queues; undefined outside of an AWS account. */
  readonly key: kms.Key | undefined;
  /** The event source mapping, once there is a consumer. */
  mapping: lambda.EventSourceMapping | undefined;
  readonly #props: WorkQueueProps;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.#props = props;
    this.name = props.name;
    const { settings } = props;
    const figures = settings[props.consumer];
    const { aws } = settings;
    this.key = aws === undefined ? undefined : queueKey(this, props.name, aws);
    const encryption = encryptionWith(this.key);
    const queueName = `referendum-${settings.stage}-${props.name}`;
    this.deadLetterQueue = new sqs.Queue(this, "DeadLetters", {
      queueName: `${queueName}-dlq`,
      retentionPeriod: Duration.days(settings.queues.deadLetterRetentionDays),
      ...encryption,
      enforceSSL: true,
    });
    this.queue = new sqs.Queue(this, "Queue", {
      queueName,
      retentionPeriod: Duration.days(settings.queues.retentionDays),
      visibilityTimeout: Duration.seconds(figures.visibilityTimeoutSeconds),
      ...encryption,
      enforceSSL: true,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: figures.maxReceiveCount },
    });
  }

  /**
   * Delivers the queue's messages to a function. There is no event filter, because SQS deletes messages that a filter
   * leaves out.
   *
   * @param consumer the worker; it may also put what it cannot read on the DLQ at once, because no retry can help that
   */
  consumeWith(consumer: ServiceFunction): lambda.EventSourceMapping {
    const figures = this.#props.settings[this.#props.consumer];
    this.queue.grant(consumer.role, ...CONSUME_ACTIONS);
    this.deadLetterQueue.grant(consumer.role, "sqs:SendMessage");
    this.mapping = new lambda.EventSourceMapping(this, "Mapping", {
      target: consumer.target,
      eventSourceArn: this.queue.queueArn,
      batchSize: figures.batchSize,
      maxBatchingWindow: Duration.seconds(figures.batchWindowSeconds),
      maxConcurrency: figures.maximumConcurrency,
      reportBatchItemFailures: true,
    });
    // Lambda checks the role's permissions on the queue when the mapping is made.
    this.mapping.node.addDependency(consumer.role);
    return this.mapping;
  }

  /**
   * In an AWS account: refuses both queues and their key to everybody but those who need them, whatever their own
   * policies allow.
   *
   * @param producer what sends to the queue
   * @param consumer what receives from it, and sends what it cannot read to the dead-letter queue
   * @param operate what sends dead letters back
   * @param breakGlass who may do everything
   * @param aws the stage's settings of the account
   */
  restrict(
    { producer, consumer, operate }: Readonly<Record<"producer" | "consumer" | "operate", ServiceFunction>>,
    breakGlass: IRole,
    aws: AwsSettings,
  ): void {
    const queueUsers = { send: [producer.role, operate.role], receive: [consumer.role] };
    restrictQueue(this.queue, queueUsers, breakGlass, aws);
    restrictQueue(this.deadLetterQueue, { send: [consumer.role], receive: [operate.role] }, breakGlass, aws);
    for (const queue of [this.queue, this.deadLetterQueue]) queue.grant(breakGlass, ...BREAK_GLASS_ACTIONS);
    if (this.key !== undefined) letUse(this.key, [producer.role, consumer.role, operate.role, breakGlass]);
  }

  /**
   * Alarms on votes that wait too long and on votes that nobody will decide without help.
   *
   * @returns the alarms that take a release back: votes wait, and messages are put aside
   */
  watch(alarms: AlarmMaker): QueueAlarms {
    const { name } = this.#props;
    const oldestMessage = alarms.add(this, `${name}-oldest-message`, {
      what: `Votes wait in the ${name} queue.`,
      runbook: "alarm-oldest-message",
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: "Maximum" }),
      threshold: alarms.thresholds.oldestMessageSeconds,
      periods: 3,
    });
    alarms.add(this, `${name}-dead-letters`, {
      what: `There are messages in the dead-letter queue of ${name}.`,
      runbook: "alarm-dead-letters",
      metric: this.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: "Maximum",
      }),
      threshold: 0,
    });
    alarms.add(this, `${name}-refused`, {
      what: `Messages of ${name} were refused: this system has not written them.`,
      runbook: "alarm-messages-refused",
      metric: new cloudwatch.Metric({
        namespace: metricNamespace(this.#props.settings.stage),
        metricName: MESSAGES_REFUSED,
        dimensionsMap: { service: this.#props.consumer },
        period: Duration.minutes(1),
        statistic: "Sum",
      }),
      threshold: 0,
    });
    // Not the dead letters that lie there: a release that can read them must not be refused because of them. Duplicates
    // that have waited in vain count too: a release of validate that decides wrongly makes these, without an error.
    const putAside = new cloudwatch.Alarm(this, "PutAside", {
      alarmDescription: `A consumer puts messages of ${name} aside. It tells nobody by itself; it takes a release back.`,
      metric: this.deadLetterQueue.metricNumberOfMessagesSent({ period: Duration.minutes(1), statistic: "Sum" }),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    return { oldestMessage, putAside };
  }
}

/** The alarms of a queue that show a wrong release. */
export interface QueueAlarms {
  readonly oldestMessage: cloudwatch.IAlarm;
  readonly putAside: cloudwatch.IAlarm;
}

/** Without an account, there is only SQS's key. */
function encryptionWith(
  key: kms.Key | undefined,
): Pick<sqs.QueueProps, "encryption" | "encryptionMasterKey" | "dataKeyReuse"> {
  if (key === undefined) return { encryption: sqs.QueueEncryption.SQS_MANAGED };
  return { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse: DATA_KEY_REUSE };
}
