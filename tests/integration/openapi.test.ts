import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../support/api-client.ts";
import { buildTestEnvironment, type TestEnvironment } from "../support/environment.ts";

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, "api");
const pointer = (part: string) => part.replaceAll("~", "~0").replaceAll("/", "~1");

/** Compares a real answer with docs/openapi.json: its status and type are described there, and its body is valid. */
function expectDescribed(method: string, path: string, answer: Answer): void {
  const responses = document.paths[path]?.[method]?.responses ?? {};
  expect(Object.keys(responses), `${method} ${path}`).toContain(String(answer.status));
  const base = `/paths/${pointer(path)}/${method}/responses/${answer.status}`;
  const reference: unknown = responses[answer.status]["$ref"];
  const at = typeof reference === "string" ? reference.slice(1) : base;
  const response = at
    .split("/")
    .slice(1)
    .reduce((node, key) => node[key.replaceAll("~1", "/")], document);
  if (response.content === undefined) {
    expect(answer.text).toBe("");
    return;
  }
  const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
  expect(Object.keys(response.content)).toContain(type);
  const validate = ajv.getSchema(`api#${at}/content/${encodeURIComponent(pointer(type))}/schema`);
  expect(validate, `${at} has a schema`).toBeDefined();
  expect(validate?.(answer.json), ajv.errorsText(validate?.errors)).toBe(true);
}

describe.concurrent("docs/openapi.json is right about", () => {
  const VOTE = "/api/v1/vote";

  test("an accepted vote, its receipt before and after", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answer = await env.api.vote({ lawId, voter: voters[0], idempotencyKey: "key" });
    expectDescribed("post", VOTE, answer);
    expectDescribed("get", "/api/v1/votes/{request_id}", await env.api.receipt(answer.field("request_id")));
    await env.decided([answer]);
    expectDescribed("get", "/api/v1/votes/{request_id}", await env.api.receipt(answer.field("request_id")));
  });

  test("votes that are refused", async () => {
    const { lawId, voters } = await env.newLaw(1, { opens: new Date(Date.now() + 3_600_000).toISOString() });
    const refused = [
      [400, await env.api.post("{}")],
      [404, await env.api.vote({ lawId: "no-such-law", voter: voters[0] })],
      [409, await env.api.vote({ lawId, voter: voters[0] })],
      [413, await env.api.post(" ".repeat(9_000))],
      [415, await env.api.post("x", { "content-type": "text/plain" })],
    ] as const;
    for (const [status, answer] of refused) {
      expect(answer.status).toBe(status);
      expectDescribed("post", VOTE, answer);
    }
  });

  test("results, of a law and of all, unchanged and of an unknown law", async () => {
    const { lawId } = await env.newLaw(1);
    const path = "/api/v1/results/{law_id}";
    const answer = await env.api.results(lawId);
    expectDescribed("get", path, answer);
    expectDescribed("get", path, await env.api.results("no-such-law"));
    const headers = { "if-none-match": answer.headers.get("etag") ?? "" };
    expectDescribed("get", path, await env.api.request("GET", `/api/v1/results/${lawId}`, { headers }));
    expectDescribed("get", "/api/v1/results", await env.api.results());
  });

  test("a receipt that does not exist, and health", async () => {
    expectDescribed("get", "/api/v1/votes/{request_id}", await env.api.receipt("nothing"));
    expectDescribed("get", "/api/v1/health", await env.api.request("GET", "/api/v1/health"));
  });
});
