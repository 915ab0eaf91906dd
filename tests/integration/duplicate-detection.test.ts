import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { voterHash } from "../../shared/domain/voter-hash.ts";
import { buildTestEnvironment, loadVoters, type TestEnvironment } from "../support/environment.ts";

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

async function attempts(lawId: string): Promise<number[]> {
  const { rows } = await env.target.pool.query<{ attempt_count: number }>(
    "select attempt_count from duplicate_attempts where law_id = $1",
    [lawId],
  );
  return rows.map((row) => row.attempt_count);
}

async function audit(lawId: string): Promise<Record<string, number>> {
  const { rows } = await env.target.pool.query<{ status: string; n: string }>(
    "select status, count(*) as n from vote_audit where law_id = $1 group by status",
    [lawId],
  );
  return Object.fromEntries(rows.map((row) => [row.status, Number(row.n)]));
}

async function castOneAfterTheOther(lawId: string, voter: { nas: string; code: string }, votes: readonly string[]) {
  const statuses: string[] = [];
  for (const vote of votes) {
    const [status = ""] = await env.decided([await env.api.vote({ lawId, voter, vote })]);
    statuses.push(status);
  }
  return statuses;
}

describe.concurrent("voting twice", () => {
  test("counts once; the second attempt is a duplicate and says so", async () => {
    const { lawId, voters } = await env.newLaw(1);
    expect(await castOneAfterTheOther(lawId, voters[0], ["oui", "oui"])).toEqual(["counted", "duplicate"]);
    expect((await env.api.results(lawId)).json).toMatchObject({ total_votes: 1 });
    expect(await attempts(lawId)).toEqual([2]);
  });

  test("cannot change the choice: the first one stands", async () => {
    const { lawId, voters } = await env.newLaw(1);
    expect(await castOneAfterTheOther(lawId, voters[0], ["oui", "non"])).toEqual(["counted", "duplicate"]);
    expect((await env.api.results(lawId)).json).toMatchObject({ oui_count: 1, non_count: 0 });
  });

  test("is answered 202 both times, with two request ids, and the receipt never says the earlier choice", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const first = await env.api.vote({ lawId, voter: voters[0], vote: "oui" });
    const second = await env.api.vote({ lawId, voter: voters[0], vote: "non" });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(first.field("request_id")).not.toBe(second.field("request_id"));
    expect([...(await env.decided([first, second]))].sort()).toEqual(["counted", "duplicate"]);
    const receipt = await env.api.receipt(second.field("request_id"));
    expect(receipt.text).not.toMatch(/oui|non"/);
  });
});

describe.concurrent("voting five times", () => {
  test("is five attempts, one counted, each in the audit", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => env.api.vote({ lawId, voter: voters[0] })));
    expect([...(await env.decided(answers))].sort()).toEqual(["counted", ...Array(4).fill("duplicate")]);
    expect(await attempts(lawId)).toEqual([5]);
    expect(await audit(lawId)).toEqual({ counted: 1, duplicate: 4 });
  });

  test("the row of attempts has the voter's hash, the first and the last time", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const voter = voters[0];
    const first = await env.api.vote({ lawId, voter });
    await env.decided([first]);
    const last = await env.api.vote({ lawId, voter });
    await env.decided([last]);
    const { rows } = await env.target.pool.query(
      "select voter_hash, attempt_count, first_attempt_at, last_attempt_at from duplicate_attempts where law_id = $1",
      [lawId],
    );
    expect(rows).toEqual([
      {
        voter_hash: voterHash(voter.nas, voter.code, lawId),
        attempt_count: 2,
        first_attempt_at: new Date(first.field("accepted_at")),
        last_attempt_at: new Date(last.field("accepted_at")),
      },
    ]);
  });

  test("a voter who tries once has no row of attempts", async () => {
    const { lawId, voters } = await env.newLaw(1);
    await castOneAfterTheOther(lawId, voters[0], ["oui"]);
    expect(await attempts(lawId)).toEqual([]);
  });
});

describe.concurrent("case", () => {
  test("of the code matters: another case is another code", async () => {
    const { lawId } = await env.newLaw(null);
    await loadVoters(env.target, [lawId], [{ nas: "223456789", code: "CaseMatters1" }]);
    const wrong = await env.api.vote({ lawId, voter: { nas: "223456789", code: "casematters1" } });
    const right = await env.api.vote({ lawId, voter: { nas: "223456789", code: "CaseMatters1" } });
    expect(await env.decided([wrong, right])).toEqual(["invalid", "counted"]);
  });

  test("of the law matters: another case is another law", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answer = await env.api.vote({ lawId: lawId.toLowerCase(), voter: voters[0] });
    expect(answer.status).toBe(404);
  });

  test("of the choice matters", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answer = await env.api.vote({ lawId, voter: voters[0], vote: "OUI" });
    expect(answer.status).toBe(400);
  });
});

describe.concurrent("at the same time", () => {
  test("two hundred attempts of one voter with both choices count once", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        env.api.vote({ lawId, voter: voters[0], vote: index % 2 === 0 ? "oui" : "non" }),
      ),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    const statuses = await env.decided(answers);
    expect(statuses.filter((status) => status === "counted")).toHaveLength(1);
    expect(statuses.filter((status) => status === "duplicate")).toHaveLength(199);
    expect((await env.api.results(lawId)).json).toMatchObject({ total_votes: 1 });
    expect(await attempts(lawId)).toEqual([200]);
  });

  test("fifty voters who each post three times count fifty", async () => {
    const { lawId, voters } = await env.newLaw(50);
    const answers = await Promise.all([...voters, ...voters, ...voters].map((voter) => env.api.vote({ lawId, voter })));
    await env.decided(answers);
    expect(await audit(lawId)).toEqual({ counted: 50, duplicate: 100 });
    expect(await attempts(lawId)).toEqual(Array(50).fill(3));
  });
});
