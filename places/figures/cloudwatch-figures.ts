import {
  type CloudWatchClient,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandOutput,
  GetMetricDataCommand,
  type MetricDataQuery,
} from "@aws-sdk/client-cloudwatch";
import { metricNamespace } from "../../infra/constructs/common/metric-namespace.ts";
import type { StageName } from "../../infra/stages.ts";
import { type MetricName, SECONDS_TO_COUNTED } from "../../shared/runtime/metrics.ts";
import { explain, UserError } from "../../terminal/errors.ts";
import { callerRefused } from "../aws-refusals.ts";
import type { FiguresSource, FlowPoint, StageAlarm, StageFigures } from "./figures.ts";

/** CloudWatch keeps these metrics by the minute, and each that is asked for costs: there is nothing new before that. */
const EVERY_MS = 30_000;
const PERIOD_SECONDS = 60;
const WINDOW_MS = 30 * 60_000;
/** Metrics of a minute arrive within two minutes. */
const SETTLED_MS = 2 * 60_000;
/** A request takes 500 metrics (CloudWatch API reference, GetMetricData). */
const MOST_LAWS = 60;

/** Each metric of a law, with the function that publishes it. */
const OF_LAW = {
  VotesAccepted: "ingest",
  VotesDecidedAccepted: "validate",
  VotesDecidedDuplicate: "validate",
  VotesDecidedInvalid: "validate",
  VotesUndecided: "validate",
  VotesCounted: "aggregate",
} as const satisfies Partial<Record<MetricName, string>>;
type OfLaw = keyof typeof OF_LAW;

/** Values by the beginning of their minute. */
type Series = ReadonlyMap<number, number>;

/** The metrics and alarms of a stage in an account, as CloudWatch has them. */
export class CloudWatchFigures implements FiguresSource {
  readonly everyMs = EVERY_MS;
  readonly #client: Pick<CloudWatchClient, "send">;
  readonly #stage: StageName;
  readonly #queues: Readonly<Record<"votes" | "outcomes", string>>;
  readonly #profile: string | undefined;

  /**
   * @param client CloudWatch in the stage's region
   * @param stage the stage
   * @param outputs the stage's: the queues' addresses
   * @param profile the profile that the user named, for messages
   */
  constructor(
    client: Pick<CloudWatchClient, "send">,
    stage: StageName,
    outputs: Readonly<Record<string, string>>,
    profile?: string,
  ) {
    this.#client = client;
    this.#stage = stage;
    const nameOf = (output: string) => outputs[output]?.split("/").at(-1) ?? "";
    this.#queues = { votes: nameOf("VotesQueueUrl"), outcomes: nameOf("OutcomesQueueUrl") };
    this.#profile = profile;
  }

