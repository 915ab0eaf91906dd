import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { describe, expect, it } from "vitest";
import { buildApplication } from "../../infra/application.ts";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { LAYERS, STAGE_NAMES, settingsOf } from "../../infra/stages.ts";

/** The paths of all values: an array is one value. */
function pathsOf(value: object, prefix = ""): string[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? pathsOf(inner, `${prefix}${key}.`)
      : [`${prefix}${key}`],
  );
}

describe("the settings of a stage", () => {
  it.each(STAGE_NAMES)("are valid for %s", (stage) => {
    expect(settingsOf(stage).stage).toBe(stage);
  });

  it("exist for AWS on stages with an account, and nowhere else", () => {
    expect(STAGE_NAMES.filter((stage) => settingsOf(stage).aws !== undefined)).toEqual(["dev", "prod"]);
  });

  it("take nested overrides and keep the rest", () => {
    const settings = settingsOf("local", { api: { throttleRate: 20 } });
    expect(settings.api).toEqual({ ...settingsOf("local").api, throttleRate: 20 });
  });

  it("do not keep an override for the next call", () => {
    settingsOf("prod", { aws: { redis: { replicas: 1 } } });
    expect(settingsOf("prod").aws?.redis.replicas).toBe(2);
  });

  it.each([
    ["an unknown key", { api: { throttelRate: 20 } }, /throttelRate/],
    ["a value out of range", { validate: { maximumConcurrency: 1 } }, /maximumConcurrency/],
    ["a value of the wrong type", { lawCacheSeconds: "5" }, /lawCacheSeconds/],
    ["something that is no object", 5, /stage local/],
  ])("refuse %s and name it", (_, overrides, message) => {
    expect(() => settingsOf("local", overrides)).toThrow(message);
  });

  it("refuse an unknown stage and name those there are", () => {
    expect(() => settingsOf("production")).toThrow(/"production".*local, localstack, dev, prod/);
  });
});

describe("the layers of a stage", () => {
  it.each(STAGE_NAMES)("write each value of %s exactly once", (stage) => {
    const written = LAYERS[stage].flatMap((layer) => pathsOf(layer));
    expect(written.toSorted()).toEqual([...new Set(written)].sort());
    expect(["stage", ...written].sort()).toEqual(pathsOf(settingsOf(stage)).sort());
  });

  it("have one layer that a laptop and an AWS account share, and it is part of every stage", () => {
    const shared = LAYERS.prod.filter((layer) => [...LAYERS.local, ...LAYERS.localstack].includes(layer));
    expect(shared).toHaveLength(1);
    for (const stage of STAGE_NAMES) expect(LAYERS[stage]).toContain(shared[0]);
  });

  it("share no object below themselves, so that a change of one stage cannot change another", () => {
    const objectsIn = (value: object): object[] =>
      Object.values(value).flatMap((inner: unknown) =>
        typeof inner === "object" && inner !== null ? [inner, ...objectsIn(inner)] : [],
      );
    const layers = [...new Set(Object.values(LAYERS).flat())];
    const objects = layers.flatMap((layer) => objectsIn(layer));
    expect(new Set(objects).size).toBe(objects.length);
  });
});

describe("settings that contradict each other are refused with one sentence:", () => {
  const warm = { minimum: 300, start: "cron(0 5 22 11 ? 2026)", end: "cron(0 5 23 11 ? 2026)" };
  it.each([
    [
      "a minimum above the maximum",
      { ingestConcurrency: { minimum: 300 } },
      /the minimum of 300 is above the maximum of 200/,
    ],
    [
      "the same on voting day",
      { ingestConcurrency: { votingDay: warm } },
      /the minimum of 300 is above the maximum of 200/,
    ],
    [
      "more disk than the most it may have",
      { database: { allocatedGib: 2000 } },
      /allocatedGib, 2000, is above maxAllocatedGib/,
    ],
    ["another region than the zones'", { region: "eu-west-1" }, /ca-central-1a, .*: not in the region eu-west-1/],
    [
      "one zone of another region",
      { network: { availabilityZones: ["ca-central-1a", "ca-central-1b", "us-east-1a"] } },
      /us-east-1a: not in the region ca-central-1/,
    ],
    [
      "the same zone twice",
      { network: { availabilityZones: ["ca-central-1a", "ca-central-1b", "ca-central-1b"] } },
      /three different zones are needed/,
    ],
  ])("%s", (_, aws, message) => {
    expect(() => settingsOf("prod", { aws })).toThrow(message);
  });

  it("a legal term that ends while votes of its law may be in a queue", () => {
    expect(() => settingsOf("prod", { legalTermDays: 13 })).toThrow(
      /13 is less than the 14 days of queues\.deadLetter/,
    );
    expect(settingsOf("local").legalTermDays).toBe(0);
  });

  it("prod without a recipient of alarms", () => {
    const built = { bundleDirectory: PROJECT_ROOT, pagesDirectory: PROJECT_ROOT };
    expect(() => buildApplication(new App(), settingsOf("prod"), built)).toThrow(
      /Nobody would be told of the alarms of stage prod: name a recipient/,
    );
  });
});

it("the CDK app builds no stage that nobody named", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(PROJECT_ROOT, "infra", "app.ts")], {
    cwd: PROJECT_ROOT,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  expect(stderr.trim()).toBe("Name the stage: -c stage=local|localstack|dev|prod.");
  expect(status).toBe(1);
});
