import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { reportText } from "../../commands/capacity/text.ts";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { DATABASE_TYPES, REDIS_TYPES, STORED } from "../../infra/capacity/assumptions.ts";
import { DATA_KEY_REUSE_SECONDS, KEYS, SECRETS } from "../../infra/capacity/cost.ts";
import { firstLimit, limitsOf } from "../../infra/capacity/limits.ts";
import { awsOf, DEFAULT_DEMAND, needOf, throughput } from "../../infra/capacity/model.ts";
import { ALARMS, capacityReport } from "../../infra/capacity/report.ts";
import { settingsOf } from "../../infra/stages.ts";
import { ofType, synthesize } from "./support/synth.ts";

const prod = settingsOf("prod");
const aws = awsOf(prod);
const need = needOf(DEFAULT_DEMAND, prod);
// Here, and not in a test: it takes a second, and on a busy machine longer than a test may.
const prodStage = synthesize("prod");

describe("the settings of prod carry 8 million voters at 1,000 votes per second", () => {
  it("without reaching a limit of AWS or of the settings", () => {
    for (const limit of limitsOf(DEFAULT_DEMAND, need, prod)) {
      expect(limit.needed / limit.limit, limit.name).toBeLessThanOrEqual(0.8);
    }
  });

  it("with consumers that take at least three times the peak, so that a backlog drains", () => {
    for (const votesPerSecond of Object.values(throughput(prod))) {
      expect(votesPerSecond).toBeGreaterThanOrEqual(3 * DEFAULT_DEMAND.peak);
    }
    expect(need.queues.drainMinutes).toBeLessThan(DEFAULT_DEMAND.outageMinutes);
  });

  it("with a backlog that drains as fast as a new table takes receipts: 4,000 per second, those of new votes included", () => {
    expect(need.queues.drainMinutes).toBeCloseTo(600_000 / (4_000 - 1_000) / 60);
    const slow = settingsOf("prod", { aggregate: { maximumConcurrency: 3 } });
    expect(needOf(DEFAULT_DEMAND, slow).queues.drainMinutes).toBeCloseTo(600_000 / (2_500 - 1_000) / 60);
  });

  it("with ingest warm enough for the peak", () => {
    expect(aws.ingestConcurrency.maximum).toBeGreaterThanOrEqual(2 * need.concurrency.ingest);
  });

  it("with the memory and storage that the model asks for", () => {
    expect(DATABASE_TYPES[aws.database.instanceType]?.gib).toBeGreaterThanOrEqual(need.database.hotGib / 0.75);
    expect(aws.database.allocatedGib).toBeGreaterThanOrEqual(need.database.storageGib);
    expect(aws.redis.nodeGib).toBe(REDIS_TYPES[aws.redis.nodeType]);
    expect(aws.redis.nodeGib * (1 - STORED.redisReserve.value)).toBeGreaterThanOrEqual(2 * need.redis.gib);
  });

  it("with settings of dev that the model knows as well", () => {
    const dev = awsOf(settingsOf("dev"));
    expect(DATABASE_TYPES).toHaveProperty([dev.database.instanceType]);
    expect(dev.redis.nodeGib).toBe(REDIS_TYPES[dev.redis.nodeType]);
  });
});

