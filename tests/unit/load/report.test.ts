import { describe, expect, test } from "vitest";
import { gradeP95, gradeSuccess, gradeThroughput, percentText } from "../../../load/report/assess.ts";
import { curvePage, curveText } from "../../../load/report/curve.ts";
import { countOf, mergeBuckets, percentile } from "../../../load/report/histogram.ts";
import { mergeReports } from "../../../load/report/merge.ts";
import { LoadReport } from "../../../load/report/model.ts";
import { reportPage } from "../../../load/report/page.ts";
import { escapeHtml } from "../../../load/report/plot.ts";
import { conditionsOf, processingOf, sinceFirstVote } from "../../../load/report/report.ts";
import { assessments, progressText, reportText } from "../../../load/report/text.ts";
import { scenarioOf } from "../../../load/run/scenarios.ts";
import { fromJson, toJson } from "../../../terminal/json.ts";
import { INJECTIONS } from "../../support/hostile/injections.ts";
import { reportOf, second } from "../../support/load-report.ts";

describe("grades", () => {
  test.each([
    [1_000, "EXCELLENT"],
    [999.9, "GOOD"],
    [500, "GOOD"],
    [499.9, "POOR"],
  ])("throughput of %d/s is %s", (perSecond, grade) => expect(gradeThroughput(perSecond, 1_000)).toBe(grade));

  test.each([
    [300, 300, "AS OFFERED"],
    [286, 300, "AS OFFERED"],
    [284, 300, "POOR"],
    [499, 500, "POOR"],
  ])("throughput of %d/s of %d offered is %s", (perSecond, offered, grade) =>
    expect(gradeThroughput(perSecond, offered)).toBe(grade),
  );

  test.each([
    [99.9, "EXCELLENT"],
    [100, "GOOD"],
    [199.9, "GOOD"],
    [200, "POOR"],
  ])("a p95 of %d ms is %s", (milliseconds, grade) => expect(gradeP95(milliseconds)).toBe(grade));

  test.each([
    [9_990, "EXCELLENT"],
    [9_989, "GOOD"],
    [9_983, "GOOD"],
    [9_900, "GOOD"],
    [9_899, "POOR"],
  ])("success of %d in 10,000 is %s", (expected, grade) => expect(gradeSuccess(expected, 10_000)).toBe(grade));

  test("a run that sent nothing is not a success", () => expect(gradeSuccess(0, 0)).toBe("POOR"));
  test("shares are cut, not rounded", () => expect(percentText(99_999, 100_000)).toBe("99.99 %"));
});

describe("latencies in buckets", () => {
  test("give percentiles by nearest rank, within two per cent", () => {
    const buckets = mergeBuckets([{ "0": 90 }, { "200": 9, "300": 1 }]);
    expect(countOf(buckets)).toBe(100);
    expect(percentile(buckets, 50)).toBeCloseTo(0.1);
    expect(percentile(buckets, 95)).toBeCloseTo(0.1 * 1.02 ** 200);
    expect(percentile(buckets, 100)).toBeCloseTo(0.1 * 1.02 ** 300);
  });
  test("without requests give no percentile", () => expect(percentile({}, 95)).toBeUndefined());
});

