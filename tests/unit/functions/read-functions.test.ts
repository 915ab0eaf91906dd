import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { handle as fallback } from "../../../functions/fallback/index.ts";
import { type HealthServices, handle as health } from "../../../functions/health/index.ts";
import { handle as laws } from "../../../functions/laws/index.ts";
import { handle as receipt } from "../../../functions/receipt/index.ts";
import { type ResultsServices, handle as results } from "../../../functions/results/index.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { pageHeaders } from "../../../shared/messages/page-headers.ts";
import {
  AllLaws,
  AllResults,
  Health,
  LawResult,
  Problem,
  PublicLaw,
  Receipt,
  Turnout,
} from "../../../shared/messages/responses.ts";
import { AnswerCache } from "../../../shared/runtime/cached-answers.ts";
import { httpHandler } from "../../../shared/runtime/http.ts";
import type { PublishedTally } from "../../../shared/stores/results.ts";
import {
  aContext,
  aLaw,
  anEvent,
  aRequestId,
  KEYS,
  LAW_ID,
  MemoryLaws,
  MemoryReceipts,
  NOW_MS,
  PROMISE_KEY,
} from "../../support/factories.ts";
import { VECTORS } from "../../support/sealing-vectors.ts";

const TALLY: PublishedTally = {
  lawId: LAW_ID,
  ouiCount: 2,
  nonCount: 1,
  totalVotes: 3,
  spoiledCount: 0,
  publishedAt: "2026-03-01T12:00:01.234Z",
};

const NOTHING = { oui_count: 0, non_count: 0, total_votes: 0, spoiled_count: 0, updated_at: null };

/** Its keys are those of the test vectors. */
const aSealedLaw = (law: Partial<Law> = {}): Law =>
  aLaw({ results: "after_close", form: "sealed", origin: "test/L/0123456789abcdef", trustees: TRUSTEES, ...law });
const TRUSTEES = {
  electionKey: VECTORS.election.election_key,
  signingKey: VECTORS.election.signing_key,
  splitId: "0".repeat(32),
  threshold: 2,
  trustees: 3,
  tested: true,
};

