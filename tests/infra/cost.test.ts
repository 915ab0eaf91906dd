import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { LOG_LINES, PER_VOTE, POLLING } from "../../infra/capacity/assumptions.ts";
import { type CostLine, ENDPOINTS, METRICS } from "../../infra/capacity/cost.ts";
import { DEFAULT_DEMAND, needOf, votesPerBatch } from "../../infra/capacity/model.ts";
import { capacityReport, GATHERED } from "../../infra/capacity/report.ts";
import { settingsOf } from "../../infra/stages.ts";
import { seededRandom } from "../../proving/random.ts";
import {
  LOG_EPOCHS,
  LOGS_BEHIND,
  LOGS_STOPPED,
  METRIC_NAMES,
  MIGRATION_SECONDS,
  SECONDS_TO_COUNTED,
  TOTALS,
} from "../../shared/runtime/metrics.ts";
import { at, listAt, ofType, synthesize, textAt, theOnlyOfApi } from "./support/synth.ts";

const prod = settingsOf("prod");
const prodStage = synthesize("prod");
const { cost } = capacityReport(DEFAULT_DEMAND, prod);
const line = (name: string, of: readonly CostLine[] = cost) => {
  const found = of.find((it) => it.name === name);
  if (found === undefined) throw new Error(`no line ${name}`);
  return found;
};

