import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { FUNCTION_NAMES } from "../../infra/functions.ts";
import { MIGRATION_SECONDS, TOTALS } from "../../shared/runtime/metrics.ts";
import { at, listAt, ofType, synthesize, textAt, theOnly, theOnlyOfApi } from "./support/synth.ts";

/** The anchors that a Markdown reader makes of a file's headings: lower case, blanks to dashes, punctuation away. */
function anchorsOf(file: string): Set<string> {
  const headings = readFileSync(join(PROJECT_ROOT, file), "utf8").matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}

const anchors = anchorsOf("docs/runbook.md");

/** What the operators of a vote have to hear of, by the name of its alarm. */
const NEEDED = [
  "votes-oldest-message",
  "outcomes-oldest-message",
  "votes-dead-letters",
  "outcomes-dead-letters",
  "votes-refused",
  "outcomes-refused",
  ...FUNCTION_NAMES.flatMap((name) => [`${name}-errors`, `${name}-throttles`]),
  "api-latency",
  "api-server-errors",
  "slo-fast-burn",
  "slo-slow-burn",
  "votes-throttled",
  "reads-throttled",
  "firewall-votes-per-address",
  "firewall-requests-per-address",
  "firewall-refusals",
  "roll-not-loaded",
  "votes-undecided",
  "invalid-votes",
  "migration-stuck",
  "log-stopped",
  "log-behind",
  "database-connections",
  "database-storage",
  "database-cpu",
  "unexpected-access",
];

describe.each(["dev", "prod"] as const)("alarms of stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const simple = ofType(synthesized, "AWS::CloudWatch::Alarm");
  const composite = ofType(synthesized, "AWS::CloudWatch::CompositeAlarm");
  const telling = [...simple, ...composite].filter((alarm) => listAt(alarm.properties, "AlarmActions").length > 0);

  it("exist for everything that an operator must know", () => {
    const names = telling.map((alarm) => textAt(alarm.properties, "AlarmName").replace(`referendum-${stage}-`, ""));
    expect(names).toEqual(expect.arrayContaining(NEEDED));
    for (const kind of ["memory", "evictions", "cpu", "replication"]) {
      expect(names.filter((name) => name.startsWith(`redis-${kind}-referendum-${stage}-`))).toHaveLength(3);
    }
  });

  it.each(telling.map((alarm) => [textAt(alarm.properties, "AlarmName"), alarm] as const))(
    "%s says what is wrong and links to a section of the runbook that exists",
    (_, alarm) => {
      const link = / What to do: docs\/runbook\.md#(\S+)$/.exec(textAt(alarm.properties, "AlarmDescription"));
      expect(anchors).toContain(link?.[1]);
    },
  );

  it("tell the operators when they begin and when they end", () => {
    for (const alarm of telling) {
      expect(JSON.stringify(listAt(alarm.properties, "AlarmActions"))).toContain("Alarms");
      expect(alarm.properties["OKActions"]).toEqual(alarm.properties["AlarmActions"]);
    }
  });

  it("that notify nobody are part of an alarm that does, or take a release back", () => {
    const groups = ofType(synthesized, "AWS::CodeDeploy::DeploymentGroup");
    const rules = JSON.stringify([...composite.map((alarm) => alarm.properties["AlarmRule"]), ...groups]);
    for (const alarm of simple.filter((it) => !telling.includes(it))) expect(rules).toContain(alarm.logicalId);
  });

  it("watch the objective over two windows each, at 14.4 and 6 times its budget of one in a thousand", () => {
    expect(composite).toHaveLength(2);
    for (const [rate, windows] of [
      [14.4, [3600, 300]],
      [6, [21_600, 1800]],
    ] as const) {
      const parts = simple.filter((alarm) => alarm.properties["Threshold"] === rate * 0.001);
      const periods = parts.map((alarm) => at(alarm.properties, "Metrics", 1, "MetricStat", "Period"));
      expect(periods).toEqual(windows);
    }
  });

  it("watch the share of invalid votes by two figures that validate emits", () => {
    const alarm = telling.find((one) => textAt(one.properties, "AlarmName").endsWith("invalid-votes"));
    expect(JSON.stringify(alarm?.properties["Metrics"])).toMatch(/IF\(decided >= 50, 100 \* invalid \/ decided, 0\)/);
    for (const name of TOTALS) expect(JSON.stringify(alarm?.properties["Metrics"])).toContain(`"MetricName":"${name}"`);
    expect(JSON.stringify(alarm?.properties["Metrics"])).toContain(`"Namespace":"Referendum/${stage}"`);
  });

  it("report a migration while it runs, at four fifths of Lambda's time limit", () => {
    const alarm = telling.find((one) => textAt(one.properties, "AlarmName").endsWith("migration-stuck"));
    expect(alarm?.properties).toMatchObject({
      Namespace: `Referendum/${stage}`,
      // Not Lambda's Duration, which exists only when a run has ended.
      MetricName: MIGRATION_SECONDS,
      Dimensions: [{ Name: "service", Value: "migrate" }],
      Period: 60,
      Threshold: 720,
    });
  });

  it("watch what the gateway refuses with 429, votes and everything else apart", () => {
    const filters = ofType(synthesized, "AWS::Logs::MetricFilter");
    const accessLog = theOnlyOfApi(synthesized, "voters", "AWS::ApiGateway::Stage").properties;
    for (const [name, metric, pattern] of [
      ["votes-throttled", "VotesThrottled", '($.resource = "/api/v1/vote")'],
      ["reads-throttled", "ReadsThrottled", '($.resource != "/api/v1/vote")'],
    ] as const) {
      const filter = filters.find((it) => it.properties["FilterName"] === metric);
      expect(filter?.properties["FilterPattern"]).toBe(`{ ($.error = "THROTTLED") && ${pattern} }`);
      expect(JSON.stringify(at(accessLog, "AccessLogSetting", "DestinationArn"))).toContain(
        textAt(filter?.properties, "LogGroupName", "Ref"),
      );
      const alarm = telling.find((it) => textAt(it.properties, "AlarmName").endsWith(name));
      const transformation = at(filter?.properties, "MetricTransformations", 0);
      expect(alarm?.properties).toMatchObject({ MetricName: metric, Namespace: `Referendum/${stage}`, Threshold: 0 });
      expect(transformation).toMatchObject({ MetricName: metric, MetricNamespace: `Referendum/${stage}` });
    }
    // The fields that the patterns read.
    const fields = JSON.parse(textAt(accessLog, "AccessLogSetting", "Format"));
    expect(fields).toMatchObject({ error: "$context.error.responseType", resource: "$context.resourcePath" });
  });

  it("watch what the firewall refuses: by the rate of an address at once, by any rule as a share", () => {
    const acl = theOnly(synthesized, "AWS::WAFv2::WebACL").properties;
    const rules = listAt(acl, "Rules").filter((rule) => at(rule, "Statement", "RateBasedStatement") !== undefined);
    const dimensionsOf = (metric: unknown) =>
      new Map(listAt(metric, "Dimensions").map((it) => [at(it, "Name"), at(it, "Value")]));
    const ofStage = { WebACL: at(acl, "VisibilityConfig", "MetricName"), Region: "ca-central-1" };
    for (const rule of rules) {
      const name = textAt(rule, "VisibilityConfig", "MetricName");
      const alarm = telling.find((it) => textAt(it.properties, "AlarmName").endsWith(`firewall-${name}`))?.properties;
      expect(alarm).toMatchObject({ Namespace: "AWS/WAFV2", MetricName: "BlockedRequests", Threshold: 0 });
      expect(Object.fromEntries(dimensionsOf(alarm))).toEqual({ ...ofStage, Rule: name });
    }
    const share = telling.find((it) => textAt(it.properties, "AlarmName").endsWith("firewall-refusals"))?.properties;
    const metrics = listAt(share, "Metrics").flatMap((it) => listAt(it, "MetricStat", "Metric"));
    expect(metrics.map((it) => at(it, "MetricName"))).toEqual(["BlockedRequests", "AllowedRequests"]);
    for (const metric of metrics) expect(Object.fromEntries(dimensionsOf(metric))).toEqual({ ...ofStage, Rule: "ALL" });
  });

  it("treat missing data as healthy, because most metrics exist only while there is traffic", () => {
    for (const alarm of simple) expect(alarm.properties["TreatMissingData"]).toBe("notBreaching");
  });
});