describe("results", () => {
  const services = (...tallies: PublishedTally[]): ResultsServices => ({
    recent: new AnswerCache(1_000, () => 0),
    recentTurnouts: new AnswerCache(10_000, () => 0),
    turnoutMinimum: 7,
    laws: new MemoryLaws(aLaw(), aLaw({ lawId: "L2025-002" })),
    results: {
      published: async (asked) =>
        new Map(asked.flatMap(({ lawId }) => tallies.filter((one) => one.lawId === lawId).map((one) => [lawId, one]))),
      turnout: async () => ({ eligible: 9, hours: [] }),
    },
    finalAfterSeconds: 60,
    now: () => NOW_MS,
  });
  const get = (lawId: string | undefined, headers = {}, of = services(TALLY)) =>
    httpHandler(async () => of, results)(
      anEvent({ httpMethod: "GET", headers, pathParameters: lawId === undefined ? null : { law_id: lawId } }),
      aContext(),
    );

  test("of a law are its tally", async () => {
    const { statusCode, body } = await get(LAW_ID);
    expect(statusCode).toBe(200);
    expect(LawResult.parse(JSON.parse(body))).toMatchObject({
      oui_count: 2,
      non_count: 1,
      total_votes: 3,
      updated_at: "2026-03-01T12:00:00.000Z",
    });
  });

  test.each([
    ["open", {}, false],
    ["closed for less than the interval", { closesAt: new Date(NOW_MS - 59_999).toISOString() }, false],
    ["closed for the interval", { closesAt: new Date(NOW_MS - 60_000).toISOString() }, true],
    ["closed for the interval and frozen", { closesAt: new Date(NOW_MS - 60_000).toISOString(), frozen: true }, true],
    ["frozen", { frozen: true }, false],
  ])("of a law that is %s are final or not", async (_, law, isFinal) => {
    const published = vi.fn(async () => new Map<string, PublishedTally>());
    const of = { ...services(), laws: new MemoryLaws(aLaw(law)), results: { ...services().results, published } };
    await get(LAW_ID, {}, of);
    expect(published).toHaveBeenCalledWith([{ lawId: LAW_ID, isFinal }]);
  });

  test.each([
    ["open", { results: "after_close" as const }, "voting", 0],
    ["closed just now", { results: "after_close" as const, closesAt: new Date(NOW_MS).toISOString() }, "counting", 0],
    [
      "closed for the interval",
      { results: "after_close" as const, closesAt: new Date(NOW_MS - 60_000).toISOString() },
      "counting",
      3,
    ],
    [
      "counted",
      { results: "after_close" as const, closesAt: new Date(NOW_MS).toISOString(), reached: "counted" as const },
      "published",
      3,
    ],
    ["open, with live results", {}, "voting", 3],
    ["closed, with live results", { closesAt: new Date(NOW_MS).toISOString() }, "counting", 3],
    ["frozen, with live results", { frozen: true }, "voting", 3],
  ])("of a law that is %s are public or not, and say how far they are", async (_, law, state, votes) => {
    const published = vi.fn(services(TALLY).results.published);
    const of = { ...services(), laws: new MemoryLaws(aLaw(law)), results: { ...services().results, published } };
    for (const lawId of [LAW_ID, undefined]) {
      const answer = JSON.parse((await get(lawId, {}, of)).body);
      const one = LawResult.parse(lawId === undefined ? AllResults.parse(answer).results[0] : answer);
      expect(one).toMatchObject({ state, total_votes: votes, updated_at: votes === 0 ? null : expect.any(String) });
    }
    expect(published, "asking publishes what is due").toHaveBeenCalledTimes(votes === 0 ? 0 : 2);
  });

  test.each([
    ["open", {}, "voting", false],
    ["closed for long", { closesAt: new Date(NOW_MS - 3_600_000).toISOString() }, "counting", false],
    [
      "counted",
      { closesAt: new Date(NOW_MS - 3_600_000).toISOString(), reached: "counted" as const, boxClosed: true },
      "published",
      true,
    ],
  ])("of a sealed law that is %s have its turnout, and counts only then", async (_, law, state, isPublic) => {
    const published = vi.fn(services({ ...TALLY, spoiledCount: 4 }).results.published);
    const turnout = async () => ({ eligible: 9, hours: [{ from: "", until: "", voted: 7 }] });
    const of = { ...services(), laws: new MemoryLaws(aSealedLaw(law)), results: { published, turnout } };
    const one = LawResult.parse(JSON.parse((await get(LAW_ID, {}, of)).body));
    const counts = isPublic ? { oui_count: 2, non_count: 1, total_votes: 3, spoiled_count: 4 } : NOTHING;
    expect(one).toMatchObject({ state, eligible: 9, voted: 7, ...counts });
    expect(published).toHaveBeenCalledTimes(isPublic ? 1 : 0);
  });

  test("of a law without votes are zero", async () => {
    expect(LawResult.parse(JSON.parse((await get("L2025-002")).body))).toMatchObject({
      total_votes: 0,
      updated_at: null,
    });
  });

  test("of an unknown law are 404", async () => {
    const { statusCode, body } = await get("L9");
    expect([statusCode, Problem.parse(JSON.parse(body)).type]).toEqual([404, "urn:referendum:problem:no-such-law"]);
  });

  test.each(["", "x".repeat(2_049), `${LAW_ID}\u0000`, "../health"])(
    "of %j, which cannot be a law's id, are 404 without a request to a store",
    async (id) => {
      const get = vi.fn(async () => undefined);
      const event = anEvent({ httpMethod: "GET", pathParameters: { law_id: id } });
      const answer = await httpHandler(async () => ({ ...services(), laws: { get, list: async () => [] } }), results)(
        event,
        aContext(),
      );
      expect([answer.statusCode, get.mock.calls]).toEqual([404, []]);
    },
  );

  test("of every law are a list", async () => {
    const { results: all } = AllResults.parse(JSON.parse((await get(undefined)).body));
    expect(all.map((law) => [law.law_id, law.total_votes])).toEqual([
      [LAW_ID, 3],
      ["L2025-002", 0],
    ]);
  });

  test("are read once per second for all requests together, and say how old they are", async () => {
    let nowMs = 0;
    const tallies = vi.fn(async () => new Map([[LAW_ID, { ...TALLY, totalVotes: nowMs }]]));
    const of = {
      ...services(),
      results: { ...services().results, published: tallies },
      recent: new AnswerCache(1_000, () => nowMs),
    };
    const seen: unknown[] = [];
    for (nowMs of [0, 1, 999, 1_000, 1_500]) {
      const { headers, body } = await get(LAW_ID, {}, of);
      expect(headers?.["cache-control"]).toBe("public, max-age=1");
      seen.push([nowMs, LawResult.parse(JSON.parse(body)).total_votes, headers?.["age"]]);
    }
    expect(seen).toEqual([
      [0, 0, "0"],
      [1, 0, "1"],
      [999, 0, "1"],
      [1_000, 1_000, "0"],
      [1_500, 1_000, "1"],
    ]);
    expect(tallies).toHaveBeenCalledTimes(2);
    await get(undefined, {}, of);
    expect(tallies).toHaveBeenCalledTimes(3);
  });

  test("that could not be read are not remembered, and unknown ids do not fill the memory", async () => {
    const tallies = vi.fn(async () => new Map<string, PublishedTally>()).mockRejectedValueOnce(new Error("away"));
    const of = { ...services(), results: { ...services().results, published: tallies } };
    expect([(await get(LAW_ID, {}, of)).statusCode, (await get(LAW_ID, {}, of)).statusCode]).toEqual([503, 200]);
    const cache = new AnswerCache(1_000, () => 0);
    const read = vi.fn(async () => undefined);
    for (let index = 0; index < AnswerCache.MAX_ENTRIES; index += 1) await cache.get(`made-up-${index}`, read);
    await cache.get("made-up-0", read);
    expect(read).toHaveBeenCalledTimes(AnswerCache.MAX_ENTRIES);
    await cache.get("one-more", read);
    await cache.get("made-up-0", read);
    expect(read).toHaveBeenCalledTimes(AnswerCache.MAX_ENTRIES + 2);
  });

  test("of a HEAD request are the same without a body", async () => {
    const handler = httpHandler(async () => services(TALLY), results);
    const ask = (httpMethod: string) =>
      handler(anEvent({ httpMethod, pathParameters: { law_id: LAW_ID } }), aContext());
    const [whole, head] = [await ask("GET"), await ask("HEAD")];
    expect(whole.body).not.toBe("");
    expect(head).toEqual({ ...whole, body: "" });
  });

  test("that are unchanged are not sent again", async () => {
    const etag = String((await get(LAW_ID)).headers?.etag);
    expect(etag).toMatch(/^".+"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const answer = await get(LAW_ID, { "If-None-Match": known });
      expect([answer.statusCode, answer.body, answer.headers?.etag]).toEqual([304, "", etag]);
    }
    const changed = await get(LAW_ID, { "if-none-match": etag }, services({ ...TALLY, ouiCount: 3, totalVotes: 4 }));
    expect(changed.statusCode).toBe(200);
  });
});