describe("a report", () => {
  const good = reportOf([second(11_000), second(12_000)]);

  test("adds up its seconds", () => {
    expect(good).toMatchObject({ seconds: 2, requests: 200, accepted: 200, unanswered: 0, latency: { meanMs: 5 } });
  });

  test("lists each promise and whether it was kept", () => {
    expect(conditionsOf(good).map(({ ok }) => ok)).toEqual([true, true]);
    const slow = reportOf([second(11_000, { taken: { "400": 100 } })]);
    expect(conditionsOf(slow).map(({ ok }) => ok)).toEqual([true, false]);
    const broken = { ...good, ledger: { verdict: "broken", findings: ["one vote is missing"] } };
    expect(conditionsOf(broken).at(-1)).toMatchObject({ name: "ledger", ok: false });
  });

  test("above the peak demands orderly refusals", () => {
    const shed = second(11_000, {
      expected: 60,
      status: { "202": 60, "429": 40 },
      refused: { "10": 40 },
      taken: { "198": 60 },
    });
    expect(conditionsOf(reportOf([shed], { promise: "sheds", healthyAfter: true })).every(({ ok }) => ok)).toBe(true);
    const rude = reportOf([{ ...shed, withoutRetryAfter: 1 }], { promise: "sheds", healthyAfter: true });
    expect(conditionsOf(rude)[0]).toMatchObject({ ok: false });
    const silent = reportOf([{ ...shed, status: { "202": 60 } }], { promise: "sheds", healthyAfter: false });
    expect(conditionsOf(silent).filter(({ ok }) => !ok)).toHaveLength(2);
  });

  test("has an assessment line for throughput, p95 and success, and names the queue", () => {
    expect(assessments(good).map(({ name, grade }) => [name, grade])).toEqual([
      ["throughput", "AS OFFERED"],
      ["p95", "EXCELLENT"],
      ["success", "EXCELLENT"],
    ]);
    expect(reportText(good)).toContain("emulated, in memory");
  });

  test("says how far behind the second half was and what a vote cost", () => {
    const usage = (cpuMs: number) => ({ front: { cpuMs, rssBytes: 1_000_000 }, generator: { cpuMs: 1, rssBytes: 1 } });
    const sample = (at: number, votesQueue: number, counted: number, cpuMs: number) => ({
      at,
      votesQueue,
      outcomesQueue: 0,
      counted,
      usage: usage(cpuMs),
    });
    const samples = [sample(10_000, 0, 0, 0), sample(12_000, 50, 150, 200), sample(14_000, 0, 200, 300)];
    const processing = processingOf(samples, 200, 12_000);
    expect(processing).toMatchObject({ backlogAtEnd: 50, catchUpSeconds: 2 });
    expect(processing?.cpuPerVoteMsBy.front).toBeCloseTo(1.5);
    const started = [sample(1_000, 0, 0, 0), sample(2_000, 0, 0, 0), ...samples];
    expect(sinceFirstVote(started, [second(11_500)])).toEqual(samples);
    expect(sinceFirstVote(started, [second(12_000, { firstAt: 0 })])).toEqual(started);
  });
});

describe("several machines", () => {
  test("merge into one report", () => {
    const one = reportOf([second(11_000)], { shard: "1/2", machine: "a" });
    const two = reportOf([second(11_000), second(12_000)], { shard: "2/2", machine: "b" });
    const merged = mergeReports([one, two]);
    expect(merged).toMatchObject({ requests: 300, accepted: 300, shard: "1/2 2/2", machine: "a + b", seconds: 2 });
  });
  test("with the same shard are refused", () => {
    const one = reportOf([second(11_000)]);
    expect(() => mergeReports([one, one])).toThrow(/Shard 1\/1 is there twice/);
    expect(() => mergeReports([])).toThrow(/at least one/);
  });
  test("of different runs are refused", () => {
    const one = reportOf([second(11_000)], { shard: "1/2" });
    const other = reportOf([second(11_000)], { shard: "2/2", scenario: "peak" });
    expect(() => mergeReports([one, other])).toThrow(/smoke at .* and peak at .* are not shards of one run/);
  });
  test("in the same second are one second of the merged run", () => {
    const one = reportOf([second(11_000), second(12_000)], { shard: "1/2" });
    const other = reportOf([second(11_400, { sent: 50, minMs: 1 })], { shard: "2/2" });
    const { timeline } = mergeReports([one, other]);
    expect(timeline.map(({ sent, minMs }) => [sent, minMs])).toEqual([
      [150, 1],
      [100, 2],
    ]);
    expect(timeline[0]?.taken).toEqual({ "198": 200 });
  });
});

