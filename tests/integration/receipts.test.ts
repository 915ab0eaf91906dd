import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRequestId } from "../../shared/domain/request-id.ts";
import { Receipt } from "../../shared/messages/responses.ts";
import { buildTestEnvironment, loadVoters, newVoters, type TestEnvironment } from "../support/environment.ts";

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

describe.concurrent("a receipt", () => {
  test("says received while the vote waits for its law's roll, and counted after that was loaded", async () => {
    const { lawId } = await env.newLaw(null);
    const [voter] = newVoters(1);
    const answer = await env.api.vote({ lawId, voter });
    expect(answer.status).toBe(202);
    const waiting = await env.api.receipt(answer.field("request_id"));
    expect(Receipt.parse(waiting.json)).toMatchObject({ status: "received", law_id: lawId });
    const health = await env.api.request("GET", "/api/v1/health");
    expect(health.json.warnings).toContain(`the roll of ${lawId} is not loaded`);
    await loadVoters(env.target, [lawId], [voter]);
    expect(await env.decided([answer])).toEqual(["counted"]);
  });

  test("answers the same however often it is asked for, and is not cached", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answer = await env.api.vote({ lawId, voter: voters[0] });
    await env.decided([answer]);
    const [one, two] = await Promise.all([1, 2].map(() => env.api.receipt(answer.field("request_id"))));
    expect(one?.json).toEqual(two?.json);
    expect(one?.headers.get("cache-control")).toBe("no-store");
  });

  test("of a duplicate says that the voter has voted, and never what", async () => {
    const { lawId, voters } = await env.newLaw(1);
    await env.decided([await env.api.vote({ lawId, voter: voters[0], vote: "non" })]);
    const second = await env.api.vote({ lawId, voter: voters[0], vote: "oui" });
    await env.decided([second]);
    const receipt = await env.api.receipt(second.field("request_id"));
    expect(Receipt.parse(receipt.json)).toMatchObject({ status: "duplicate", reason: "already_voted" });
    expect(receipt.text).not.toMatch(/"(oui|non)"/);
  });
});

describe.concurrent("an id that was never issued", () => {
  test.each([
    ["a UUID", "0196b1f0-7c3a-7cc0-8000-000000000000"],
    ["a word", "nothing"],
    ["blanks", "%20"],
    ["letters of the right number", "A".repeat(56)],
    ["very many letters", "A".repeat(4000)],
    ["a NUL", "%00"],
    ["invalid UTF-8", "%ff%fe"],
  ])("is answered 404 as a problem: %s", async (_, id) => {
    const answer = await env.api.receipt(id);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.json).toMatchObject({ type: "urn:referendum:problem:no-such-vote", status: 404 });
  });

  test("is an issued id with any one character changed", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answer = await env.api.vote({ lawId, voter: voters[0] });
    const id = answer.field("request_id");
    for (let at = 0; at < id.length; at += 7) {
      const changed = `${id.slice(0, at)}${id[at] === "A" ? "B" : "A"}${id.slice(at + 1)}`;
      expect((await env.api.receipt(changed)).status, `character ${at}`).toBe(404);
    }
    expect(await env.decided([answer])).toEqual(["counted"]);
  });

  test("is an issued id with another law in it", async () => {
    const one = await env.newLaw(1);
    const two = await env.newLaw(1);
    const answer = await env.api.vote({ lawId: one.lawId, voter: one.voters[0] });
    const id = answer.field("request_id");
    expect(parseRequestId(id)?.lawId).toBe(one.lawId);
    const moved = Buffer.concat([
      Buffer.from(id, "base64url").subarray(0, 33),
      Buffer.from(two.lawId, "utf8"),
    ]).toString("base64url");
    expect((await env.api.receipt(moved)).status).toBe(404);
    expect(await env.decided([answer])).toEqual(["counted"]);
  });
});