describe("the turnout", () => {
  const FROM = "2026-03-01T12:00:00.000Z";
  const UNTIL = "2026-03-01T13:00:00.000Z";
  const read = vi.fn(async () => ({ eligible: 9, hours: [{ from: FROM, until: UNTIL, voted: 4 }] }));
  const get = (lawId: string) => {
    const services: ResultsServices = {
      recent: new AnswerCache(1_000, () => 0),
      recentTurnouts: new AnswerCache(10_000, () => 0),
      turnoutMinimum: 7,
      laws: new MemoryLaws(aLaw()),
      results: { published: async () => new Map(), turnout: read },
      finalAfterSeconds: 60,
      now: () => NOW_MS,
    };
    const event = anEvent({
      httpMethod: "GET",
      resource: "/api/v1/turnout/{law_id}",
      pathParameters: { law_id: lawId },
    });
    return httpHandler(async () => services, results)(event, aContext());
  };

  test("of a law is read with the smallest hour that may stand alone, and cached for ten seconds", async () => {
    const { statusCode, headers, body } = await get(LAW_ID);
    expect([statusCode, headers?.["cache-control"]]).toEqual([200, "public, max-age=10"]);
    expect(Turnout.parse(JSON.parse(body))).toEqual({
      law_id: LAW_ID,
      eligible: 9,
      voted: 4,
      hours: [{ from: FROM, until: UNTIL, voted: 4 }],
    });
    expect(read).toHaveBeenCalledWith(LAW_ID, 7);
  });

  test("of an unknown law is 404", async () => {
    expect((await get("L9")).statusCode).toBe(404);
  });
});

