import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AllResults, LawResult } from "../../shared/messages/responses.ts";
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

describe.concurrent("results of a law", () => {
  test("are zero before the first vote", async () => {
    const { lawId } = await env.newLaw(1);
    const answer = await env.api.results(lawId);
    expect(answer.status).toBe(200);
    expect(LawResult.parse(answer.json)).toEqual({
      law_id: lawId,
      oui_count: 0,
      non_count: 0,
      total_votes: 0,
      spoiled_count: 0,
      state: "voting",
      updated_at: null,
    });
  });

  test("are the count of each choice, their sum and the minute of their publication", async () => {
    const { lawId, voters } = await env.newLaw(7);
    const before = Date.now();
    const answers = await Promise.all(
      voters.map((voter, index) => env.api.vote({ lawId, voter, vote: index < 3 ? "oui" : "non" })),
    );
    await env.decided(answers);
    const result = LawResult.parse((await env.api.results(lawId)).json);
    expect(result).toMatchObject({ oui_count: 3, non_count: 4, total_votes: 7 });
    expect(Date.parse(result.updated_at ?? "")).toBeGreaterThan(before - 60_000);
  });

  test("are public only after the close, if its draft says so; the turnout is public before", async () => {
    const { lawId, voters } = await env.newLaw(2, { results: "after_close" });
    await env.decided(await Promise.all(voters.map((voter) => env.api.vote({ lawId, voter }))));
    const resultOf = async () => LawResult.parse((await env.api.results(lawId)).json);
    expect(await resultOf()).toMatchObject({ state: "voting", oui_count: 0, total_votes: 0, updated_at: null });
    const all = AllResults.parse((await env.api.results()).json);
    expect(all.results.find(({ law_id }) => law_id === lawId)).toMatchObject({ total_votes: 0, updated_at: null });
    const turnout = await env.api.request("GET", `/api/v1/turnout/${lawId}`);
    expect(turnout.json).toMatchObject({ eligible: 2, voted: 2 });
    await closeForAll(env, lawId);
    await env.until("they are public", async () => (await resultOf()).total_votes === 2);
    expect(await resultOf()).toMatchObject({ state: "counting", oui_count: 2 });
  });

  test.each(["no-such-law", "%20", "%00", "'; drop table vote_results; --"])("of %j are 404", async (lawId) => {
    const answer = await env.api.results(encodeURI(decodeURI(lawId)));
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  });

  test("have a tag: if unchanged they are answered 304, if changed they are sent", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const first = await env.api.results(lawId);
    const tag = first.headers.get("etag") ?? "";
    expect(tag).not.toBe("");
    expect(first.headers.get("cache-control")).toMatch(/max-age=\d\b/);
    const ask = () => env.api.request("GET", `/api/v1/results/${lawId}`, { headers: { "if-none-match": tag } });
    const same = await ask();
    expect([same.status, same.text, same.headers.get("etag")]).toEqual([304, "", tag]);
    await env.decided([await env.api.vote({ lawId, voter: voters[0] })]);
    let changed = same;
    await env.until("the tally of a second ago is forgotten", async () => {
      changed = await ask();
      return changed.status !== 304;
    });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(tag);
    expect(changed.json).toMatchObject({ total_votes: 1 });
  });
});

describe.concurrent("results of every law", () => {
  test("are the same for each", async () => {
    const one = await env.newLaw(1);
    const two = await env.newLaw(1);
    await env.decided([await env.api.vote({ lawId: one.lawId, voter: one.voters[0], vote: "non" })]);
    let results: AllResults["results"] = [];
    await env.until("the tallies of a second ago are forgotten", async () => {
      ({ results } = AllResults.parse((await env.api.results()).json));
      return results.some((law) => law.law_id === one.lawId && law.total_votes > 0);
    });
    expect(results.find((law) => law.law_id === one.lawId)).toMatchObject({ non_count: 1, total_votes: 1 });
    expect(results.find((law) => law.law_id === two.lawId)).toMatchObject({ total_votes: 0, updated_at: null });
  });
});