describe.each(["dev", "prod"] as const)("the dashboard of stage %s", (stage) => {
  const body = JSON.stringify(theOnly(synthesize(stage), "AWS::CloudWatch::Dashboard").properties["DashboardBody"]);

  it.each(["1 · accepted", "2 · decided", "3 · counted"])("shows %s", (title) => {
    expect(body).toContain(title);
  });

  it.each(["VotesAccepted", "VotesDecidedDuplicate", "VotesCounted", "VotesInvalid", "RollNotLoaded"])(
    "reads %s, which the functions emit",
    (metric) => {
      const source = readFileSync(join(PROJECT_ROOT, "shared/runtime/metrics.ts"), "utf8");
      expect(source).toContain(`"${metric}"`);
      expect(body).toContain(metric);
    },
  );

  it("shows how long votes wait and what is on alarm", () => {
    expect(body).toContain("ApproximateAgeOfOldestMessage");
    expect(body).toContain('"type');
    expect(body).toContain("alarm");
  });
});

describe("the runbook", () => {
  it.each([
    "before-voting-day",
    "during-voting-day",
    "after-voting-day",
    "restoring-postgresql-to-a-point-in-time",
    "rebuilding-redis",
    "rebuilding-dynamodb",
    "upgrades",
  ])("has a section %s", (anchor) => {
    expect(anchors).toContain(anchor);
  });

  it("links only to sections that exist", () => {
    const links = readFileSync(join(PROJECT_ROOT, "docs/runbook.md"), "utf8").matchAll(/\]\(#([^)]+)\)/g);
    for (const [, anchor] of links) expect(anchors).toContain(anchor);
  });
});
