import { describe, expect, test } from "vitest";
import { accept, type IngestServices } from "../../../functions/ingest/accept.ts";
import type { ReceiptStatus } from "../../../shared/domain/outcome.ts";
import { verifyRequestId } from "../../../shared/domain/request-id.ts";
import { checkOf } from "../../../shared/domain/voter-code.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { readVote } from "../../../shared/messages/queue.ts";
import { httpHandler } from "../../../shared/runtime/http.ts";
import type { StoredReceipt } from "../../../shared/stores/receipts.ts";
import {
  aBody,
  aContext,
  aLaw,
  anEvent,
  KEY_SOURCE,
  KEYS,
  LAW_ID,
  MemoryLaws,
  MemoryQueue,
  MemoryReceipts,
  NOW_MS,
} from "../../support/factories.ts";

function build(changes: Partial<IngestServices> = {}) {
  const votes = new MemoryQueue();
  const receipts = new MemoryReceipts();
  const accepted: string[] = [];
  const unconfirmed: unknown[] = [];
  let serial = 0;
  const services: IngestServices = {
    keys: KEY_SOURCE,
    messageKeys: KEY_SOURCE,
    promiseKeys: KEY_SOURCE,
    laws: new MemoryLaws(aLaw()),
    votes,
    receipts,
    now: () => NOW_MS,
    randomBytes: (size) => Buffer.alloc(size, ++serial),
    onUnconfirmed: (error) => unconfirmed.push(error),
    onAccepted: (lawId) => accepted.push(lawId),
    ...changes,
  };
  const handler = httpHandler(async () => services, accept);
  const post = async (event = anEvent()) => {
    const { statusCode, headers, body } = await handler(event, aContext());
    return { statusCode, headers, body: JSON.parse(body), text: body };
  };
  return { post, votes, receipts, accepted, unconfirmed };
}

const withKey = (key: string, body: object = aBody()) =>
  anEvent({ headers: { "content-type": "application/json", "idempotency-key": key }, body: JSON.stringify(body) });

describe("a vote", () => {
  test("puts one message on the queue and is answered 202 with its request id", async () => {
    const { post, votes, accepted } = build();
    const { statusCode, headers, body } = await post();
    expect(statusCode).toBe(202);
    expect(body).toEqual({
      request_id: expect.any(String),
      status: "accepted",
      message: expect.any(String),
      law_id: LAW_ID,
      accepted_at: "2026-03-01T12:00:00.000Z",
    });
    expect(headers).toMatchObject({ location: `votes/${body.request_id}`, "cache-control": "no-store" });
    expect(verifyRequestId(body.request_id, KEYS.requestIdMac)).toMatchObject({ lawId: LAW_ID });
    expect(votes.bodies.map(readVote)).toEqual([
      {
        requestId: body.request_id,
        lawId: LAW_ID,
        voterHash: voterHash("123456789", "ABC123", LAW_ID).toString("hex"),
        choice: "oui",
        acceptedAt: "2026-03-01T12:00:00.000Z",
      },
    ]);
    expect(accepted).toEqual([LAW_ID]);
  });

  test("takes neither NAS nor code any further", async () => {
    const { post, votes } = build();
    const { text } = await post();
    expect(`${text}${votes.bodies.join()}`).not.toMatch(/123456789|ABC123/);
  });

  test("on a law with a pepper is hashed with it, and names it", async () => {
    const { post, votes } = build({ laws: new MemoryLaws(aLaw({ pepperId: "1" })) });
    await post();
    const hash = voterHash("123456789", "ABC123", LAW_ID, KEYS.pepper("1")).toString("hex");
    expect(votes.bodies.map(readVote)).toMatchObject([{ voterHash: hash, pepperId: "1" }]);
  });

  test("sent in base64 is read", async () => {
    const { post } = build();
    const body = Buffer.from(JSON.stringify(aBody())).toString("base64");
    expect((await post(anEvent({ body, isBase64Encoded: true }))).statusCode).toBe(202);
  });

  test.each([
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
  ])("may be of type %s", async (type) => {
    expect((await build().post(anEvent({ headers: { "CONTENT-TYPE": type } }))).statusCode).toBe(202);
  });
});

