import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeForAll } from "../support/close-law.ts";
import { buildTestEnvironment, type TestEnvironment } from "../support/environment.ts";

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

async function auditRows(lawId: string): Promise<string[]> {
  const { rows } = await env.target.pool.query<{ status: string }>("select status from vote_audit where law_id = $1", [
    lawId,
  ]);
  return rows.map((row) => row.status).sort();
}

describe.concurrent("the same Idempotency-Key", () => {
  test("is one submission, however often it is sent, also after it was counted", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const vote = () => env.api.vote({ lawId, voter: voters[0], idempotencyKey: "retry-1" });
    const first = await vote();
    const second = await vote();
    await env.decided([first, second]);
    const third = await vote();
    expect(await env.decided([first, second, third])).toEqual(["counted", "counted", "counted"]);
    expect(new Set([first, second, third].map((answer) => answer.field("request_id"))).size).toBe(1);
    expect(await auditRows(lawId)).toEqual(["counted"]);
  });

  test("sent twenty times at the same time is one submission", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => env.api.vote({ lawId, voter: voters[0], idempotencyKey: "burst" })),
    );
    await env.decided(answers);
    expect(new Set(answers.map((answer) => answer.field("request_id"))).size).toBe(1);
    expect(await auditRows(lawId)).toEqual(["counted"]);
    const { rows } = await env.target.pool.query("select 1 from duplicate_attempts where law_id = $1", [lawId]);
    expect(rows).toEqual([]);
  });

  test("with another choice changes nothing and tells nobody the first one", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const first = await env.api.vote({ lawId, voter: voters[0], vote: "oui", idempotencyKey: "k" });
    await env.decided([first]);
    const second = await env.api.vote({ lawId, voter: voters[0], vote: "non", idempotencyKey: "k" });
    expect(second.status).toBe(202);
    expect(second.field("request_id")).toBe(first.field("request_id"));
    await env.decided([second]);
    expect((await env.api.results(lawId)).json).toMatchObject({ oui_count: 1, non_count: 0 });
  });

  test("from another voter, or for another law, is another submission", async () => {
    const one = await env.newLaw(2);
    const two = await env.newLaw(1);
    const [a, b = a] = one.voters;
    const answers = [
      await env.api.vote({ lawId: one.lawId, voter: a, idempotencyKey: "shared" }),
      await env.api.vote({ lawId: one.lawId, voter: b, idempotencyKey: "shared" }),
      await env.api.vote({ lawId: two.lawId, voter: two.voters[0], idempotencyKey: "shared" }),
    ];
    expect(new Set(answers.map((answer) => answer.field("request_id"))).size).toBe(3);
    expect(await env.decided(answers)).toEqual(["counted", "counted", "counted"]);
  });

  test("with another key, or none, is a further attempt", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answers = [
      await env.api.vote({ lawId, voter: voters[0], idempotencyKey: "one" }),
      await env.api.vote({ lawId, voter: voters[0], idempotencyKey: "two" }),
      await env.api.vote({ lawId, voter: voters[0] }),
    ];
    await env.decided(answers);
    expect(await auditRows(lawId)).toEqual(["counted", "duplicate", "duplicate"]);
  });
});

describe.concurrent("a retry after the law has closed", () => {
  test("is answered as the first try was, from its receipt", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const vote = () => env.api.vote({ lawId, voter: voters[0], idempotencyKey: "late" });
    const first = await vote();
    await env.decided([first]);
    await closeForAll(env, lawId);
    const late = await vote();
    expect(late.status).toBe(202);
    expect(late.json).toEqual(first.json);
    const stranger = await env.api.vote({ lawId, voter: voters[0], idempotencyKey: "never-sent-in-time" });
    expect(stranger.status).toBe(409);
    expect((await env.api.receipt(stranger.field("request_id"))).json).toMatchObject({ status: "received" });
  });
});