describe("pages", () => {
  const evil = '<script>alert("x")</script>';
  test("escape whatever a report holds", () => {
    expect(escapeHtml(`${evil}'&`)).not.toMatch(/[<>"']/);
    const page = reportPage(reportOf([second(11_000)], { command: evil, machine: evil, target: evil, mix: evil }));
    expect(page).not.toContain(evil);
    expect(page).toContain("<svg");
    expect(page).not.toMatch(/(src|href)="https?:/);
  });
  test.each(INJECTIONS)("have the same elements whatever text is in a report: %j", (text) => {
    const pageOf = (word: string) =>
      reportPage(
        reportOf([second(11_000, { status: { [word]: 100 } })], {
          ...{ scenario: word, command: word, startedAt: word, machine: word, target: word, mix: word, shard: word },
          ledger: { verdict: "broken", findings: [word] },
          samples: [1, 2].map((at) => ({
            ...{ at, votesQueue: 0, outcomesQueue: 0, counted: 0 },
            usage: { [word]: { cpuMs: at, rssBytes: at } },
          })),
        }),
      );
    // Of each element its name and those of its attributes.
    const elements = (page: string) =>
      [...page.matchAll(/<\/?[a-z!][^>]*>/gi)].map(([tag]) => tag.replaceAll(/="[^"]*"/g, ""));
    expect(elements(pageOf(text))).toEqual(elements(pageOf("word")));
  });
  test("have a table for each plot, also while they change", () => {
    const report = reportOf([second(11_000), second(12_000)]);
    expect(reportPage(report).match(/<details>/g)).toHaveLength(2);
    expect(reportPage(report, { everySeconds: 2, isPaused: false }).match(/<details>/g)).toHaveLength(2);
  });
  test("say what every row of a table is", () => {
    const usage = { front: { cpuMs: 1, rssBytes: 1 } };
    const samples = [10_000, 12_000].map((at) => ({ at, votesQueue: 0, outcomesQueue: 0, counted: 0, usage }));
    const processing = { ...processingOf(samples, 200, 12_000), counted: 200, duplicate: 0, invalid: 0 };
    const page = reportPage(LoadReport.parse({ ...reportOf([second(11_000)]), samples, processing }));
    expect(page).toContain("CPU per vote");
    expect(page).not.toMatch(/<th[^>]*><\/th>/);
  });
  test("show the curve over several rates", () => {
    const reports = [100, 200].map((rate) => reportOf([second(11_000)], { offered: { votes: 100, rate, seconds: 1 } }));
    expect(curveText(reports)).toContain("200");
    expect(curvePage(reports)).toContain("<svg");
  });
});

describe("the JSON of a report", () => {
  test("has the API's names, and is read unchanged, even in the form of earlier releases", () => {
    const report = reportOf([second(11_000)]);
    expect(toJson(report)).toContain('"queue_storage"');
    expect(toJson(report)).not.toMatch(/"[a-z0-9]+[A-Z]\w*":/);
    for (const text of [toJson(report), JSON.stringify(report)]) {
      expect(LoadReport.parse(fromJson(text))).toEqual(LoadReport.parse(report));
    }
    expect(fromJson("no JSON")).toBeUndefined();
  });
});

test("the line of progress counts votes and not all requests", () => {
  const report = reportOf([second(11_000)], {
    requests: 3_035,
    votes: 3_000,
    expected: 3_035,
    offered: { votes: 3_000, rate: 300, seconds: 10 },
  });
  expect(progressText(report)).toContain("3,000 of 3,000 votes and 35 other requests sent");
});

describe("scenarios", () => {
  test.each([
    ["peak", 100_000, 1_000, 100],
    ["sustained", 30_000, 500, 60],
    ["stress", 50_000, 2_000, 25],
    ["election-day", 100_000, 1_040, 240],
    ["smoke", 500, 100, 5],
  ])("have the figures of their files: %s", (name, votes, rate, seconds) => {
    expect(scenarioOf(name)).toMatchObject({ name, votes, rate, seconds, ownPhases: true });
  });
  test("are changed by count and duration; the first to be reached ends the run", () => {
    expect(scenarioOf("peak")).toMatchObject({ votes: 100_000, rate: 1_000, seconds: 100, ownPhases: true });
    expect(scenarioOf("peak", { votes: 500, rate: 100, duration: 60 })).toMatchObject({ votes: 500, seconds: 5 });
    expect(scenarioOf("peak", { rate: 50, duration: 4 })).toMatchObject({ votes: 200, seconds: 4, ownPhases: false });
  });
  test("with other figures get another name, but still use the scenario's file", () => {
    expect(scenarioOf("peak")).toMatchObject({ name: "peak", file: "load/peak.yml" });
    const changed = scenarioOf("peak", { rate: 300, votes: 3_000 });
    expect(changed).toMatchObject({ name: "custom", file: "load/peak.yml" });
    const report = reportOf([second(11_000)], {
      scenario: changed.name,
      offered: { votes: 3_000, rate: 300, seconds: 10 },
    });
    expect(reportText(report)).toContain("Load: 3,000 votes at 300/s against");
    expect(reportPage(report)).toContain("<title>Load: 3,000 votes at 300/s</title>");
  });
  test("are refused with a list if no scenario has the name", () => {
    expect(() => scenarioOf("storm")).toThrow(/There is no load storm: use peak, sustained/);
  });
});
