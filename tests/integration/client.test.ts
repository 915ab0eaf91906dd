import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CastOptions,
  castVote,
  NotConfirmed,
  newSeed,
  Refused,
  sealBallot,
  type Vote,
  waitForReceipt,
} from "../../client/index.ts";
import { PublicLaw } from "../../shared/messages/responses.ts";
import { closeForAll } from "../support/close-law.ts";
import { buildTestEnvironment, type TestEnvironment } from "../support/environment.ts";
import { type Fault, type FaultyProxy, startFaultyProxy } from "../support/faulty-proxy.ts";

let env: TestEnvironment;
const proxies: FaultyProxy[] = [];
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await env?.checkLedger();
  await env?.close();
});

/** Long enough for every answer. A test that needs this time to run out sets a shorter one. */
const LIMITS: CastOptions = { tryTimeoutMs: 20_000, deadlineMs: 45_000 };

/** A law, a vote of its only voter, and a proxy that disturbs the first tries and passes on the others. */
async function harmed(
  ...faults: (Fault | (() => Fault))[]
): Promise<{ lawId: string; vote: Vote; proxy: FaultyProxy }> {
  const { lawId, voters } = await env.newLaw(1);
  const proxy = await startFaultyProxy(env.api.url, (number) => {
    const fault = faults[number] ?? { kind: "pass" };
    return typeof fault === "function" ? fault() : fault;
  });
  proxies.push(proxy);
  return { lawId, vote: { ...voters[0], law_id: lawId, vote: "oui" }, proxy };
}

/** There is one submission, one receipt and one vote in the tally, whatever happened to the tries. */
async function expectOnce(lawId: string, requestId: string, proxy: FaultyProxy): Promise<void> {
  await proxy.close();
  expect(new Set(proxy.keys).size).toBe(1);
  expect(new Set(proxy.passed.map(({ json }) => json["request_id"]))).toEqual(new Set([requestId]));
  const { rows } = await env.target.pool.query(
    "select status, count(*)::int from vote_audit where law_id = $1 group by 1",
    [lawId],
  );
  expect(rows).toEqual([{ status: "counted", count: 1 }]);
  const attempts = await env.target.pool.query("select 1 from duplicate_attempts where law_id = $1", [lawId]);
  expect(attempts.rows).toEqual([]);
  expect((await env.api.results(lawId)).json).toMatchObject({ oui_count: 1, non_count: 0, total_votes: 1 });
}

describe.concurrent("a vote whose first try meets a fault is one submission", () => {
  test.each<[string, Fault, number]>([
    ["the request is lost", { kind: "lose-request" }, 1],
    ["the answer is lost", { kind: "lose-answer" }, 2],
    ["the answer is cut in the middle", { kind: "cut-answer" }, 2],
    ["429 with seconds", { kind: "refuse", status: 429, retryAfter: "1" }, 1],
    ["503 with seconds", { kind: "refuse", status: 503, retryAfter: "1" }, 1],
    ["502 without Retry-After", { kind: "refuse", status: 502 }, 1],
    ["504 without Retry-After", { kind: "refuse", status: 504 }, 1],
  ])("%s", async (_name, fault, passed) => {
    const { lawId, vote, proxy } = await harmed(fault);
    const accepted = await castVote(proxy.url, vote, LIMITS);
    expect(accepted.tries).toBe(2);
    expect(proxy.passed.map(({ status }) => status)).toEqual(Array.from({ length: passed }, () => 202));
    expect(await waitForReceipt(accepted.receipt)).toMatchObject({
      requestId: accepted.requestId,
      status: "counted",
    });
    await expectOnce(lawId, accepted.requestId, proxy);
  });

  test.each(["hold-answer", "hold-request"] as const)("%s beyond the time of a try", async (kind) => {
    const { lawId, vote, proxy } = await harmed({ kind });
    // The second try may be slow itself, on a busy machine: then there is a third.
    const accepted = await castVote(proxy.url, vote, { ...LIMITS, tryTimeoutMs: 3_000 });
    expect(accepted.tries).toBeGreaterThan(1);
    expect(await waitForReceipt(accepted.receipt)).toMatchObject({ status: "counted" });
    await expectOnce(lawId, accepted.requestId, proxy);
  });

  test("all of them, one after the other", async () => {
    const { lawId, vote, proxy } = await harmed(
      { kind: "refuse", status: 429 },
      { kind: "lose-answer" },
      { kind: "refuse", status: 503 },
      { kind: "cut-answer" },
      { kind: "lose-request" },
    );
    const accepted = await castVote(proxy.url, vote, LIMITS);
    expect(accepted.tries).toBe(6);
    await waitForReceipt(accepted.receipt);
    await expectOnce(lawId, accepted.requestId, proxy);
  });
});

