import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type CastOptions,
  castVote,
  NotConfirmed,
  NotDecided,
  type Retry,
  waitForReceipt,
} from "../../../client/index.ts";

const API = "https://example.test/stage";
const LAW = { law_id: "L1", form: "open" };
const VOTE = { nas: "000000000", code: "EXAMPLE123", law_id: "L1", vote: "oui" } as const;
const ACCEPTED = { request_id: "AQ1", status: "accepted" };
const AT = "votes/AQ1";

// The client waits by the clock of this file: no test waits for anything.
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2025, 9, 6) });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Sent {
  readonly url: string;
  readonly key: string | null;
  readonly method: string | undefined;
}
type Step = Response | Error | "silence";

/** An API that answers with these, one after the other, and then with the last one again. */
function apiOf(...steps: readonly [Step, ...Step[]]): { sent: Sent[]; fetch: typeof globalThis.fetch } {
  const sent: Sent[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const step = steps[Math.min(sent.length, steps.length - 1)] ?? steps[0];
    sent.push({ url: String(input), key: new Headers(init?.headers).get("idempotency-key"), method: init?.method });
    if (step instanceof Error) throw step;
    if (step instanceof Response) return step.clone();
    return new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  };
  return { sent, fetch };
}

const json = (status: number, body: object, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers });

/** The result of a promise once every wait is over. */
async function settled<T>(work: Promise<T>): Promise<T | Error> {
  const result = work.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  await vi.runAllTimersAsync();
  return result;
}

const cast = (fetch: typeof globalThis.fetch, options: CastOptions = {}) =>
  settled(castVote(API, VOTE, { law: LAW, random: () => 0.5, ...options, fetch }));

describe("the tries of one vote", () => {
  test("carry one key, below an API that has a path, and end with the receipt's address", async () => {
    const { sent, fetch } = apiOf(new TypeError("fetch failed"), json(503, {}), json(202, ACCEPTED, { location: AT }));
    const accepted = await cast(fetch);
    expect(sent.map(({ url }) => url)).toEqual(sent.map(() => `${API}/api/v1/vote`));
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    expect(accepted).toEqual({
      key: sent[0]?.key,
      requestId: "AQ1",
      receipt: `${API}/api/v1/${AT}`,
      tries: 3,
      sealed: "nowhere",
    });
  });

  test("have different keys for different votes", async () => {
    const { sent, fetch } = apiOf(json(202, ACCEPTED));
    await cast(fetch);
    await cast(fetch);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(2);
  });

  test("wait longer and longer, and at least as long as Retry-After says", async () => {
    const told: Retry[] = [];
    const later = json(429, {}, { "retry-after": "3" });
    const { fetch } = apiOf(json(503, {}), json(504, {}), later, json(202, ACCEPTED));
    await cast(fetch, { onRetry: (retry) => told.push(retry) });
    expect(told.map(({ waitMs }) => waitMs)).toEqual([125, 250, 3_500]);
  });

  test("each end at their time limit, and all of them at the deadline", async () => {
    const { sent, fetch } = apiOf("silence");
    const began = performance.now();
    const error = await cast(fetch, { tryTimeoutMs: 4_000, deadlineMs: 10_000 });
    expect(performance.now() - began).toBeLessThanOrEqual(10_000);
    expect(sent.length).toBe(3);
    expect(error).toBeInstanceOf(NotConfirmed);
    expect(String(error)).toMatch(/no answer within \d+ ms.* after 3 tries. Whether the vote was accepted is unknown/);
  });

  test("end when too little time is left for another try, so that a refused vote is known as refused", async () => {
    const busy = json(429, {}, { "retry-after": "9" });
    const { sent, fetch } = apiOf(busy, "silence");
    // After the pause of Retry-After and back-off, 875 ms would be left.
    const error = await cast(fetch, { deadlineMs: 10_000 });
    expect(sent.length).toBe(1);
    expect(error).toMatchObject({ mayHaveArrived: false, tries: 1 });
  });

  test("do not accept a 202 without a request id: the next try brings it", async () => {
    const mutilated = new Response('{"request', { status: 202 });
    expect(await cast(apiOf(mutilated, json(202, ACCEPTED)).fetch)).toMatchObject({ requestId: "AQ1", tries: 2 });
  });

  test("stop at a signal, with the key to go on with", async () => {
    const controller = new AbortController();
    const { fetch } = apiOf(json(503, { receipt: AT }));
    const onRetry = () => controller.abort(new Error("the page was left"));
    const error = await cast(fetch, { signal: controller.signal, key: "mine", onRetry });
    expect(error).toBeInstanceOf(NotConfirmed);
    expect(error).toMatchObject({
      key: "mine",
      tries: 1,
      receipt: `${API}/api/v1/${AT}`,
      cause: controller.signal.reason,
    });
  });

  test("are not made with a key that the API would not take, or without an address", async () => {
    const { sent, fetch } = apiOf(json(202, ACCEPTED));
    expect(await cast(fetch, { key: "with blank" })).toBeInstanceOf(RangeError);
    expect(await settled(castVote("nowhere", VOTE, { law: LAW, fetch }))).toBeInstanceOf(TypeError);
    expect(sent).toEqual([]);
  });
});

