import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotRun } from "../../commands/test/target-exceptions.ts";
import { Health, Problem } from "../../shared/messages/responses.ts";
import { buildTestEnvironment, type TestEnvironment, type Voter } from "../support/environment.ts";
import { type RawRequest, rawRequest } from "../support/raw-request.ts";

let env: TestEnvironment;
let lawId: string;
let voter: Voter;
beforeAll(async () => {
  env = await buildTestEnvironment();
  const law = await env.newLaw(1);
  lawId = law.lawId;
  voter = law.voters[0];
});
afterAll(async () => {
  if (!env) return;
  // All votes of the tests below on this law were refused: after one right vote, there is one submission.
  await env.decided([await env.api.vote({ lawId, voter })]);
  const { rows } = await env.target.pool.query("select status from vote_audit where law_id = $1", [lawId]);
  expect(rows).toEqual([{ status: "counted" }]);
  await env.checkLedger();
  await env.close();
});

const JSON_TYPE = { "content-type": "application/json" };
const body = (changes: object = {}) =>
  JSON.stringify({ nas: voter.nas, code: voter.code, law_id: lawId, vote: "oui", ...changes });
const withMember = (member: string) => `${body().slice(0, -1)},${member}}`;
const send = (request: RawRequest) => rawRequest(env.stack.api_url, request);
const post = (text: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) =>
  send({ method: "POST", path: "/api/v1/vote", headers, body: text });

async function expectProblem(answer: { status: number; headers: object; text: string }, status: number) {
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject({ "content-type": expect.stringMatching(/^application\/problem\+json/) });
  const problem = Problem.parse(JSON.parse(answer.text));
  expect(problem.status).toBe(status);
  expect(answer.text).not.toContain(voter.nas);
  expect(answer.text).not.toContain(voter.code);
  return problem;
}