  async read(lawIds: readonly string[], now = new Date()): Promise<StageFigures> {
    try {
      const [series, alarms] = await Promise.all([this.#series(lawIds.slice(0, MOST_LAWS), now), this.#alarms()]);
      return figuresOf(series, alarms, now);
    } catch (error) {
      throw (
        callerRefused(error, this.#profile) ?? new UserError(`CloudWatch could not be asked: ${explain(error, "")}`)
      );
    }
  }

  /** The series of every query, by its id; those of laws are summed. */
  async #series(lawIds: readonly string[], now: Date): Promise<ReadonlyMap<string, Series>> {
    const queries = this.#queries(lawIds);
    const series = new Map<string, Map<number, number>>();
    const EndTime = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
    const StartTime = new Date(EndTime.getTime() - WINDOW_MS);
    let NextToken: string | undefined;
    do {
      const answer = await this.#client.send(
        new GetMetricDataCommand({ MetricDataQueries: queries, StartTime, EndTime, NextToken }),
      );
      for (const { Id = "", Timestamps = [], Values = [] } of answer.MetricDataResults ?? []) {
        const name = Id.split("_").at(-1) ?? "";
        const sums = series.get(name) ?? new Map<number, number>();
        series.set(name, sums);
        for (const [index, at] of Timestamps.entries()) {
          sums.set(at.getTime(), (sums.get(at.getTime()) ?? 0) + (Values[index] ?? 0));
        }
      }
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    return series;
  }

  #queries(lawIds: readonly string[]): MetricDataQuery[] {
    const own = metricNamespace(this.#stage);
    const query = (
      Id: string,
      Namespace: string,
      MetricName: string,
      dimensions: Readonly<Record<string, string>>,
      Stat: string,
    ): MetricDataQuery => {
      const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
      return { Id, MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: PERIOD_SECONDS, Stat } };
    };
    const age = (Id: string, QueueName: string) =>
      query(Id, "AWS/SQS", "ApproximateAgeOfOldestMessage", { QueueName }, "Maximum");
    return [
      ...lawIds.flatMap((law_id, index) =>
        Object.entries(OF_LAW).map(([name, service]) =>
          query(`law${index}_${name}`, own, name, { service, law_id }, "Sum"),
        ),
      ),
      query("p50", own, SECONDS_TO_COUNTED, { service: "aggregate" }, "p50"),
      query("p95", own, SECONDS_TO_COUNTED, { service: "aggregate" }, "p95"),
      age("votes", this.#queues.votes),
      age("outcomes", this.#queues.outcomes),
    ];
  }

  async #alarms(): Promise<StageAlarm[]> {
    const prefix = `referendum-${this.#stage}-`;
    const alarms: StageAlarm[] = [];
    let NextToken: string | undefined;
    do {
      const answer: DescribeAlarmsCommandOutput = await this.#client.send(
        new DescribeAlarmsCommand({
          AlarmNamePrefix: prefix,
          AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
          MaxRecords: 100,
          NextToken,
        }),
      );
      for (const alarm of [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])]) {
        const [what = "", runbook] = (alarm.AlarmDescription ?? "").split(" What to do: ");
        alarms.push({
          name: (alarm.AlarmName ?? "").slice(prefix.length),
          state: alarm.StateValue === "OK" ? "ok" : alarm.StateValue === "ALARM" ? "alarm" : "no_data",
          since: alarm.StateTransitionedTimestamp?.toISOString() ?? alarm.StateUpdatedTimestamp?.toISOString() ?? null,
          what,
          runbook: runbook?.split("#")[1] ?? null,
        });
      }
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    return alarms;
  }
}

function figuresOf(series: ReadonlyMap<string, Series>, alarms: readonly StageAlarm[], now: Date): StageFigures {
  const perSecond = (name: OfLaw, at: number) => (series.get(name)?.get(at) ?? 0) / PERIOD_SECONDS;
  const until = Math.floor((now.getTime() - SETTLED_MS) / 60_000) * 60_000;
  const minutes = [...new Set([...series.values()].flatMap((one) => [...one.keys()]))]
    .filter((at) => at <= until)
    .sort((a, b) => a - b);
  const decided = (at: number) =>
    perSecond("VotesDecidedAccepted", at) +
    perSecond("VotesDecidedDuplicate", at) +
    perSecond("VotesDecidedInvalid", at);
  const flow = (at: number) => ({
    accepted: perSecond("VotesAccepted", at),
    decided: decided(at),
    counted: perSecond("VotesCounted", at),
  });
  // What is older is not of now: SQS and percentiles have no value of a minute in which nothing happened.
  const latest = (...names: readonly string[]) => {
    const ofAll = names.map((name) => series.get(name) ?? new Map<number, number>());
    const [first = new Map<number, number>()] = ofAll;
    const common = [...first.keys()].filter((at) => at >= until && ofAll.every((one) => one.has(at)));
    return common.length === 0 ? [] : ofAll.map((one) => one.get(Math.max(...common)) ?? null);
  };
  const [p50 = null, p95 = null] = latest("p50", "p95");
  const [votes = null] = latest("votes");
  const [outcomes = null] = latest("outcomes");
  const points: FlowPoint[] = minutes.map((at) => ({ at: new Date(at).toISOString(), ...flow(at) }));
  return {
    source: "cloudwatch",
    nowSeconds: PERIOD_SECONDS,
    now: {
      ...flow(until),
      duplicate: perSecond("VotesDecidedDuplicate", until),
      invalid: perSecond("VotesDecidedInvalid", until),
      undecided: perSecond("VotesUndecided", until),
    },
    stepSeconds: PERIOD_SECONDS,
    points,
    toCounted: p50 === null || p95 === null ? null : { p50, p95 },
    oldest: { votes, outcomes },
    alarms,
  };
}
