import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { HOME_DIRECTORY } from "../../places/localstack/settings.ts";
import { synthesize } from "./support/synth.ts";

const created = z
  .array(z.string())
  .parse(JSON.parse(readFileSync(join(HOME_DIRECTORY, "resource-types.json"), "utf8")));
const pretended = (types: readonly string[]) => types.filter((type) => !created.includes(type));

test("LocalStack creates every resource type of the stage localstack", () => {
  const types = new Set(synthesize("localstack").resources.map(({ type }) => type));
  expect(types.size).toBeGreaterThan(10);
  expect(pretended([...types])).toEqual([]);
});

test("the list knows what LocalStack only pretends to create", () => {
  const types = ["AWS::RDS::DBInstance", "AWS::ElastiCache::ReplicationGroup", "AWS::WAFv2::WebACL"];
  expect(pretended([...types, "AWS::SQS::Queue", "Custom::Migration"])).toEqual([...types, "Custom::Migration"]);
});
