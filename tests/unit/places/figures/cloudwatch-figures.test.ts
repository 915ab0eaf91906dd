import type { CloudWatchClient, GetMetricDataCommandInput } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { CloudWatchFigures } from "../../../../places/figures/cloudwatch-figures.ts";

const NOW = new Date("2026-11-29T15:00:30Z");
const at = (minutesAgo: number) => new Date(Date.parse("2026-11-29T15:00:00Z") - minutesAgo * 60_000);
const OUTPUTS = {
  VotesQueueUrl: "https://sqs.ca-central-1.amazonaws.com/123456789012/referendum-dev-votes",
  OutcomesQueueUrl: "https://sqs.ca-central-1.amazonaws.com/123456789012/referendum-dev-outcomes",
};

/** A CloudWatch that gives each metric some values, and alarms in two pages; it notes what it was asked. */
function cloudWatch(values: Readonly<Record<string, readonly (readonly [minutesAgo: number, value: number])[]>>) {
  const inputs: GetMetricDataCommandInput[] = [];
  const alarm = (AlarmName: string, StateValue: string) => ({
    AlarmName,
    StateValue,
    StateTransitionedTimestamp: at(10),
    AlarmDescription: "Votes wait. What to do: https://example.org/runbook.md#alarm-oldest-message",
  });
  const send = async ({ input }: { readonly input: object }) => {
    if (!("MetricDataQueries" in input)) {
      return "NextToken" in input && input.NextToken !== undefined
        ? { CompositeAlarms: [alarm("referendum-dev-slo-fast-burn", "INSUFFICIENT_DATA")] }
        : {
            MetricAlarms: [
              alarm("referendum-dev-votes-oldest-message", "ALARM"),
              alarm("referendum-dev-redis-cpu", "OK"),
            ],
            NextToken: "more",
          };
    }
    const request = input as GetMetricDataCommandInput;
    inputs.push(request);
    return {
      MetricDataResults: (request.MetricDataQueries ?? []).map(({ Id }) => {
        const series = values[Id?.split("_").at(-1) ?? ""] ?? [];
        return { Id, Timestamps: series.map(([minute]) => at(minute)), Values: series.map(([, value]) => value) };
      }),
    };
  };
  return { client: { send: send as unknown as CloudWatchClient["send"] }, inputs };
}

describe("the figures of CloudWatch", () => {
  test("are the sums over the laws by the minute, ages, percentiles and alarms", async () => {
    const { client, inputs } = cloudWatch({
      VotesAccepted: [
        [3, 600],
        [2, 1_200],
        [1, 60],
      ],
      VotesDecidedAccepted: [[2, 900]],
      VotesDecidedDuplicate: [[2, 60]],
      VotesDecidedInvalid: [[2, 30]],
      VotesCounted: [[2, 600]],
      VotesUndecided: [[2, 6]],
      p50: [
        [2, 0.4],
        [1, 0.5],
      ],
      p95: [[1, 0.9]],
      votes: [[1, 12]],
    });
    const figures = await new CloudWatchFigures(client, "dev", OUTPUTS).read(["L1", "L2"], NOW);
    expect(figures.now).toEqual({ accepted: 40, decided: 33, counted: 20, duplicate: 2, invalid: 1, undecided: 0.2 });
    expect(figures.points.map(({ at: from, accepted }) => [from, accepted])).toEqual([
      [at(3).toISOString(), 20],
      [at(2).toISOString(), 40],
    ]);
    expect(figures).toMatchObject({
      source: "cloudwatch",
      toCounted: { p50: 0.5, p95: 0.9 },
      oldest: { votes: 12, outcomes: null },
    });
    expect(figures.alarms?.map(({ name, state, runbook }) => [name, state, runbook])).toEqual([
      ["votes-oldest-message", "alarm", "alarm-oldest-message"],
      ["redis-cpu", "ok", "alarm-oldest-message"],
      ["slo-fast-burn", "no_data", "alarm-oldest-message"],
    ]);
    const queries = inputs[0]?.MetricDataQueries ?? [];
    expect(queries).toHaveLength(2 * 6 + 4);
    expect(queries.map(({ Id }) => Id)).toContain("law1_VotesCounted");
    for (const { Id } of queries) expect(Id).toMatch(/^[a-z][a-zA-Z0-9_]*$/);
    expect(queries.at(-2)?.MetricStat?.Metric).toEqual({
      Namespace: "AWS/SQS",
      MetricName: "ApproximateAgeOfOldestMessage",
      Dimensions: [{ Name: "QueueName", Value: "referendum-dev-votes" }],
    });
  });

  test("are nothing yet for a stage without votes", async () => {
    const figures = await new CloudWatchFigures(cloudWatch({}).client, "dev", OUTPUTS).read([], NOW);
    expect(figures).toMatchObject({ points: [], toCounted: null, now: { accepted: 0, counted: 0 } });
  });

  test("have no percentiles and ages of half an hour ago, nor of two different minutes", async () => {
    const old = { p50: [[27, 0.4]], p95: [[27, 0.9]], votes: [[27, 12]], outcomes: [[3, 7]] } as const;
    const figures = await new CloudWatchFigures(cloudWatch(old).client, "dev", OUTPUTS).read(["L1"], NOW);
    expect(figures).toMatchObject({ toCounted: null, oldest: { votes: null, outcomes: null } });
    const apart = { p50: [[2, 0.4]], p95: [[1, 0.9]], outcomes: [[2, 7]] } as const;
    const later = await new CloudWatchFigures(cloudWatch(apart).client, "dev", OUTPUTS).read(["L1"], NOW);
    expect(later).toMatchObject({ toCounted: null, oldest: { outcomes: 7 } });
  });

  test("say in a sentence why a role may not read them", async () => {
    const denied = Object.assign(new Error("not authorized to perform: cloudwatch:GetMetricData"), {
      name: "AccessDenied",
    });
    const send = () => Promise.reject(denied);
    await expect(new CloudWatchFigures({ send }, "dev", OUTPUTS).read(["L1"], NOW)).rejects.toThrow(
      /This AWS role may not do that .*reader, operator or approver/,
    );
    const broken = () => Promise.reject(new Error("socket hang up"));
    await expect(new CloudWatchFigures({ send: broken }, "dev", OUTPUTS).read([], NOW)).rejects.toThrow(
      "CloudWatch could not be asked: socket hang up",
    );
  });
});
