import { describe, expect, test } from "vitest";
import { reportText } from "../../../load/report/text.ts";
import { runLoad } from "../../../load/run/run.ts";
import { scenarioOf } from "../../../load/run/scenarios.ts";
import { buildOwnEnvironment } from "../../support/environment.ts";
import { type Fault, startFaultyProxy } from "../../support/faulty-proxy.ts";

/** The faults of the first tries of ten votes. */
const FIRST_TRIES: readonly Fault[] = [
  { kind: "lose-request" },
  { kind: "lose-answer" },
  { kind: "cut-answer" },
  { kind: "refuse", status: 429, retryAfter: "1" },
  { kind: "refuse", status: 503 },
  ...Array.from({ length: 5 }, (): Fault => ({ kind: "pass" })),
];

describe("a load run", { tags: ["load"] }, () => {
  test("starts a stack, drives Artillery, waits until all is decided, and finds the ledger clean", async () => {
    const said: string[] = [];
    const report = await runLoad({
      scenario: scenarioOf("smoke", { votes: 300, rate: 100 }),
      queue: "memory",
      mix: "duplicates=5,unknown=5,malformed=5,receipts=5",
      shard: "1/1",
      command: "a test",
      signal: new AbortController().signal,
      say: (text) => said.push(text),
      onSecond: () => undefined,
    });
    expect(report.ledger).toEqual({ verdict: "clean", findings: [] });
    expect(report.requests).toBeGreaterThanOrEqual(300);
    expect(report.expected).toBe(report.requests);
    const { counted = 0, duplicate = 0, invalid = 0 } = report.processing ?? {};
    expect([counted + duplicate + invalid, duplicate > 0]).toEqual([report.accepted, true]);
    expect(report.processing?.cpuPerVoteMs).toBeGreaterThan(0);
    expect(said.join("\n")).toContain("Driving 300 votes at 100/s");
    expect(report.retries).toBe(0);
    expect(reportText(report)).toMatch(/Retries +none: every vote is sent once/);
    expect(reportText(report)).toContain("✓ ledger: clean");
  });

  test("with retries gets every vote through a network that loses answers, and each is counted once", async () => {
    const { environment, running } = await buildOwnEnvironment();
    const firstSeen = new Set<string>();
    // The warm-up sends no keys and meets no fault; a retry meets none either.
    const proxy = await startFaultyProxy(environment.api.url, (_vote, key) => {
      if (key === undefined || firstSeen.has(key)) return { kind: "pass" };
      firstSeen.add(key);
      return FIRST_TRIES[firstSeen.size % FIRST_TRIES.length] ?? { kind: "pass" };
    });
    try {
      const report = await runLoad({
        scenario: scenarioOf("smoke", { votes: 200, rate: 50 }),
        queue: "disk",
        host: proxy.url,
        data: environment.stack.data_dir,
        mix: "duplicates=0,unknown=0,malformed=0,receipts=5",
        shard: "1/1",
        retries: 5,
        command: "a test",
        signal: new AbortController().signal,
        say: () => undefined,
        onSecond: () => undefined,
      });
      expect(firstSeen.size).toBe(200);
      expect(report).toMatchObject({
        votes: 200,
        accepted: 200,
        retriesAllowed: 5,
        retries: 100,
        retriedAccepted: 100,
      });
      expect(report.status).toMatchObject({ "429": 20, "503": 20 });
      expect(report.unanswered).toBe(60);
      expect(report.processing?.duplicate).toBe(0);
      expect(report.ledger).toEqual({ verdict: "clean", findings: [] });
      expect(reportText(report)).toMatch(/Retries +100 \(at most 5 for each vote\), 100 votes accepted by one/);
    } finally {
      await proxy.close();
      await environment.close();
      await running.stop();
    }
  });
});
