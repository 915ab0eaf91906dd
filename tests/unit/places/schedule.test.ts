import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FunctionPool, FunctionResult } from "../../../places/local/lambda/invoker.ts";
import { Schedule } from "../../../places/local/lambda/schedule.ts";
import { readTemplate } from "../../../places/local/template/model.ts";

const OPTIONS = {
  ...{ stackName: "S", assemblyDirectory: "/assembly", parameters: {}, sqsEndpoint: "http://127.0.0.1:1" },
  apiUrls: {},
  readObject: async () => undefined,
};

function templateWith(rate: string, Metadata: object = {}) {
  const target = { Arn: { "Fn::GetAtt": ["Log", "Arn"] }, Id: "Target0", RetryPolicy: { MaximumRetryAttempts: 0 } };
  return {
    Resources: {
      Rule: {
        Type: "AWS::Events::Rule",
        Properties: { ScheduleExpression: rate, State: "ENABLED", Targets: [target] },
        Metadata,
      },
      Log: {
        Type: "AWS::Lambda::Function",
        Properties: { FunctionName: "referendum-local-log", Handler: "index.handler", Runtime: "nodejs24.x" },
        Metadata: { "aws:asset:path": "asset" },
      },
    },
  };
}

describe("a rule of a template", () => {
  test.each([
    ["rate(1 minute)", {}, 60_000],
    ["rate(5 minutes)", {}, 300_000],
    ["rate(1 hour)", {}, 3_600_000],
    ["rate(1 minute)", { "referendum:every-seconds": 2 }, 2_000],
  ])("%s with %j calls its function every so many milliseconds", (rate, metadata, everyMs) => {
    expect(readTemplate(templateWith(rate, metadata), OPTIONS).schedules).toEqual([
      { functionName: "referendum-local-log", everyMs, input: undefined },
    ]);
  });

  test("is refused when it is no rate", () => {
    expect(() => readTemplate(templateWith("cron(0 5 * * ? *)"), OPTIONS)).toThrow(/ScheduleExpression/);
  });
});

describe("a schedule", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A function whose calls end when they are told to. */
  function slowFunction() {
    const ends: ((result: FunctionResult) => void)[] = [];
    const events: unknown[] = [];
    const pool: FunctionPool = {
      invoke: (event) => {
        events.push(event);
        return new Promise((resolve) => ends.push(resolve));
      },
      pids: () => [],
      warm: async () => undefined,
      stop: async () => undefined,
    };
    return { pool, events, end: (result: FunctionResult) => ends.shift()?.(result) };
  }

  test("calls its function again and again, and never twice at once", async () => {
    const { pool, events, end } = slowFunction();
    const schedule = new Schedule({ functionName: "log", everyMs: 2_000, input: undefined }, pool);
    schedule.start();
    await vi.advanceTimersByTimeAsync(7_000);
    expect(events).toEqual([expect.objectContaining({ source: "aws.events", "detail-type": "Scheduled Event" })]);
    const told = vi.spyOn(console, "error").mockReturnValue(undefined);
    end({ kind: "failed", errorType: "Error", message: "the database is away" });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(told).toHaveBeenCalledWith("log, on its schedule: failed: the database is away");
    told.mockRestore();
    expect(events).toHaveLength(2);
    let isStopped = false;
    const stopped = schedule.stop().then(() => {
      isStopped = true;
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect([isStopped, events.length]).toEqual([false, 2]);
    end({ kind: "returned", value: null });
    await stopped;
  });

  test("sends the event that its rule names", async () => {
    const { pool, events } = slowFunction();
    const schedule = new Schedule({ functionName: "log", everyMs: 1_000, input: '{"a":1}' }, pool);
    schedule.start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(events).toEqual([{ a: 1 }]);
  });
});