describe("the model", () => {
  it("averages the votes on all laws over the day", () => {
    expect(need.averagePerSecond).toBeCloseTo(24_000_000 / 86_400);
    expect(reportText(capacityReport(DEFAULT_DEMAND, prod), prod, false)).toMatch(
      /278 votes\/s +24,000,000 votes in 24 h/,
    );
  });

  it("compares the cores that PostgreSQL needs with those it has", () => {
    const row = limitsOf(DEFAULT_DEMAND, need, prod).find(({ name }) => name === "PostgreSQL CPU at 80 %");
    expect(row).toMatchObject({ limit: 0.8 * 4, unit: "cores" });
    expect(row?.needed).toBeCloseTo(need.database.busyCores);
  });

  it("follows Little's law", () => {
    expect(needOf({ ...DEFAULT_DEMAND, peak: 2000 }, prod).concurrency.ingest).toBe(2 * need.concurrency.ingest);
  });

  it("has storage that grows with voters and laws, not with the peak", () => {
    const twice = needOf({ ...DEFAULT_DEMAND, laws: 2 * DEFAULT_DEMAND.laws }, prod);
    expect(twice.redis.gib).toBeCloseTo(2 * need.redis.gib);
    expect(twice.database.tablesGib).toBeCloseTo(2 * need.database.tablesGib);
    expect(needOf({ ...DEFAULT_DEMAND, peak: 5000 }, prod).redis.gib).toBe(need.redis.gib);
  });

  it("keeps one law's roll of 8 million in 600 MB of Redis", () => {
    const one = needOf({ ...DEFAULT_DEMAND, laws: 1 }, prod);
    expect(one.redis.gib * 1024 ** 3).toBeLessThan(600_000_000);
  });

  it("says that a backlog never drains when the consumers take no more than arrives", () => {
    const slow = settingsOf("prod", { aggregate: { maximumConcurrency: 2, batchSize: 10 } });
    expect(needOf(DEFAULT_DEMAND, slow).queues.drainMinutes).toBe(Number.POSITIVE_INFINITY);
    expect(reportText(capacityReport(DEFAULT_DEMAND, slow), slow, true)).toContain("never drained at the peak");
  });

  it("names the first limit that more votes would reach", () => {
    const limits = limitsOf(DEFAULT_DEMAND, need, prod);
    const first = firstLimit(limits);
    const rates = limits.flatMap((limit) => limit.votesPerSecond ?? []);
    expect(first?.votesPerSecond).toBe(Math.min(...rates));
    const throttled = settingsOf("prod", { api: { throttleRate: 100 } });
    expect(firstLimit(limitsOf(DEFAULT_DEMAND, need, throttled))?.name).toBe("API throttle of the stage, votes");
  });

  it("asks for more than one shard when no node is large enough", () => {
    const huge = { ...DEFAULT_DEMAND, votes: 1_000_000_000 };
    expect(needOf(huge, prod).redis.nodeType).toBeUndefined();
    expect(needOf(huge, prod).database.instanceType).toBeUndefined();
  });

  it("counts the alarms on the bill", () => {
    const kinds = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"];
    expect(kinds.flatMap((kind) => ofType(prodStage, kind))).toHaveLength(ALARMS);
  });

  it("counts the secrets and keys on the bill, and data keys as often as the queues request them", () => {
    // RDS makes the database's master secret by itself.
    expect(ofType(prodStage, "AWS::SecretsManager::Secret")).toHaveLength(SECRETS);
    expect(ofType(prodStage, "AWS::KMS::Key")).toHaveLength(KEYS);
    for (const queue of ofType(prodStage, "AWS::SQS::Queue")) {
      expect(queue.properties["KmsDataKeyReusePeriodSeconds"]).toBe(DATA_KEY_REUSE_SECONDS);
    }
  });

  it("does not size stages without an account", () => {
    expect(() => awsOf(settingsOf("local"))).toThrow(/dev or prod/);
  });
});

describe("npm run capacity", () => {
  const capacity = (...args: string[]) =>
    execFileSync(process.execPath, [join(PROJECT_ROOT, "bin/capacity.ts"), ...args], {
      encoding: "utf8",
      stdio: "pipe",
    });

  it("prints one line of JSON", () => {
    const line = capacity("--votes", "8000000", "--peak", "1000", "--json");
    expect(line.trimEnd()).not.toContain("\n");
    const report = z
      .object({ need: z.object({ concurrency: z.object({ ingest: z.number() }) }) })
      .parse(JSON.parse(line));
    expect(report.need.concurrency.ingest).toBe(need.concurrency.ingest);
  });

  it("compares the needs with the limits and says which is reached first", () => {
    expect(capacity("--compare")).toMatch(/The first limit that more votes would meet: .+, at [\d,]+ votes\/s/);
  });

  it.each([
    [["--peak", "many"], 2, /use a whole number/],
    [["--stage", "local"], 1, /nothing to size/],
  ])("refuses %j with a sentence", (args, status, message) => {
    expect(() => capacity(...args)).toThrow(
      expect.objectContaining({ status, stderr: expect.stringMatching(message) }),
    );
  });
});