describe("laws", () => {
  const OPENS = new Date(NOW_MS - 1_000).toISOString();
  const CLOSES = new Date(NOW_MS + 1_000).toISOString();
  const law = aLaw({ opensAt: OPENS, closesAt: CLOSES, titles: { fr: "Loi un", en: "Law one" } });
  const get = (
    lawId?: string,
    headers = {},
    known: readonly Law[] = [
      law,
      aLaw({ lawId: "L2025-002", frozen: true }),
      aLaw({ lawId: "L2025-003", frozen: true, closesAt: new Date(NOW_MS).toISOString() }),
    ],
  ) => {
    const services = {
      laws: new MemoryLaws(...known),
      now: () => NOW_MS,
      recent: new AnswerCache(10_000, () => 0),
      lifetimeSeconds: 10,
    };
    const pathParameters = lawId === undefined ? null : { law_id: lawId };
    return httpHandler(async () => services, laws)(anEvent({ httpMethod: "GET", headers, pathParameters }), aContext());
  };

  test("say what everybody may know: titles, window, state", async () => {
    const { statusCode, headers, body } = await get(LAW_ID);
    expect([statusCode, headers?.["cache-control"]]).toEqual([200, "public, max-age=10"]);
    expect(PublicLaw.parse(JSON.parse(body))).toEqual({
      law_id: LAW_ID,
      title: { fr: "Loi un", en: "Law one" },
      opens_at: OPENS,
      closes_at: CLOSES,
      state: "open",
      codes: "any",
      results: "live",
      form: "open",
    });
  });

  test.each(["none", "voter"] as const)(
    "that are sealed say what ballots are sealed for, and proof %s",
    async (proof) => {
      const known = [aSealedLaw({ proof: proof === "none" ? undefined : proof })];
      const described = PublicLaw.parse(JSON.parse((await get(LAW_ID, {}, known)).body));
      expect(described).toMatchObject({
        form: "sealed",
        results: "after_close",
        origin: "test/L/0123456789abcdef",
        election_key: VECTORS.election.election_key,
        key_id: VECTORS.election.key_id,
        signing_key: VECTORS.election.signing_key,
        threshold: 2,
        trustees: 3,
        proof,
      });
      expect(described, "which shares these are concerns the trustees").not.toHaveProperty("split_id");
    },
  );

  test("that are sealed and have no keys yet say so by leaving them out", async () => {
    const known = [aSealedLaw({ reached: "draft", trustees: undefined })];
    const described = PublicLaw.parse(JSON.parse((await get(LAW_ID, {}, known)).body));
    expect(described).toMatchObject({ form: "sealed", proof: "none" });
    expect(described).not.toHaveProperty("election_key");
  });

  test("that are open have none of that, and with a form, what their promises are checked with", async () => {
    const second = { ...PROMISE_KEY, version: 2, publicKey: "A".repeat(43), from: "2026-03-01T09:00:00.000Z" };
    const origin = "test/L/0123456789abcdef";
    const known = [aLaw({ form: "open", origin, promiseKeys: [PROMISE_KEY, second] })];
    const described = PublicLaw.parse(JSON.parse((await get(LAW_ID, {}, known)).body));
    expect(described).toMatchObject({
      form: "open",
      origin,
      promise_keys: [
        { public_key: PROMISE_KEY.publicKey, from: PROMISE_KEY.from, until: second.from },
        { public_key: second.publicKey, from: second.from },
      ],
    });
    expect(described.promise_keys?.[1]).not.toHaveProperty("until");
    for (const name of ["election_key", "proof"]) expect(described).not.toHaveProperty(name);
  });

  test("that are frozen are suspended until their window ends, and closed from then on", async () => {
    const states = await Promise.all(
      ["L2025-002", "L2025-003"].map(async (id) => PublicLaw.parse(JSON.parse((await get(id)).body)).state),
    );
    expect(states).toEqual(["frozen", "closed"]);
  });

  test("have their one title in both languages where none was given apart", async () => {
    const { laws: all } = AllLaws.parse(JSON.parse((await get()).body));
    expect(all.map((one) => [one.law_id, one.state, one.title.fr === one.title.en])).toEqual([
      [LAW_ID, "open", false],
      ["L2025-002", "frozen", true],
      ["L2025-003", "closed", true],
    ]);
  });

  test("that are unknown are 404, unchanged ones are not sent again", async () => {
    expect((await get("L9")).statusCode).toBe(404);
    const etag = String((await get()).headers?.etag);
    expect((await get(undefined, { "if-none-match": etag })).statusCode).toBe(304);
  });
});

