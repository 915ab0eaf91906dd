import { globSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { cannotRun, exceptionsOf, TARGET_EXCEPTIONS } from "../../../commands/test/target-exceptions.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

test("every exception names files that exist, and has a reason", () => {
  for (const { files, reason } of TARGET_EXCEPTIONS.filter((one) => !one.files.includes("/faults/"))) {
    expect(globSync(files.replace(/\*\*$/, "**/*.test.ts"), { cwd: ROOT }), files).not.toEqual([]);
    expect(reason.length).toBeGreaterThan(20);
  }
});

test("the local stack runs everything but the faults of LocalStack", () => {
  expect(exceptionsOf("local").map(({ files }) => files)).toEqual(["tests/integration/localstack/**"]);
});

test("a single test is found by its name", () => {
  expect(cannotRun("local", "files")).toBeUndefined();
  expect(cannotRun("localstack", "files")).toContain("only on the local stack");
});