describe("a request that is refused", () => {
  const big = JSON.stringify(aBody({ more: "x".repeat(8 * 1024) }));
  test.each([
    ["of another type", 415, anEvent({ headers: { "content-type": "text/plain" } })],
    ["of no type", 415, anEvent({ headers: {} })],
    ["of another charset", 415, anEvent({ headers: { "content-type": "application/json; charset=latin1" } })],
    ["of a type that only begins alike", 415, anEvent({ headers: { "content-type": "application/json-patch+json" } })],
    ["of two types", 415, anEvent({ multiValueHeaders: { "Content-Type": ["application/json", "application/json"] } })],
    ["of more than 8 KiB", 413, anEvent({ body: big })],
    ["of more than 8 KiB in few characters", 413, anEvent({ body: JSON.stringify(aBody({ more: "é".repeat(4096) })) })],
    [
      "of two types whose headers are written differently",
      415,
      anEvent({ multiValueHeaders: { "content-type": ["application/json"], "Content-Type": ["text/plain"] } }),
    ],
    ["without a body", 400, anEvent({ body: null })],
    ["not JSON", 400, anEvent({ body: "vote=oui" })],
    ["with a field wrong", 400, anEvent({ body: JSON.stringify(aBody({ nas: "1" })) })],
    ["with an Idempotency-Key of blanks", 400, withKey("a b")],
    ["with an Idempotency-Key that is too long", 400, withKey("x".repeat(256))],
    [
      "with two Idempotency-Keys",
      400,
      anEvent({ multiValueHeaders: { "content-type": ["application/json"], "idempotency-key": ["a", "b"] } }),
    ],
    ["for a law that does not exist", 404, anEvent({ body: JSON.stringify(aBody({ law_id: "L9" })) })],
    ["with its NAS for a law", 404, anEvent({ body: JSON.stringify(aBody({ law_id: "123456789" })) })],
    ["with its code for a law", 404, anEvent({ body: JSON.stringify(aBody({ law_id: "ABC123" })) })],
  ])("%s is answered %i as a problem, and nothing is on the queue", async (_, status, event) => {
    const { post, votes, accepted } = build();
    const { statusCode, headers, body, text } = await post(event);
    expect(statusCode).toBe(status);
    expect(headers).toMatchObject({ "content-type": "application/problem+json" });
    expect(body).toMatchObject({
      type: expect.stringMatching(/^urn:referendum:problem:/),
      status,
      title: expect.any(String),
    });
    expect(text).not.toMatch(/123456789|ABC123/);
    expect([votes.bodies, accepted]).toEqual([[], []]);
  });

  test("names the Idempotency-Key and the fields together", async () => {
    const { body } = await build().post(withKey("a b", aBody({ vote: "x" })));
    expect(body.errors.map((error: { field: string }) => error.field)).toEqual(["vote", "Idempotency-Key"]);
  });
});

const aReceipt = (requestId: string, status: ReceiptStatus): StoredReceipt => ({
  requestId,
  lawId: LAW_ID,
  status,
  acceptedAt: "2026-03-01T11:59:00.000Z",
  updatedAt: "2026-03-01T11:59:02.000Z",
});

describe("where the receipt is", () => {
  test.each([
    ["https://host/live/api/v1/vote", "/api/v1/vote"],
    ["https://host/live/api/v1/vote/", "/api/v1/vote/"],
    ["http://127.0.0.1:8000/api/v1/vote", "/api/v1/vote"],
  ])("is found through Location by a generic client, after a vote to %s", async (url, path) => {
    const { headers, body } = await build().post(anEvent({ path }));
    const base = url.slice(0, url.indexOf("/api/"));
    expect(new URL(String(headers?.["location"]), url).href).toBe(`${base}/api/v1/votes/${body.request_id}`);
  });
});

