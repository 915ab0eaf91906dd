import { Duration } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Settings } from "../../stages.ts";
import type { AlarmMaker } from "../common/alarms.ts";
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
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.Queue;
  /** The event source mapping, once there is a consumer. */
  mapping: lambda.EventSourceMapping | undefined;
  readonly #props: WorkQueueProps;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.#props = props;
    const { settings } = props;
    const figures = settings[props.consumer];
    const queueName = `referendum-${settings.stage}-${props.name}`;
    this.deadLetterQueue = new sqs.Queue(this, "DeadLetters", {
      queueName: `${queueName}-dlq`,
      retentionPeriod: Duration.days(settings.queues.deadLetterRetentionDays),
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    this.queue = new sqs.Queue(this, "Queue", {
      queueName,
      retentionPeriod: Duration.days(settings.queues.retentionDays),
      visibilityTimeout: Duration.seconds(figures.visibilityTimeoutSeconds),
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: figures.maxReceiveCount },
    });
  }

  /**
   * Feeds a function from the queue. No event filter: SQS deletes what a filter leaves out.
   *
   * @param consumer the worker; it may also put what it cannot read on the DLQ at once, because no retry can help that
   */
  consumeWith(consumer: ServiceFunction): lambda.EventSourceMapping {
    const figures = this.#props.settings[this.#props.consumer];
    this.queue.grantConsumeMessages(consumer.role);
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

  /** Alarms on votes that wait too long and on votes that nobody will decide without help. */
  watch(alarms: AlarmMaker): void {
    const { name } = this.#props;
    alarms.add(this, `${name}-oldest-message`, {
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
  }
}