describe("a refusal", () => {
  const closed = json(409, { title: "Law not open", request_id: "AQ1", receipt: AT });

  test.each([400, 403, 404, 409, 413, 415])("%d is final at the first try", async (status) => {
    const { sent, fetch } = apiOf(json(status, { title: "No", detail: "Because." }));
    const error = await cast(fetch);
    expect(error).toMatchObject({ name: "Refused", status, problem: { title: "No" } });
    expect(String(error)).toContain("No: Because.");
    expect(sent).toHaveLength(1);
  });

  test("by a closed law, while an earlier try is not decided yet, is settled by its receipt", async () => {
    const received = json(200, { request_id: "AQ1", status: "received" });
    const counted = json(200, { request_id: "AQ1", status: "counted" });
    const { sent, fetch } = apiOf(new Error("connection reset"), closed, received, counted);
    expect(await cast(fetch)).toMatchObject({ requestId: "AQ1", tries: 2 });
    expect(sent.map(({ method }) => method)).toEqual(["POST", "POST", "GET", "GET"]);
  });

  test("by a closed law, of a vote that was lost, is a refusal: the receipt is final", async () => {
    const lost = json(200, { request_id: "AQ1", status: "lost", reason: "database_restored" });
    const { fetch } = apiOf(new Error("connection reset"), closed, lost);
    expect(await cast(fetch)).toMatchObject({ name: "Refused", status: 409 });
  });

  test("leaves the outcome open if the vote was sent before with the same key", async () => {
    const error = await cast(apiOf(json(403, { title: "Forbidden" })).fetch, { resume: "sent-before" });
    expect(error).toMatchObject({ name: "NotConfirmed", key: "sent-before", mayHaveArrived: true });
    expect(error).toMatchObject({ cause: { status: 403 } });
  });

  test("that does not come from the API, such as 500, leaves the outcome open", async () => {
    const { sent, fetch } = apiOf(new Response("<h1>Oops</h1>", { status: 500 }));
    expect(await cast(fetch)).toMatchObject({ name: "NotConfirmed", mayHaveArrived: true });
    expect(sent).toHaveLength(1);
  });
});

describe("a receipt", () => {
  const wait = (fetch: typeof globalThis.fetch, options = {}) =>
    settled(waitForReceipt(`${API}/api/v1/${AT}`, { random: () => 1, ...options, fetch }));

  test("is read until it is final, despite temporary refusals", async () => {
    const received = json(200, { request_id: "AQ1", status: "received" });
    const duplicate = json(200, { request_id: "AQ1", status: "duplicate", reason: "already_voted" });
    const { fetch } = apiOf(received, new Error("reset"), json(429, {}, { "retry-after": "1" }), duplicate);
    expect(await wait(fetch)).toEqual({ requestId: "AQ1", status: "duplicate", reason: "already_voted" });
  });

  test("that says lost is final: its voter should vote again", async () => {
    const { sent, fetch } = apiOf(json(200, { request_id: "AQ1", status: "lost", reason: "database_restored" }));
    expect(await wait(fetch)).toEqual({ requestId: "AQ1", status: "lost", reason: "database_restored" });
    expect(sent).toHaveLength(1);
  });

  test("that stays undecided is not read too often, and its vote is not called lost", async () => {
    const { sent, fetch } = apiOf(json(200, { request_id: "AQ1", status: "received" }));
    const error = await wait(fetch, { deadlineMs: 60_000 });
    expect(error).toBeInstanceOf(NotDecided);
    expect(String(error)).toMatch(/did not say within 60 s what became of it. Look later at \S+AQ1/);
    expect(String(error)).not.toContain("lost");
    expect(sent.length).toBeLessThan(20);
  });

  test("that was destroyed with the votes of its law is not to be looked at again", async () => {
    const error = await wait(apiOf(json(410, { title: "Gone" })).fetch);
    expect(error).toBeInstanceOf(NotDecided);
    expect(String(error)).toContain("was refused (410)");
    expect(String(error)).not.toContain("Look later");
  });

  test.each([403, 404])("that is refused (%i) says so at once, and is no refusal of the vote", async (status) => {
    const { sent, fetch } = apiOf(json(status, { title: "No" }));
    const error = await wait(fetch);
    expect(error).toBeInstanceOf(NotDecided);
    expect(error).toMatchObject({ receipt: `${API}/api/v1/${AT}`, cause: { name: "Refused", status } });
    expect(String(error)).toMatch(new RegExp(`was refused \\(${status}\\), so it is not known .* Look later at`));
    expect(sent).toHaveLength(1);
  });
});