describe("an encoded body", () => {
  const encoded = (coding: string) =>
    anEvent({ multiValueHeaders: { "content-type": ["application/json"], "Content-Encoding": [coding] } });

  test.each(["gzip", "GZIP", "br", "identity, deflate"])(
    "in %s is answered 415, which names it, and nothing is on the queue",
    async (coding) => {
      const { post, votes } = build();
      const { statusCode, headers, body } = await post(encoded(coding));
      expect(statusCode).toBe(415);
      expect(headers).toMatchObject({ "accept-encoding": "identity" });
      expect(body.detail).toContain(coding.split(", ").at(-1)?.toLowerCase());
      expect(votes.bodies).toEqual([]);
    },
  );

  test("of an unknown coding is not repeated", async () => {
    const { statusCode, text } = await build().post(encoded("123456789"));
    expect([statusCode, text.includes("123456789")]).toEqual([415, false]);
  });

  test("with the header 'identity' is read", async () => {
    expect((await build().post(encoded("identity"))).statusCode).toBe(202);
  });
});

describe("outside the window of the law", () => {
  const opensLater = aLaw({ opensAt: "2026-03-01T12:00:00.001Z" });
  const closed = aLaw({ closesAt: "2026-03-01T12:00:00.000Z" });

  test.each([
    ["before it opens", opensLater],
    ["at the instant it closes", closed],
    ["while it is frozen", aLaw({ frozen: true })],
  ])("a vote %s is answered 409 with the window, and nothing is on the queue", async (_, law) => {
    const { post, votes } = build({ laws: new MemoryLaws(law) });
    const { statusCode, body } = await post();
    expect(statusCode).toBe(409);
    expect(body).toMatchObject({ type: "urn:referendum:problem:law-not-open", law_id: LAW_ID, opens_at: law.opensAt });
    expect(body.closes_at).toBe(law.closesAt);
    expect(body).not.toHaveProperty("request_id");
    expect(votes.bodies).toEqual([]);
  });

  test("the last millisecond counts", async () => {
    const { post } = build({ laws: new MemoryLaws(aLaw({ closesAt: "2026-03-01T12:00:00.001Z" })) });
    expect((await post()).statusCode).toBe(202);
  });

  test("a frozen law is said to be suspended until its window ends, and closed from then on", async () => {
    const sayOf = async (closesAt: string) =>
      (await build({ laws: new MemoryLaws(aLaw({ closesAt, frozen: true })) }).post()).body.detail;
    expect(await sayOf("2026-03-01T12:00:00.001Z")).toBe(`Voting on ${LAW_ID} is suspended.`);
    expect(await sayOf("2026-03-01T12:00:00.000Z")).toBe(`Voting on ${LAW_ID} closed at 2026-03-01T12:00:00.000Z.`);
  });

  test("a retry is answered from its receipt if its first try was in time", async () => {
    const open = build();
    const first = await open.post(withKey("key-1"));
    const { post, receipts } = build({ laws: new MemoryLaws(closed) });
    const none = await post(withKey("key-1"));
    expect(none.statusCode).toBe(409);
    expect(none.body).toMatchObject({
      request_id: first.body.request_id,
      receipt: `votes/${first.body.request_id}`,
    });
    await receipts.putAll([aReceipt(first.body.request_id, "counted")]);
    const again = await post(withKey("key-1"));
    expect(again.statusCode).toBe(202);
    expect(again.body).toMatchObject({ request_id: first.body.request_id, accepted_at: "2026-03-01T11:59:00.000Z" });
  });

  test.each([
    ["counted", 202],
    ["duplicate", 202],
    ["invalid", 202],
    ["lost", 409],
  ] as const)("a retry whose receipt says %s is answered %i", async (status, answer) => {
    const { request_id: requestId } = (await build().post(withKey("key-1"))).body;
    const { post, receipts, votes } = build({ laws: new MemoryLaws(closed) });
    await receipts.putAll([aReceipt(requestId, status)]);
    const retry = await post(withKey("key-1"));
    expect(retry.statusCode).toBe(answer);
    expect(retry.body.request_id).toBe(requestId);
    expect(retry.body.receipt).toBe(answer === 409 ? `votes/${requestId}` : undefined);
    expect(votes.bodies).toEqual([]);
  });
});

