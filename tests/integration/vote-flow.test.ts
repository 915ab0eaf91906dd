import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildTestEnvironment, loadVoters, newVoters, type TestEnvironment } from "../support/environment.ts";

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

async function tally(lawId: string) {
  const { json } = await env.api.results(lawId);
  return { oui: json.oui_count, non: json.non_count, total: json.total_votes };
}

describe.concurrent("a valid vote", () => {
  test("is accepted with a request id and the address of its receipt", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const before = Date.now();
    const answer = await env.api.vote({ lawId, voter: voters[0] });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ status: "accepted", law_id: lawId, message: expect.any(String) });
    // Resolved as a generic client does it, below the path of the stage if there is one.
    const { href } = new URL(answer.headers.get("location") ?? "", `${env.api.url}/api/v1/vote`);
    expect(href).toBe(`${env.api.url}/api/v1/votes/${answer.field("request_id")}`);
    expect((await fetch(href)).status).toBe(200);
    expect(Date.parse(answer.field("accepted_at"))).toBeGreaterThanOrEqual(before - 1000);
    expect(await env.decided([answer])).toEqual(["counted"]);
  });

  test("is first received and then counted, and its receipt does not show the choice", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answer = await env.api.vote({ lawId, voter: voters[0], vote: "non" });
    const first = await env.api.receipt(answer.field("request_id"));
    expect(first.status).toBe(200);
    expect(["received", "counted"]).toContain(first.field("status"));
    expect(first.json).toMatchObject({ request_id: answer.field("request_id"), law_id: lawId });
    await env.decided([answer]);
    const last = await env.api.receipt(answer.field("request_id"));
    expect(Object.keys(last.json).sort()).toEqual(["law_id", "request_id", "status", "updated_at"]);
    expect(await tally(lawId)).toEqual({ oui: 0, non: 1, total: 1 });
  });

  test.each([
    "123 456 789",
    "123-456-789",
    " 123456789",
    "12 34-56 789 ",
    "123\u00a0456\u202f789",
    "123\u2013456\u2010789",
  ])("may write its NAS as %j", async (nas) => {
    const { lawId } = await env.newLaw(null);
    await loadVoters(env.target, [lawId], [{ nas: "123456789", code: "SPACES123" }]);
    const answer = await env.api.vote({ lawId, voter: { nas, code: "SPACES123" } });
    expect(answer.status).toBe(202);
    expect(await env.decided([answer])).toEqual(["counted"]);
  });

  test("may have blanks around its law", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answer = await env.api.vote({ lawId: `  ${lawId}\t`, voter: voters[0] });
    expect(answer.json).toMatchObject({ status: "accepted", law_id: lawId });
    expect(await env.decided([answer])).toEqual(["counted"]);
  });

  test("leaves one row in the audit table with its outcome and time", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answer = await env.api.vote({ lawId, voter: voters[0] });
    await env.decided([answer]);
    const { rows } = await env.target.pool.query(
      'select status, reason, "timestamp" from vote_audit where law_id = $1',
      [lawId],
    );
    expect(rows).toEqual([{ status: "counted", reason: null, timestamp: new Date(answer.field("accepted_at")) }]);
  });
});

describe.concurrent("an unknown voter", () => {
  test("is accepted like any other, recorded as invalid and not counted", async () => {
    const { lawId } = await env.newLaw(1);
    const [stranger] = newVoters(1);
    const answer = await env.api.vote({ lawId, voter: stranger });
    expect(answer.status).toBe(202);
    expect(await env.decided([answer])).toEqual(["invalid"]);
    expect((await env.api.receipt(answer.field("request_id"))).json).toMatchObject({ reason: "not_on_roll" });
    expect(await tally(lawId)).toEqual({ oui: 0, non: 0, total: 0 });
  });

  test("includes one with the right NAS and the wrong code", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answer = await env.api.vote({ lawId, voter: { nas: voters[0].nas, code: "WRONGCODE1" } });
    expect(await env.decided([answer])).toEqual(["invalid"]);
  });

  test("may try until the right code is found", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const wrong = await env.api.vote({ lawId, voter: { nas: voters[0].nas, code: "WRONGCODE2" } });
    const right = await env.api.vote({ lawId, voter: voters[0] });
    expect(await env.decided([wrong, right])).toEqual(["invalid", "counted"]);
  });
});

describe.concurrent("many votes", () => {
  test("a hundred are all counted, each choice as often as it was made", async () => {
    const { lawId, voters } = await env.newLaw(100);
    const answers = await Promise.all(
      voters.map((voter, index) => env.api.vote({ lawId, voter, vote: index % 4 === 0 ? "non" : "oui" })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(voters.map(() => 202));
    expect(new Set(await env.decided(answers))).toEqual(new Set(["counted"]));
    expect(await tally(lawId)).toEqual({ oui: 75, non: 25, total: 100 });
    expect(new Set(answers.map((answer) => answer.field("request_id"))).size).toBe(100);
  });
});

describe.concurrent("several laws", () => {
  test("are independent: the same person votes on each", async () => {
    const first = await env.newLaw(1);
    const second = await env.newLaw(null);
    await loadVoters(env.target, [second.lawId], first.voters);
    const voter = first.voters[0];
    const answers = [
      await env.api.vote({ lawId: first.lawId, voter, vote: "oui" }),
      await env.api.vote({ lawId: second.lawId, voter, vote: "non" }),
    ];
    expect(await env.decided(answers)).toEqual(["counted", "counted"]);
    expect(await tally(first.lawId)).toEqual({ oui: 1, non: 0, total: 1 });
    expect(await tally(second.lawId)).toEqual({ oui: 0, non: 1, total: 1 });
  });

  test("a voter of one law is unknown to another", async () => {
    const first = await env.newLaw(1);
    const second = await env.newLaw(1);
    const answer = await env.api.vote({ lawId: second.lawId, voter: first.voters[0] });
    expect(await env.decided([answer])).toEqual(["invalid"]);
  });
});