const BAD_UTF8_CODE = Buffer.concat([Buffer.from(',"code":"ABC123'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);

describe.concurrent("a bad vote is 400 and says which field", () => {
  test.each([
    ["not JSON", "body", () => "oui"],
    ["half a vote", "body", () => body().slice(0, 30)],
    ["nothing", "body", () => ""],
    ["a list", "body", () => `[${body()}]`],
    ["null", "body", () => "null"],
    ["a number", "body", () => "1"],
    ["deep nesting", "body", () => `${"[".repeat(3000)}${"]".repeat(3000)}`],
    ["a field twice", "body", () => withMember('"vote":"non"')],
    [
      "invalid UTF-8 in a field",
      "code",
      () => Buffer.concat([Buffer.from(body({ code: undefined }).slice(0, -1)), BAD_UTF8_CODE]),
    ],
    ["a missing field", "vote", () => body({ vote: undefined })],
    ["an extra field", "extra", () => withMember('"extra":1')],
    ["a field __proto__", "__proto__", () => withMember('"__proto__":{"vote":"oui"}')],
    ["a field constructor", "(unknown field)", () => withMember('"constructor":{"prototype":{}}')],
    ["null in a field", "code", () => body({ code: null })],
    ["an empty field", "law_id", () => body({ law_id: "" })],
    ["a field of another type", "nas", () => body({ nas: Number(voter.nas) })],
    ["8 digits", "nas", () => body({ nas: voter.nas.slice(1) })],
    ["10 digits", "nas", () => body({ nas: `${voter.nas}0` })],
    ["letters", "nas", () => body({ nas: "ABCDEFGHI" })],
    ["full-width digits", "nas", () => body({ nas: "１２３４５６７８９" })],
    ["a trailing newline", "nas", () => body({ nas: `${voter.nas}\n` })],
    ["a NUL", "code", () => body({ code: `${voter.code}\u0000` })],
    ["another choice", "vote", () => body({ vote: "peut-être" })],
  ])("%s: %s", async (_, field, make) => {
    const { errors = [] } = await expectProblem(await post(make()), 400);
    expect(errors.map((error) => error.field)).toContain(field);
    expect(errors.every((error) => error.message !== "")).toBe(true);
  });

  test("an Idempotency-Key with a blank in it", async () => {
    const { errors = [] } = await expectProblem(await post(body(), { ...JSON_TYPE, "idempotency-key": "a b" }), 400);
    expect(errors.map((error) => error.field)).toEqual(["Idempotency-Key"]);
  });
});

describe.concurrent("limits", () => {
  test.each(["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "text/json"])(
    "a body of type %s is answered 415",
    async (type) => {
      await expectProblem(await post(body(), { "content-type": type }), 415);
    },
  );

  test("a body in an encoding that could be undone is answered 415, which names the encoding", async ({ skip }) => {
    const elsewhere = cannotRun(env.stack.stage, "gzip");
    if (elsewhere !== undefined) return skip(elsewhere);
    const answer = await post(gzipSync(body()), { ...JSON_TYPE, "content-encoding": "gzip" });
    const { detail } = await expectProblem(answer, 415);
    expect(detail).toContain("gzip");
  });

  test("a body in another encoding is answered 415", async () => {
    await expectProblem(await post(body(), { ...JSON_TYPE, "content-encoding": "br" }), 415);
  });

  test("a body without a type is answered 415", async () => {
    await expectProblem(await post(body(), {}), 415);
  });

  test.each([
    ["one byte more than 8 KiB", 8 * 1024 + 1],
    ["1 MB", 1_000_000],
    ["more than 10 MB", 11_000_000],
  ])("%s is answered 413", async (_, bytes) => {
    await expectProblem(await post(body().padEnd(bytes, " ")), 413);
  });

  test("a law that does not exist is answered 404", async () => {
    await expectProblem(await post(body({ law_id: "no-such-law" })), 404);
  });
});

describe.concurrent("wrong methods and paths", () => {
  test.each([
    ["GET", "/api/v1/vote", "POST"],
    ["PUT", "/api/v1/vote", "POST"],
    ["DELETE", "/api/v1/vote", "POST"],
    ["OPTIONS", "/api/v1/vote", "POST"],
    ["HEAD", "/api/v1/vote", "POST"],
    ["PUT", "/api/v1/vote/", "POST"],
    ["PATCH", "/api/v1/votes/abc", "GET, HEAD"],
    ["POST", "/api/v1/votes/abc", "GET, HEAD"],
    ["DELETE", "/api/v1/results", "GET, HEAD"],
    ["DELETE", "/api/v1/results/", "GET, HEAD"],
    ["POST", "/api/v1/results/L1", "GET, HEAD"],
    ["POST", "/api/v1/health", "GET, HEAD"],
  ])("%s %s is answered 405 with Allow: %s", async (method, path, allow) => {
    const answer = await send({ method, path });
    if (method === "HEAD") expect([answer.status, answer.text]).toEqual([405, ""]);
    else await expectProblem(answer, 405);
    expect(answer.headers.allow).toBe(allow);
  });

  test.each(["/api/v1/results", "/api/v1/results/L1", "/api/v1/votes/abc", "/api/v1/health", "/api/v1/nothing"])(
    "HEAD %s is answered as GET, without the body",
    async (path) => {
      const [get, head] = [await send({ method: "GET", path }), await send({ method: "HEAD", path })];
      expect([head.status, head.text]).toEqual([get.status, ""]);
      for (const name of ["content-type", "cache-control"]) expect(head.headers[name]).toBe(get.headers[name]);
    },
  );

  test("a slash at the end makes no difference", async () => {
    const paths = ["/api/v1/results", `/api/v1/results/${lawId}`, "/api/v1/votes/abc", "/api/v1/health", "/api/v1/x"];
    for (const path of paths) {
      const [without, slashed] = [await send({ method: "GET", path }), await send({ method: "GET", path: `${path}/` })];
      expect([path, slashed.status]).toEqual([path, without.status]);
    }
    const vote = await send({ method: "POST", path: "/api/v1/vote/", headers: JSON_TYPE, body: "{}" });
    await expectProblem(vote, 400);
  });

  test("TRACE repeats nothing", async () => {
    const answer = await send({ method: "TRACE", path: "/api/v1/vote", headers: { "x-secret": "do-not-repeat" } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain("do-not-repeat");
  });

  test.each([
    "/nothing",
    "/api",
    "/api/v1",
    "/api/v1/nothing",
    "/api/v2/vote",
    "/API/V1/VOTE",
    "/api/v1/votes/a/b",
    "/favicon.ico",
  ])("%s is answered 404", async (path) => {
    await expectProblem(await send({ method: "GET", path }), 404);
  });

  test("an encoded slash or a parent's path in an id leads nowhere else", async () => {
    for (const path of ["/api/v1/votes/..%2Fhealth", "/api/v1/votes/%2e%2e", "/api/v1/results/..%2f..%2fhealth"]) {
      await expectProblem(await send({ method: "GET", path }), 404);
    }
  });

  test("a query changes nothing", async () => {
    expect((await send({ method: "GET", path: `/api/v1/results/${lawId}?law_id=other` })).status).toBe(200);
  });
});

describe.concurrent("each endpoint", () => {
  test("health names every service and the time", async () => {
    const answer = await env.api.request("GET", "/api/v1/health");
    expect(answer.status).toBe(200);
    const health = Health.parse(answer.json);
    expect(health.status).toBe("healthy");
    expect(new Set(Object.values(health.services))).toEqual(new Set(["connected"]));
    expect(Math.abs(Date.parse(health.timestamp) - Date.now())).toBeLessThan(60_000);
  });

  test("a hundred requests at once are all answered", async () => {
    const paths = ["/api/v1/results", `/api/v1/results/${lawId}`, "/api/v1/health", "/api/v1/nothing"];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => env.api.request("GET", paths[index % 4] ?? "/")),
    );
    const statuses = answers.map((answer) => answer.status);
    expect(statuses).toEqual(Array.from({ length: 100 }, (_, index) => (index % 4 === 3 ? 404 : 200)));
  });

  test("a receipt that does not exist is not cached, and no header names the software", async () => {
    const answer = await env.api.request("GET", "/api/v1/votes/never-issued");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-powered-by")).toBeNull();
  });
});