describe("the API's own description", () => {
  const ask = (httpMethod: string) =>
    httpHandler(async () => undefined, fallback)(
      anEvent({ httpMethod, resource: "/api/v1/openapi.json", path: "/api/v1/openapi.json" }),
      aContext(),
    );

  test("is what docs/openapi.json says", async () => {
    const { statusCode, body } = await ask("GET");
    expect(statusCode).toBe(200);
    expect(JSON.parse(body)).toEqual(JSON.parse(readFileSync("docs/openapi.json", "utf8")));
  });

  test("is for reading", async () => {
    expect((await ask("POST")).statusCode).toBe(405);
  });
});

describe("a receipt", () => {
  const get = async (requestId: string | undefined, receipts = new MemoryReceipts(), law?: Law) => {
    const laws = { get: async (lawId: string) => (lawId === law?.lawId ? law : undefined) };
    const handler = httpHandler(
      async () => ({ keys: { holding: async () => KEYS }, receipts, laws, now: () => NOW_MS }),
      receipt,
    );
    const pathParameters = requestId === undefined ? null : { request_id: requestId };
    const { statusCode, body } = await handler(anEvent({ httpMethod: "GET", pathParameters }), aContext());
    return { statusCode, body: JSON.parse(body) };
  };

  test("of a destroyed law is gone, unlike one of a law that goes on", async () => {
    const requestId = aRequestId();
    const destroyedAt = "2027-11-30T12:00:00.000Z";
    const gone = await get(requestId, new MemoryReceipts(), aLaw({ destroyedAt }));
    expect(gone).toMatchObject({
      statusCode: 410,
      body: {
        type: "urn:referendum:problem:vote-destroyed",
        law_id: aLaw().lawId,
        detail: expect.stringMatching(/2027-11-30.*result/i),
      },
    });
    expect((await get(requestId, new MemoryReceipts(), aLaw())).body).toMatchObject({ status: "received" });
  });

  test("of a vote that is not decided yet says received", async () => {
    const requestId = aRequestId();
    const { statusCode, body } = await get(requestId);
    expect(statusCode).toBe(200);
    expect(Receipt.parse(body)).toMatchObject({ request_id: requestId, law_id: LAW_ID, status: "received" });
  });

  test("of a decided vote has its status and the reason", async () => {
    const receipts = new MemoryReceipts();
    const requestId = aRequestId();
    const times = { acceptedAt: "2026-03-01T12:00:00.000Z", updatedAt: "2026-03-01T12:00:01.000Z" };
    await receipts.putAll([{ requestId, lawId: LAW_ID, status: "duplicate", reason: "already_voted", ...times }]);
    expect((await get(requestId, receipts)).body).toEqual({
      request_id: requestId,
      law_id: LAW_ID,
      status: "duplicate",
      reason: "already_voted",
      updated_at: "2026-03-01T12:00:00.000Z",
    });
  });

  test.each([undefined, "", "x", "0196b1f0-7c3a-7cc0-8000-000000000000", `${"A".repeat(44)}TDE`])(
    "of %s, which was never issued, is 404 without a read of the table",
    async (requestId) => {
      const receipts = new MemoryReceipts();
      const asked = vi.spyOn(receipts, "get");
      expect((await get(requestId, receipts)).statusCode).toBe(404);
      expect(asked).not.toHaveBeenCalled();
    },
  );
});

describe("health", () => {
  const up = async () => "fine";
  const down = () => Promise.reject(new Error("away"));
  const services = (changes: Partial<HealthServices> = {}): HealthServices => ({
    probes: { sqs: up, redis: up, postgresql: up, dynamodb: up },
    lawsWithoutRoll: async () => [],
    probeTimeoutMs: 2_500,
    onFailure: () => undefined,
    onRollNotLoaded: () => undefined,
    now: () => NOW_MS,
    ...changes,
  });

  test("is 200 when every service answers", async () => {
    const { statusCode, body } = await health(services());
    expect(statusCode).toBe(200);
    expect(Health.parse(JSON.parse(body))).toEqual({
      status: "healthy",
      services: { sqs: "connected", redis: "connected", postgresql: "connected", dynamodb: "connected" },
      timestamp: "2026-03-01T12:00:00.000Z",
    });
  });

  test.each(["sqs", "redis", "postgresql", "dynamodb"] as const)(
    "is 503 and names %s when it does not answer",
    async (name) => {
      const base = services();
      const { statusCode, headers, body } = await health({ ...base, probes: { ...base.probes, [name]: down } });
      expect([statusCode, headers?.["retry-after"]]).toEqual([503, "2"]);
      const { services: states } = Health.parse(JSON.parse(body));
      expect(Object.entries(states).filter(([, state]) => state === "disconnected")).toEqual([[name, "disconnected"]]);
    },
  );

  test("does not wait for a service that never answers", async () => {
    vi.useFakeTimers();
    try {
      const base = services();
      const answer = health({ ...base, probes: { ...base.probes, redis: () => new Promise(() => undefined) } });
      await vi.advanceTimersByTimeAsync(3_000);
      expect((await answer).statusCode).toBe(503);
    } finally {
      vi.useRealTimers();
    }
  });

  test("warns of an open law whose roll is not loaded, and stays 200", async () => {
    const told: (readonly string[])[] = [];
    const { statusCode, body } = await health(
      services({ lawsWithoutRoll: async () => ["L1"], onRollNotLoaded: (laws) => told.push(laws) }),
    );
    expect(statusCode).toBe(200);
    expect(Health.parse(JSON.parse(body)).warnings).toEqual(["the roll of L1 is not loaded"]);
    expect(told).toEqual([["L1"]]);
  });

  test("works without that warning when the rolls cannot be read", async () => {
    expect((await health(services({ lawsWithoutRoll: down }))).statusCode).toBe(200);
  });
});

