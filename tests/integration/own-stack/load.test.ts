import { describe, expect, test } from "vitest";
import { runLoad } from "../../../commands/load/run.ts";
import { scenarioOf } from "../../../commands/load/scenarios.ts";
import { reportText } from "../../../commands/load/text.ts";

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
    expect(report.processing?.duplicate).toBeGreaterThan(0);
    expect(report.processing?.cpuPerVoteMs).toBeGreaterThan(0);
    expect(said.join("\n")).toContain("Driving 300 votes at 100/s");
    expect(reportText(report)).toContain("✓ ledger: clean");
  });
});
