import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StartedStack } from "../../../places/local/starter.ts";
import { buildOwnEnvironment, type TestEnvironment } from "../../support/environment.ts";

const PAGES = ["https://vote.example.org", "http://127.0.0.1:5173"];
const STRANGER = "https://vote.example.org.evil.example";

let env: TestEnvironment;
let running: StartedStack;
beforeAll(async () => {
  ({ environment: env, running } = await buildOwnEnvironment({ settings: { api: { corsOrigins: PAGES } } }));
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
  await running?.stop();
});

const preflight = (path: string, origin: string) =>
  env.api.request("OPTIONS", path, {
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "idempotency-key" },
  });

describe("a page of another origin", () => {
  test.each(PAGES)("that is listed may ask: %s", async (page) => {
    for (const path of ["/api/v1/vote", "/api/v1/votes/abc", "/api/v1/results", "/api/v1/nothing"]) {
      const { status, text, headers } = await preflight(path, page);
      expect([path, status, text]).toEqual([path, 204, ""]);
      expect(headers.get("access-control-allow-origin")).toBe(page);
      expect(headers.get("access-control-allow-methods")?.split(",")).toEqual(["GET", "HEAD", "POST"]);
      expect(headers.get("access-control-allow-headers")?.split(",")).toContain("idempotency-key");
      expect(headers.get("vary")).toMatch(/origin/i);
    }
  });

  test.each(PAGES)("that is listed may read votes' answers and problems: %s", async (page) => {
    const { lawId, voters } = await env.newLaw(1);
    const body = JSON.stringify({ ...voters[0], law_id: lawId, vote: "oui" });
    const headers = { "content-type": "application/json", origin: page };
    const answers = [await env.api.post(body, headers), await env.api.post("{}", headers)];
    expect(answers.map(({ status }) => status)).toEqual([202, 400]);
    for (const answer of answers) {
      expect(answer.headers.get("access-control-allow-origin")).toBe(page);
      expect(answer.headers.get("access-control-expose-headers")).toContain("location");
    }
    await env.decided(answers.slice(0, 1));
  });

  test("that is not listed may neither ask nor read", async () => {
    expect((await preflight("/api/v1/vote", STRANGER)).headers.get("access-control-allow-origin")).not.toBe(STRANGER);
    const results = await env.api.request("GET", "/api/v1/results", { headers: { origin: STRANGER } });
    expect([results.status, results.headers.get("access-control-allow-origin")]).toEqual([200, null]);
  });
});

test("405 names OPTIONS as well", async () => {
  expect((await env.api.request("PUT", "/api/v1/vote")).headers.get("allow")).toBe("POST, OPTIONS");
});
