import { expect, test } from "vitest";
import { LoadReport } from "../../../load/report/model.ts";
import { conditionsOf } from "../../../load/report/report.ts";
import { reportText } from "../../../load/report/text.ts";

const report = (p95Ms: number, promise: "serves" | "sheds" = "serves") =>
  LoadReport.parse({
    v: 1,
    scenario: "peak",
    command: "x",
    startedAt: "2026-11-25T00:00:00Z",
    machine: "m",
    target: "t",
    queueStorage: "memory",
    shard: "1/1",
    mix: "",
    promise,
    offered: { votes: 1, rate: 1, seconds: 1 },
    seconds: 1,
    requests: 1,
    votes: 1,
    accepted: 1,
    expected: 1,
    unanswered: 0,
    withoutRetryAfter: 0,
    status: { "202": 1 },
    latency: { minMs: 1, meanMs: 1, maxMs: 1, taken: {}, refused: {} },
    processing: {
      counted: 1,
      duplicate: 0,
      invalid: 0,
      decidedWithin: { p50Ms: 300, p95Ms: 500, p99Ms: 500 },
      receiptWithin: { p50Ms: 600, p95Ms, p99Ms: p95Ms },
      tallyWithin: { p50Ms: 700, p95Ms, p99Ms: p95Ms },
      backlogAtEnd: 0,
      catchUpSeconds: 0,
      perSecond: 1,
      bestPerSecond: 1,
      cpuPerVoteMs: 1,
      cpuPerVoteMsBy: {},
      generatorCpuPerVoteMs: 1,
      peakRssBytes: {},
      lastRssBytes: {},
    },
    timeline: [],
    samples: [],
  });

const decided = (value: LoadReport, kind = "accepted to receipt") =>
  conditionsOf(value).find(({ name }) => name.startsWith(kind));

test("a run fails when votes take longer than 1.2 s to be counted, and says how long they took", () => {
  expect(decided(report(1_199))).toMatchObject({ ok: true });
  expect(decided(report(1_200))).toMatchObject({ ok: false, detail: "1.20 s" });
  expect(decided(report(1_200), "accepted to live tally")).toMatchObject({ ok: false, detail: "1.20 s" });
  const text = reportText(report(1_030));
  expect(text).toMatch(/Until recorded +p50 0\.30 s, p95 0\.50 s/);
  expect(text).toMatch(/Until the receipt +p50 0\.60 s, p95 1\.03 s/);
});

test("above the peak, the time is shown but there is no limit for it", () => {
  expect(decided(report(9_000, "sheds"))).toBeUndefined();
});