describe("an Idempotency-Key", () => {
  test("gives the same request id to the same voter and law, whatever the choice", async () => {
    const { post } = build();
    const ids = new Set<string>();
    for (const vote of ["oui", "non", "oui"]) ids.add((await post(withKey("key-1", aBody({ vote })))).body.request_id);
    expect(ids.size).toBe(1);
  });

  test("makes another submission for another voter and for another key; without a key, every post is a submission", async () => {
    const { post } = build();
    const posts = [
      withKey("key-1"),
      withKey("key-1", aBody({ code: "ABC124" })),
      withKey("key-2"),
      anEvent(),
      anEvent(),
    ];
    const ids = await Promise.all(posts.map(async (event) => (await post(event)).body.request_id));
    expect(new Set(ids).size).toBe(5);
  });
});

describe("when a service is away", () => {
  test("without the queue a vote is answered 503 with Retry-After, the request id, and that sending again is safe", async () => {
    const { post, votes, accepted, unconfirmed } = build();
    votes.refuses = () => true;
    const { statusCode, headers, body } = await post();
    expect(statusCode).toBe(503);
    expect(headers).toMatchObject({ "retry-after": expect.stringMatching(/^\d+$/) });
    expect(body).toMatchObject({ request_id: expect.any(String), detail: expect.stringContaining("safe") });
    expect(body.receipt).toBe(`votes/${body.request_id}`);
    expect([accepted, unconfirmed.length]).toEqual([[], 1]);
  });

  test("without the laws a vote is answered 503 without the cause", async () => {
    const laws = { get: () => Promise.reject(new Error("secret cause")) };
    const { statusCode, text } = await build({ laws }).post();
    expect(statusCode).toBe(503);
    expect(text).not.toContain("secret cause");
  });
});

describe("a law that takes only codes with a check", () => {
  const secret = "ABCDEFGHJKMNPQRS";
  const code = `${secret}${checkOf(secret, KEYS.ofVersion(1).codeCheck)}`;
  const laws = new MemoryLaws(aLaw({ codes: "checked" }));
  const cast = (typed: string) => {
    const built = build({ laws });
    return built
      .post(anEvent({ body: JSON.stringify(aBody({ code: typed })) }))
      .then((answer) => ({ ...built, answer }));
  };

  test.each([
    ["as it is made", code],
    ["in small letters", code.toLowerCase()],
    ["in groups", code.replaceAll(/(.{4})/g, "$1-").slice(0, -1)],
  ])("accepts one %s, and hashes it as it was made", async (_, typed) => {
    const { answer, votes } = await cast(typed);
    expect(answer.statusCode).toBe(202);
    const hash = voterHash("123456789", code, LAW_ID).toString("hex");
    expect(votes.bodies.map(readVote)).toMatchObject([{ voterHash: hash }]);
  });

  test.each([
    ["mistyped", `${code.slice(0, -1)}${code.endsWith("A") ? "B" : "A"}`],
    ["of another form", "ABC123"],
    ["made up", "ABCDEFGHJKMNPQRSAAAA"],
  ])("refuses one that is %s at once: no message, and only that the code is wrong", async (_, typed) => {
    const { answer, votes, accepted } = await cast(typed);
    expect(answer.statusCode).toBe(400);
    expect(answer.body.errors).toEqual([
      { field: "code", message: expect.stringMatching(/^is mistyped or incomplete/) },
    ]);
    expect(answer.text).not.toContain(typed);
    expect([votes.bodies, accepted]).toEqual([[], []]);
  });

  test("reveals nothing about the voter: every nas gets the same answer", async () => {
    const answers = await Promise.all(
      ["123456789", "987654321"].map((nas) =>
        build({ laws }).post(anEvent({ body: JSON.stringify(aBody({ nas, code: "ABCDEFGHJKMNPQRSAAAA" })) })),
      ),
    );
    expect(answers[0]?.text).toBe(answers[1]?.text);
  });
});