test("a vote on a sealed law whose answer is lost is one envelope in the box", async () => {
  const { lawId, voters } = await env.newSealedLaw(1, { proof: "voter" });
  const proxy = await startFaultyProxy(env.api.url, (number) => ({ kind: number === 0 ? "lose-answer" : "pass" }));
  proxies.push(proxy);
  const vote: Vote = { ...voters[0], law_id: lawId, vote: "non" };
  const seed = newSeed();
  const accepted = await castVote(proxy.url, vote, { ...LIMITS, seed });
  expect(accepted).toMatchObject({ tries: 2, sealed: "device", tracker: expect.stringMatching(/^[0-9a-f]{32}$/) });
  // Changed after that, under the same key: the first choice stands.
  const changed = await castVote(proxy.url, { ...vote, vote: "oui" }, { ...LIMITS, resume: accepted.key, seed });
  expect(changed.requestId).toBe(accepted.requestId);
  expect(await waitForReceipt(accepted.receipt)).toMatchObject({ status: "counted" });
  const { origin = "", election_key: electionKey = "" } = PublicLaw.parse(
    await (await fetch(`${env.api.url}/api/v1/laws/${lawId}`)).json(),
  );
  const sealed = await sealBallot({ origin, electionKey }, 1, seed);
  const { rows } = await env.target.pool.query("select envelope from ballot_box where law_id = $1", [lawId]);
  expect(rows.map(({ envelope }) => envelope.toString("base64url"))).toEqual([Object(sealed).envelope]);
});

describe.concurrent("Retry-After", () => {
  test.each([
    ["seconds", () => "2"],
    // A date has no fractions of a second, so a date two seconds from now is more than one second away.
    ["a date", () => new Date(Date.now() + 2_000).toUTCString()],
  ])("in %s is waited for", async (_form, retryAfter) => {
    const { vote, proxy } = await harmed(() => ({ kind: "refuse", status: 429, retryAfter: retryAfter() }));
    const accepted = await castVote(proxy.url, vote, { ...LIMITS, random: () => 0 });
    const [first = 0, second = 0] = proxy.times;
    expect(second - first).toBeGreaterThan(950);
    expect(await waitForReceipt(accepted.receipt)).toMatchObject({ status: "counted" });
  });
});

describe.concurrent("a law that closes between two tries", () => {
  test("answers the retry of a counted vote with the first receipt", async () => {
    const { lawId, vote, proxy } = await harmed({
      kind: "lose-answer",
      after: async ({ json }) => {
        await env.until("the vote is counted", async () => {
          return (await env.api.receipt(String(json["request_id"]))).json["status"] === "counted";
        });
        await closeForAll(env, String(json["law_id"]));
      },
    });
    const accepted = await castVote(proxy.url, vote, LIMITS);
    expect(proxy.passed.map(({ status }) => status)).toEqual([202, 202]);
    expect(proxy.passed[1]?.json).toEqual(proxy.passed[0]?.json);
    await expectOnce(lawId, accepted.requestId, proxy);
  });

  test("refuses a vote that never arrived; the client says that the outcome is unknown", async () => {
    const { lawId, vote, proxy } = await harmed({ kind: "lose-request" });
    await closeForAll(env, lawId);
    // Until the deadline, the client looks for the receipt. A function that starts may take some seconds of it.
    const error = await castVote(proxy.url, vote, { ...LIMITS, deadlineMs: 12_000 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NotConfirmed);
    expect(error).toMatchObject({ mayHaveArrived: true, receipt: expect.stringContaining("/api/v1/votes/") });
    expect((await env.api.results(lawId)).json).toMatchObject({ total_votes: 0 });
  });

  test("refuses for good if every earlier try was refused as well", async () => {
    const { lawId, vote, proxy } = await harmed({ kind: "refuse", status: 429 });
    await closeForAll(env, lawId);
    const error = await castVote(proxy.url, vote, LIMITS).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ status: 409, problem: { type: "urn:referendum:problem:law-not-open" } });
  });
});

describe.concurrent("when the time is over", () => {
  test("the outcome is unknown, and going on with the same key finds the vote", async () => {
    const always: Fault[] = Array.from({ length: 100 }, () => ({ kind: "lose-answer" }));
    const { lawId, vote, proxy } = await harmed(...always);
    const error = await castVote(proxy.url, vote, { deadlineMs: 2_000 }).catch((e: unknown) => e);
    if (!(error instanceof NotConfirmed)) throw new Error("the vote was confirmed, although no answer came");
    expect(error.message).toMatch(/Whether the vote was accepted is unknown\..* same Idempotency-Key/);
    expect(error.message).toContain(error.key);

    const accepted = await castVote(env.api.url, vote, { ...LIMITS, resume: error.key });
    expect(await waitForReceipt(accepted.receipt)).toMatchObject({ status: "counted" });
    await expectOnce(lawId, accepted.requestId, proxy);
  });

  test("and every try was refused with 429, it says that nothing was accepted", async () => {
    const { lawId, vote, proxy } = await harmed({ kind: "refuse", status: 429, retryAfter: "3600" });
    const error = await castVote(proxy.url, vote, LIMITS).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NotConfirmed);
    expect(error).toMatchObject({ mayHaveArrived: false, tries: 1 });
    expect(proxy.passed).toEqual([]);
    expect((await env.api.results(lawId)).json).toMatchObject({ total_votes: 0 });
  });
});

describe.concurrent("what the API refuses for good", () => {
  test("is tried once and reported with its problem", async () => {
    const { vote, proxy } = await harmed();
    const error = await castVote(proxy.url, { ...vote, nas: "12" }, LIMITS).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ status: 400, problem: { errors: [{ field: "nas" }] } });
    expect(proxy.keys).toHaveLength(1);
    expect(String(error)).not.toContain(vote.code);
  });
});
