import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { MetricLines } from "../../../../places/figures/metric-lines.ts";

const NOW = Date.parse("2026-11-29T15:00:00Z");
const line = (secondsAgo: number, figures: object) =>
  JSON.stringify({ _aws: { Timestamp: NOW - secondsAgo * 1_000, CloudWatchMetrics: [] }, service: "x", ...figures });

function figuresOf(...lines: string[]) {
  const all = new MetricLines();
  all.add(lines);
  return all.figures(NOW);
}

describe("lines of metrics", () => {
  test("give means per second of the last ten seconds that every function has logged", () => {
    const { now, nowSeconds } = figuresOf(
      line(3, { law_id: "a", VotesAccepted: 40 }),
      line(3, { law_id: "b", VotesAccepted: 10 }),
      line(4, { VotesDecidedAccepted: 30, VotesDecidedDuplicate: 6, VotesDecidedInvalid: 4 }),
      line(11, { VotesCounted: 20, VotesUndecided: 5 }),
      // Too old, and too new to be complete.
      line(13, { VotesAccepted: 1_000 }),
      line(1, { VotesAccepted: 1_000 }),
    );
    expect(nowSeconds).toBe(10);
    expect(now).toEqual({ accepted: 5, decided: 4, counted: 2, duplicate: 0.6, invalid: 0.4, undecided: 0.5 });
  });

  test("give a curve of whole steps, from the first that has something on, and forget what is old", () => {
    const all = new MetricLines();
    all.add([line(16 * 60, { VotesAccepted: 7 }), line(35, { VotesAccepted: 20 }), line(25, { VotesCounted: 10 })]);
    const { points, stepSeconds } = all.figures(NOW);
    expect(stepSeconds).toBe(10);
    expect(points).toEqual([
      { at: "2026-11-29T14:59:20.000Z", accepted: 2, decided: 0, counted: 0 },
      { at: "2026-11-29T14:59:30.000Z", accepted: 0, decided: 0, counted: 1 },
      { at: "2026-11-29T14:59:40.000Z", accepted: 0, decided: 0, counted: 0 },
    ]);
    expect(all.figures(NOW + 20 * 60_000).points).toEqual([]);
  });

  test("give the percentiles of the last minute, and none where nothing was counted", () => {
    const values = Array.from({ length: 50 }, (_, index) => index / 10);
    expect(figuresOf(line(20, { SecondsToCounted: values }), line(90, { SecondsToCounted: 99 })).toCounted).toEqual({
      p50: 2.5,
      p95: 4.7,
    });
    expect(figuresOf(line(90, { SecondsToCounted: 99 })).toCounted).toBeNull();
  });

  test("pass over what is none, and what is not whole", () => {
    const whole = line(5, { VotesAccepted: 10 });
    const { now } = figuresOf("", "no JSON", whole.slice(0, -4), '{"_aws":1}', '{"level":"INFO"}', "[]", whole);
    expect(now.accepted).toBe(1);
  });

  test("are read as the functions write them", () => {
    const url = new URL("../../../../shared/runtime/metrics.ts", import.meta.url).href;
    const program = `const { publishCounts, publishSecondsToCounted } = await import(${JSON.stringify(url)});
      publishCounts([{ lawId: "L", metric: "VotesCounted" }, { lawId: "L", metric: "VotesCounted" }]);
      publishSecondsToCounted(Array.from({ length: 500 }, (_, index) => index / 100));
      publishSecondsToCounted([]);`;
    const env = { ...process.env, POWERTOOLS_METRICS_DISABLED: "false", POWERTOOLS_SERVICE_NAME: "aggregate" };
    const logged = execFileSync(process.execPath, ["--input-type=module", "-e", program], { env, encoding: "utf8" });
    const all = new MetricLines();
    all.add(logged.split("\n"));
    const { now, toCounted } = all.figures(Date.now() + 5_000);
    expect(now.counted).toBe(0.2);
    // A line takes 50 values: they stand for all 500.
    expect(toCounted?.p50).toBeCloseTo(2.5, 1);
    expect(toCounted?.p95).toBeCloseTo(4.75, 0);
  });
});