describe("any other request", () => {
  test.each([
    ["/api/v1/vote", 405, "POST"],
    ["/api/v1/results", 405, "GET, HEAD"],
    ["/api/v1/results/", 405, "GET, HEAD"],
    ["/api/v1/votes/x", 405, "GET, HEAD"],
    ["/nowhere", 404, undefined],
    ["/", 404, undefined],
  ])("to %s is %i with Allow: %s", async (path, status, allow) => {
    const answer = await fallback(anEvent({ path, httpMethod: "PATCH" }));
    expect([answer.statusCode, answer.headers?.["allow"]]).toEqual([status, allow]);
    expect(Problem.parse(JSON.parse(answer.body)).status).toBe(status);
  });

  describe("of a browser, where the pages are beside the API", () => {
    beforeAll(() => vi.stubEnv("PAGES", "beside"));
    afterAll(() => vi.unstubAllEnvs());
    const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    const ask = (path: string, more = {}) => {
      const event = anEvent({ path, httpMethod: "GET", headers: { accept }, ...more });
      return httpHandler(async () => undefined, fallback)(event, aContext());
    };

    test.each([
      ["/nothing", "./"],
      ["/nothing/", "../"],
      ["/a/b/c.html", "../../"],
    ])("to %s is a page that leads to %s", async (path, home) => {
      const { statusCode, headers, body } = await ask(path);
      expect([statusCode, headers?.["content-type"], headers?.["cache-control"]]).toEqual([
        404,
        "text/html; charset=utf-8",
        "no-store",
      ]);
      for (const language of ["fr", "en"]) expect(body).toContain(`href="${home}?lang=${language}"`);
      for (const kind of ["style", "script"]) {
        const [, text = ""] = new RegExp(`<${kind}>(.*)</${kind}>`).exec(body) ?? [];
        const hash = createHash("sha256").update(text).digest("base64");
        expect(headers?.["content-security-policy"]).toContain(`${kind}-src 'self' 'sha256-${hash}';`);
      }
      // As every page, and never kept.
      expect(headers).toMatchObject(
        Object.fromEntries(Object.entries(pageHeaders("no-store")).map(([name, value]) => [name.toLowerCase(), value])),
      );
    });

    test("is a page without its text when it is HEAD", async () => {
      expect(await ask("/nothing", { httpMethod: "HEAD" })).toMatchObject({ statusCode: 404, body: "" });
    });

    test.each([
      ["of the API", "/api/v1/nothing", {}],
      ["of a program", "/nothing", { headers: { accept: "*/*" } }],
      ["that is to change something", "/nothing", { httpMethod: "POST" }],
    ])("is a problem when it is one %s", async (_name, path, more) => {
      const { statusCode, headers } = await ask(path, more);
      expect([statusCode, headers?.["content-type"]]).toEqual([404, "application/problem+json"]);
    });
  });

  test("is told about OPTIONS if the gateway answers it", async () => {
    vi.stubEnv("CORS_ORIGINS", "https://vote.example.org");
    try {
      const answer = await fallback(anEvent({ path: "/api/v1/vote", httpMethod: "PATCH" }));
      expect(answer.headers?.["allow"]).toBe("POST, OPTIONS");
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
