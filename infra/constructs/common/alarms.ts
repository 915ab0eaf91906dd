import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as actions from "aws-cdk-lib/aws-cloudwatch-actions";
import type * as sns from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { AwsSettings, Settings } from "../../stages.ts";

/** The sections of docs/runbook.md that alarms link to, without `#`. */
export type RunbookSection =
  | "alarm-oldest-message"
  | "alarm-dead-letters"
  | "alarm-messages-refused"
  | "alarm-function-errors"
  | "alarm-function-throttles"
  | "alarm-latency"
  | "alarm-server-errors"
  | "alarm-voters-refused"
  | "alarm-slo-burn"
  | "alarm-roll-not-loaded"
  | "alarm-votes-undecided"
  | "alarm-invalid-votes"
  | "alarm-migration"
  | "alarm-log-stopped"
  | "alarm-log-behind"
  | "alarm-database-connections"
  | "alarm-database-storage"
  | "alarm-database-cpu"
  | "alarm-redis-memory"
  | "alarm-redis-evictions"
  | "alarm-redis-cpu"
  | "alarm-redis-replication"
  | "alarm-unexpected-access";

export interface AlarmOptions {
  /** What it says in one sentence: the symptom, as an operator would put it. */
  readonly what: string;
  readonly runbook: RunbookSection;
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  /** How many periods of the metric are looked at; default 1. */
  readonly periods?: number;
  /** How many of them must be over the threshold; default all. */
  readonly datapoints?: number;
  /** Default: greater than the threshold. */
  readonly below?: boolean;
  /** For percentiles, which mean nothing for too few samples. */
  readonly ignoreFewSamples?: boolean;
}

/** Makes alarms that name the problem, link to the remedy, and notify the operators. */
export class AlarmMaker {
  readonly alarms: cloudwatch.AlarmBase[] = [];
  readonly #topic: sns.ITopic;
  readonly #settings: Settings;
  readonly #aws: AwsSettings;

  constructor(settings: Settings, aws: AwsSettings, topic: sns.ITopic) {
    this.#settings = settings;
    this.#aws = aws;
    this.#topic = topic;
  }

  get thresholds(): AwsSettings["alarms"] {
    return this.#aws.alarms;
  }

  /**
   * @param scope where the alarm belongs
   * @param name its name after `referendum-<stage>-`, and its id
   * @param options what it watches
   */
  add(scope: Construct, name: string, options: AlarmOptions): cloudwatch.Alarm {
    const alarm = new cloudwatch.Alarm(scope, `Alarm-${name}`, {
      alarmName: this.#nameOf(name),
      alarmDescription: this.#describe(options.what, options.runbook),
      metric: options.metric,
      threshold: options.threshold,
      evaluationPeriods: options.periods ?? 1,
      datapointsToAlarm: options.datapoints ?? options.periods ?? 1,
      comparisonOperator: options.below
        ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        : cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Most of these metrics exist only while there is traffic.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      ...(options.ignoreFewSamples ? { evaluateLowSampleCountPercentile: "ignore" } : {}),
    });
    return this.#tell(alarm);
  }

  /**
   * An alarm that is on only while both others are: a burn rate over a long window, still going on in a short one.
   *
   * @param long the slow one, which tells how much of the budget is gone
   * @param short the fast one, which ends the alarm soon after the cause ends
   */
  addBoth(
    scope: Construct,
    name: string,
    what: string,
    runbook: RunbookSection,
    long: cloudwatch.IAlarm,
    short: cloudwatch.IAlarm,
  ): void {
    this.#tell(
      new cloudwatch.CompositeAlarm(scope, `Alarm-${name}`, {
        compositeAlarmName: this.#nameOf(name),
        alarmDescription: this.#describe(what, runbook),
        alarmRule: cloudwatch.AlarmRule.allOf(
          cloudwatch.AlarmRule.fromAlarm(long, cloudwatch.AlarmState.ALARM),
          cloudwatch.AlarmRule.fromAlarm(short, cloudwatch.AlarmState.ALARM),
        ),
      }),
    );
  }

  #nameOf(name: string): string {
    return `referendum-${this.#settings.stage}-${name}`;
  }

  #describe(what: string, runbook: RunbookSection): string {
    return `${what} What to do: ${this.#aws.alarms.runbook}#${runbook}`;
  }

  #tell<T extends cloudwatch.AlarmBase>(alarm: T): T {
    alarm.addAlarmAction(new actions.SnsAction(this.#topic));
    alarm.addOkAction(new actions.SnsAction(this.#topic));
    this.alarms.push(alarm);
    return alarm;
  }
}
