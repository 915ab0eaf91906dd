import { describe, expect, it } from "vitest";
import { STAGE_NAMES, settingsOf } from "../../infra/stages.ts";

describe("the settings of a stage", () => {
  it.each(STAGE_NAMES)("are valid for %s", (stage) => {
    expect(settingsOf(stage).stage).toBe(stage);
  });

  it("exist for AWS where there is an account, and nowhere else", () => {
    expect(STAGE_NAMES.filter((stage) => settingsOf(stage).aws !== undefined)).toEqual(["dev", "prod"]);
  });

  it("take overrides deep inside and leave the rest", () => {
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
