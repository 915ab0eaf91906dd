import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { buildOwnEnvironment, type TestEnvironment } from "../../support/environment.ts";
import { findProblems, propertyTester } from "../../support/property-tester/schemathesis.ts";
import type { PythonTool } from "../../support/python-tool.ts";

const DESCRIPTION = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));
/** The law of the description's examples. */
const LAW_ID = "L2025-001";
const UNLIMITED = { throttleRate: 1_000_000, throttleBurst: 1_000_000, readRate: 1_000_000, readBurst: 1_000_000 };
/** Requests per operation and phase: about 1,200 altogether, and 1,800 on paths along the links. */
const EXAMPLES = 150;
const PATHS = 300;

let tester: PythonTool;
let env: TestEnvironment;
let running: StartedStack;
beforeAll(async () => {
  tester = await propertyTester();
  ({ environment: env, running } = await buildOwnEnvironment({ settings: { api: UNLIMITED } }));
  await env.newLaw(1, { lawId: LAW_ID });
}, limitOf(240));
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
  await running?.stop();
});

test("a property tester finds nothing wrong in docs/openapi.json", { tags: ["hostile"] }, async ({ skip }) => {
  if ("absent" in tester) return skip(`left out: ${tester.absent}`);
  const found = await findProblems(tester.python, DESCRIPTION, env.stack.api_url, {
    phases: "examples,coverage,fuzzing",
    examples: EXAMPLES,
    seed: process.env["FAST_CHECK_SEED"],
  });
  expect(found.text).toContain("No issues found");
  expect(found.cases).toBeGreaterThanOrEqual(1_000);
  expect(found.passed).toBe(found.cases);
});

test("paths along the links of docs/openapi.json lead where it says", { tags: ["hostile"] }, async ({ skip }) => {
  if ("absent" in tester) return skip(`left out: ${tester.absent}`);
  // The same paths each time: of random ones, one in ten runs takes every link but one.
  const found = await findProblems(tester.python, DESCRIPTION, env.stack.api_url, {
    phases: "stateful",
    examples: PATHS,
    seed: process.env["FAST_CHECK_SEED"] ?? "1",
  });
  expect(found.text).toContain("No issues found");
  expect(found.passed).toBe(found.cases);
  const [followed, all] = found.links;
  expect([all > 0, followed]).toEqual([true, all]);
});