/** What a batch of one law leaves in validate's log on AWS, line by line. */
function validateLines(): string[] {
  const url = (file: string) => pathToFileURL(join(PROJECT_ROOT, file)).href;
  const code = `
    const { publishCounts, publishDecided } = await import(${JSON.stringify(url("shared/runtime/metrics.ts"))});
    const { logBatch } = await import(${JSON.stringify(url("shared/runtime/submissions.ts"))});
    const vote = { lawId: "L2025-001", metric: "VotesDecidedAccepted", requestId: "x", outcome: "accepted" };
    const batch = [vote, vote];
    publishCounts(batch);
    publishDecided(batch);
    logBatch("votes decided", batch);`;
  const environment = {
    POWERTOOLS_SERVICE_NAME: "validate",
    POWERTOOLS_METRICS_NAMESPACE: "Referendum/prod",
    LOG_LEVEL: "INFO",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    _X_AMZN_TRACE_ID: "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0",
  };
  const written = execFileSync(process.execPath, ["--input-type=module", "--eval", code], {
    encoding: "utf8",
    // Nothing of this process: the tests are silent.
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return written.trim().split("\n");
}

describe("logs are billed", () => {
  it("with lines as long as the functions write them", () => {
    const lines = validateLines();
    const figures = [LOG_LINES.metrics, LOG_LINES.totals, LOG_LINES.batch];
    expect(lines).toHaveLength(figures.length);
    for (const [index, text] of lines.entries()) {
      const figure = figures[index]?.value ?? 0;
      expect(figure, text).toBeGreaterThanOrEqual(text.length);
      expect(figure, text).toBeLessThan(text.length * 1.2);
    }
  });

  it("with a line of the access log for each request", () => {
    const format = textAt(
      theOnlyOfApi(prodStage, "voters", "AWS::ApiGateway::Stage").properties,
      "AccessLogSetting",
      "Format",
    );
    const values: Readonly<Record<string, string>> = {
      requestTimeEpoch: "1764370000000",
      requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
      httpMethod: "POST",
      resourcePath: "/api/v1/votes/{request_id}",
      status: "200",
      responseLatency: "35",
      integrationLatency: "33",
      integrationStatus: "200",
    };
    const text = format.replaceAll(/\$context\.([\w.]+)/g, (_, field: string) => values[field] ?? "-");
    expect(LOG_LINES.access.value).toBeGreaterThanOrEqual(text.length);
    expect(LOG_LINES.access.value).toBeLessThan(text.length * 1.2);
  });

  it("without Lambda's own lines, because they are written of failures only", () => {
    for (const { properties } of ofType(prodStage, "AWS::Lambda::Function")) {
      // Not the function of CDK's trigger, which runs once a deployment.
      if (properties["FunctionName"] === undefined) continue;
      expect(at(properties, "LoggingConfig")).toMatchObject({ LogFormat: "JSON", SystemLogLevel: "WARN" });
    }
  });

  it("with the bytes of all lines of a vote, at the region's price", () => {
    const bytes = needOf(DEFAULT_DEMAND, prod).logBytesPerVote;
    expect(bytes).toBeGreaterThan(2 * LOG_LINES.access.value);
    expect(line("CloudWatch").votingDay).toBeCloseTo(((24_000_000 * bytes) / 1024 ** 3) * 0.5 * 1.1);
  });
});

it("VPC endpoints have a price for each zone", () => {
  const there = ofType(prodStage, "AWS::EC2::VPCEndpoint").filter(
    (it) => it.properties["VpcEndpointType"] === "Interface",
  );
  expect(there).toHaveLength(ENDPOINTS);
  expect(new Set(there.flatMap((it) => listAt(it.properties, "SubnetIds").map((id) => JSON.stringify(id)))).size).toBe(
    3,
  );
  // 730 hours in three zones.
  expect(line("VPC endpoints").monthly).toBeCloseTo(730 * 3 * ENDPOINTS * 0.01 * 1.1);
});

describe("prices", () => {
  it("of one region differ only where they do", () => {
    // 48 million requests; $3.50 and $0.60 a million in every region.
    expect(line("API Gateway").votingDay).toBeCloseTo(48 * 3.5);
    expect(line("WAF")).toMatchObject({ monthly: 10, votingDay: expect.closeTo(48 * 0.6) });
    // 24 million writes and reads; ca-central-1 asks a tenth more.
    expect(line("DynamoDB").votingDay).toBeCloseTo(24 * (0.625 + 0.125) * 1.1);
  });

  it("have a line for the pages, which a stage without them does not pay", () => {
    // 8 million voters: 9 files each, the law once, and vote and receipt for each of three laws.
    const [files, calls] = [8 * 9, 8 * (1 + 2 * 3)];
    const gib = (8e6 * 64_000 + calls * 1e6 * 1_500) / 1024 ** 3;
    expect(line("CloudFront").votingDay).toBeCloseTo(files + calls + calls * 0.1 + gib * 0.085);
    const without = capacityReport(DEFAULT_DEMAND, settingsOf("prod", { aws: { pages: { enabled: false } } }));
    expect(line("CloudFront", without.cost).votingDay).toBe(0);
  });

  it("have no line for traces, because nothing is traced", () => {
    expect(at(theOnlyOfApi(prodStage, "voters", "AWS::ApiGateway::Stage").properties, "TracingEnabled")).toBe(false);
    for (const { properties } of ofType(prodStage, "AWS::Lambda::Function")) {
      expect([undefined, "PassThrough"]).toContain(at(properties, "TracingConfig", "Mode"));
    }
    expect(cost.map(({ name }) => name)).not.toContain("X-Ray");
  });

  it("of metrics follow from the metrics that the stacks have", () => {
    expect(METRIC_NAMES).toHaveLength(METRICS.perLaw);
    const throttled = ofType(prodStage, "AWS::Logs::MetricFilter").filter((filter) =>
      /Throttled$/.test(String(filter.properties["FilterName"])),
    );
    const ofLogs = [LOGS_STOPPED, LOGS_BEHIND, LOG_EPOCHS];
    expect([...TOTALS, SECONDS_TO_COUNTED, MIGRATION_SECONDS, ...ofLogs]).toHaveLength(
      METRICS.others - throttled.length,
    );
  });
});

/** Votes that come at random to pollers, each of which asks, runs its batch, and asks again: 20,000 votes. */
function polled(perSecond: number, pollers: number, busyMs: number, batchSize: number) {
  const random = seededRandom(1);
  let comesMs = 0;
  const arrivals = Array.from({ length: 20_000 }, () => {
    comesMs -= (Math.log(1 - random.below(1_000_000) / 1_000_000) / perSecond) * 1_000;
    return comesMs;
  });
  const freeAtMs = new Array<number>(pollers).fill(0);
  let batches = 0;
  for (let next = 0; next < arrivals.length; batches++) {
    freeAtMs.sort((one, other) => one - other);
    // A poller that finds nothing waits for the next vote (long polling).
    const beginsMs = Math.max(freeAtMs[0] ?? 0, arrivals[next] ?? 0);
    for (let taken = 0; taken < batchSize && (arrivals[next] ?? Number.POSITIVE_INFINITY) <= beginsMs; taken++) next++;
    freeAtMs[0] = beginsMs + busyMs;
  }
  return { votes: arrivals.length, batches };
}

describe("validate without a window", () => {
  const gathered = settingsOf("prod", { validate: GATHERED });

  it("takes what has come since its pollers last asked", () => {
    expect(votesPerBatch("validate", 10, prod)).toBe(1);
    expect(votesPerBatch("validate", 100_000, prod)).toBe(10);
    expect(votesPerBatch("aggregate", 278, prod)).toBeCloseTo(62, 0);
  });

  it.each([10, 31, 93, 278])("has batches as large at %i votes/s as in a simulation of each poller", (perSecond) => {
    const [wait, run] = [POLLING.askMs.value, PER_VOTE.validateSingleMs.value];
    const { votes, batches } = polled(perSecond, POLLING.pollers.value, wait + run, prod.validate.batchSize);
    const simulated = votes / batches;
    expect(votesPerBatch("validate", perSecond, prod)).toBeGreaterThan(simulated * 0.85);
    expect(votesPerBatch("validate", perSecond, prod)).toBeLessThan(simulated * 1.15);
  });

  const more = (laws: number, settings = prod) =>
    capacityReport({ ...DEFAULT_DEMAND, laws }, settings).without_window.more_usd_per_8_million_votes;

  it("costs at most $5 more for each 8 million votes of the expected day: three laws at once", () => {
    expect(DEFAULT_DEMAND.laws).toBe(3);
    expect(more(3)).toBeGreaterThan(4);
    expect(more(3)).toBeLessThanOrEqual(5);
  });

  it("is reported as the difference between two days", () => {
    const day = (settings: typeof prod) => capacityReport(DEFAULT_DEMAND, settings).cost_total.voting_day_usd;
    expect(capacityReport(DEFAULT_DEMAND, prod).without_window.more_usd).toBeCloseTo(day(prod) - day(gathered), 6);
    expect(more(3, gathered)).toBe(0);
  });

  it("costs some $12 more on a single law, where the average batch has one vote", () => {
    expect(votesPerBatch("validate", 8_000_000 / 86_400, prod)).toBe(1);
    expect(more(1)).toBeGreaterThan(11);
    expect(more(1)).toBeLessThan(13);
  });
});
