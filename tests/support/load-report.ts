import { type GeneratorSecond, LoadReport } from "../../load/report/model.ts";
import { totalsOf } from "../../load/report/report.ts";

/** A second in which a hundred votes were accepted, all in the bucket of about 5 ms. */
export function second(at: number, changes: Partial<GeneratorSecond> = {}): GeneratorSecond {
  return {
    at,
    firstAt: at - 1_000,
    lastAt: at,
    sent: 100,
    votes: 100,
    expected: 100,
    withoutRetryAfter: 0,
    retries: 0,
    retriedAccepted: 0,
    sumMs: 500,
    minMs: 2,
    maxMs: 9,
    status: { "202": 100 },
    taken: { "198": 100 },
    refused: {},
    ...changes,
  };
}

/** A report of these seconds, with the totals that belong to them. */
export function reportOf(timeline: readonly GeneratorSecond[], changes: Partial<LoadReport> = {}): LoadReport {
  return LoadReport.parse({
    v: 1,
    scenario: "smoke",
    command: "npm run load -- smoke",
    startedAt: "2026-01-01T00:00:00.000Z",
    machine: "a machine",
    target: "http://127.0.0.1:8000",
    queueStorage: "memory",
    shard: "1/1",
    mix: "",
    promise: "serves",
    offered: { votes: 200, rate: 100, seconds: 2 },
    ...totalsOf(timeline),
    timeline,
    samples: [],
    ...changes,
  });
}
