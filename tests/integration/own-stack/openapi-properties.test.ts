import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { buildOwnEnvironment, type TestEnvironment } from "../../support/environment.ts";
import { findProblems, propertyTester } from "../../support/property-tester/schemathesis.ts";
import type { PythonTool } from "../../support/python-tool.ts";

const DESCRIPTION = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "referendum-description-"));
/** The law of the description's examples. */
const LAW_ID = "L2025-001";
const UNLIMITED = { throttleRate: 1_000_000, throttleBurst: 1_000_000, readRate: 1_000_000, readBurst: 1_000_000 };
/**
 * Requests per operation and phase. An operation with few different requests takes fewer, how many depends on the
 * seed: together about 1,250, and 1,800 on paths along the links.
 */
const EXAMPLES = 250;
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
  rmSync(work, { recursive: true, force: true });
});

/**
 * The description with votes in clear only. Whether an envelope is right depends on the form and the key of the law,
 * which no schema can say, and the tester takes a refusal of what the schema allows for a mistake.
 *
 * @returns the file
 */
function withoutEnvelopes(): string {
  const description = JSON.parse(readFileSync(DESCRIPTION, "utf8"));
  const { VoteRequest } = description.components.schemas;
  delete VoteRequest.properties.sealed_vote;
  delete VoteRequest.oneOf;
  VoteRequest.required.push("vote");
  delete description.paths["/api/v1/vote"].post.requestBody.content["application/json"].examples.sealed;
  const file = join(work, "openapi.json");
  writeFileSync(file, JSON.stringify(description));
  return file;
}

test("a property tester finds nothing wrong in docs/openapi.json", { tags: ["hostile"] }, async ({ skip }) => {
  if ("absent" in tester) return skip(`left out: ${tester.absent}`);
  const found = await findProblems(tester.python, withoutEnvelopes(), env.stack.api_url, {
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
  const found = await findProblems(tester.python, withoutEnvelopes(), env.stack.api_url, {
    phases: "stateful",
    examples: PATHS,
    seed: process.env["FAST_CHECK_SEED"] ?? "1",
  });
  expect(found.text).toContain("No issues found");
  expect(found.passed).toBe(found.cases);
  const [followed, all] = found.links;
  expect([all > 0, followed]).toEqual([true, all]);
});
