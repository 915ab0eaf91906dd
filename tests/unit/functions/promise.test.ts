import { describe, expect, test } from "vitest";
import { accept, type IngestServices } from "../../../functions/ingest/accept.ts";
import { newestPromiseKey } from "../../../functions/ingest/promise.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { isRecordOfIngest } from "../../../shared/domain/message-macs.ts";
import { envelopeSha256, isPromise, promiseKeyPair, promiseText, readPromise } from "../../../shared/domain/promise.ts";
import { ballotBox, SEED_BYTES, sealBallot } from "../../../shared/domain/sealing/sealed-ballot.ts";
import { readVote } from "../../../shared/messages/queue.ts";
import { VoteAccepted } from "../../../shared/messages/responses.ts";
import { httpHandler } from "../../../shared/runtime/http.ts";
import { Keys } from "../../../shared/runtime/keys.ts";
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
  PROMISE_KEY,
} from "../../support/factories.ts";
import { VECTORS } from "../../support/sealing-vectors.ts";

const ORIGIN = "test/L2025-001/0123456789abcdef";
const OPEN: Partial<Law> = { form: "open", origin: ORIGIN, promiseKeys: [PROMISE_KEY] };
const SEALED: Partial<Law> = {
  ...OPEN,
  form: "sealed",
  trustees: {
    electionKey: VECTORS.election.election_key,
    signingKey: VECTORS.election.signing_key,
    splitId: "0".repeat(32),
    ...{ threshold: 2, trustees: 3, tested: true },
  },
};

function build(law: Partial<Law>, changes: Partial<IngestServices> = {}) {
  const [votes, receipts] = [new MemoryQueue(), new MemoryReceipts()];
  let serial = 0;
  const services: IngestServices = {
    ...{ keys: KEY_SOURCE, messageKeys: KEY_SOURCE, promiseKeys: KEY_SOURCE, votes, receipts },
    laws: new MemoryLaws(aLaw(law)),
    now: () => NOW_MS,
    randomBytes: (size) => Buffer.alloc(size, ++serial),
    ...{ onUnconfirmed: () => undefined, onAccepted: () => undefined },
    ...changes,
  };
  const handler = httpHandler(async () => services, accept);
  const post = async (body: Record<string, unknown> = {}, key = "key-1") => {
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const { statusCode, body: text } = await handler(
      anEvent({ headers, body: JSON.stringify(aBody(body)) }),
      aContext(),
    );
    return { statusCode, body: JSON.parse(text) };
  };
  return { post, votes, receipts };
}

function envelope(option: number): string {
  const box = ballotBox(ORIGIN, Buffer.from(VECTORS.election.election_key, "base64url"));
  const ballot = sealBallot(box, option, Buffer.alloc(SEED_BYTES, 7));
  if (ballot.type !== "sealed") throw new Error(ballot.type);
  return ballot.envelope;
}

/** The promise of an answer, if it is one for this submission by this key. */
function promiseOf(body: unknown, publicKey = PROMISE_KEY.publicKey): string {
  const { request_id: requestId, promise } = VoteAccepted.parse(body);
  if (promise === undefined) return "none";
  const read = readPromise(`${promise.key_id}.${promise.signature}`);
  const digest = promise.envelope_sha256 === undefined ? undefined : Buffer.from(promise.envelope_sha256, "hex");
  const promised = { origin: promise.log_origin, requestId, envelopeSha256: digest };
  if (read === undefined || !isPromise(promised, read, Buffer.from(publicKey, "base64url"))) return "wrong";
  return promiseText(read);
}

describe("a vote of a law with a form", () => {
  test.each([
    ["that is open", OPEN, {}, undefined],
    ["that is sealed, by its client", SEALED, { vote: undefined, sealed_vote: envelope(0) }, envelope(0)],
    ["that is sealed, by ingest", SEALED, {}, undefined],
  ])("%s is answered with a promise, which its message carries under the mac for aggregate", async (...given) => {
    const [, law, ballot, sent] = given;
    const { post, votes } = build(law);
    const { statusCode, body } = await post(ballot);
    expect(statusCode).toBe(202);
    const vote = readVote(votes.bodies[0] ?? "");
    if (vote?.macs === undefined) throw new Error("a message without macs");
    expect(promiseOf(body)).toBe(vote.macs.promise);
    expect(isRecordOfIngest(vote, vote.macs, KEYS.ofVersion(1).macRecord)).toBe(true);
    expect(body.promise.log_origin).toBe(ORIGIN);
    const sealed = vote.sealed === undefined ? undefined : envelopeSha256(vote.sealed).toString("hex");
    expect(body.promise.envelope_sha256).toBe(sealed);
    if (sent !== undefined) expect(vote.sealed).toBe(sent);
  });

  test("is answered with the same promise when it is sent again", async () => {
    const { post, votes } = build(SEALED);
    const ballot = { vote: undefined, sealed_vote: envelope(1) };
    const [first, again] = [await post(ballot), await post(ballot)];
    expect(again.body.promise).toEqual(first.body.promise);
    expect(votes.bodies).toHaveLength(2);
  });

  test("has no promise before the queue has confirmed it", async () => {
    const { post, votes } = build(OPEN);
    votes.refuses = () => true;
    const { statusCode, body } = await post();
    expect([statusCode, body.promise]).toEqual([503, undefined]);
  });

  test.each([
    ["without a key of promises", { ...OPEN, promiseKeys: undefined }],
    ["with another key than the secret has", { ...OPEN, promiseKeys: [{ ...PROMISE_KEY, publicKey: "A".repeat(43) }] }],
    ["with a version that the secret has not", { ...OPEN, promiseKeys: [{ ...PROMISE_KEY, version: 2 }] }],
  ])("%s is not taken: nobody could check what it promises", async (_, law) => {
    const { post, votes } = build(law);
    expect((await post()).statusCode).toBe(503);
    expect(votes.bodies).toEqual([]);
  });
});

test("a vote of a law without a form has no promise, and no message with one", async () => {
  const { post, votes } = build({});
  const { statusCode, body } = await post();
  expect([statusCode, body.promise]).toEqual([202, undefined]);
  expect(votes.bodies[0]).not.toContain("promise");
});

describe("after a rotation of the secret", () => {
  const seed = (version: number) => `the seed of promises in this test, version ${version}`;
  const secretOf = (...versions: readonly number[]) =>
    JSON.stringify({
      version: versions.at(-1),
      seed: seed(versions.at(-1) ?? 0),
      previous: Object.fromEntries(versions.slice(0, -1).map((version) => [version, seed(version)])),
    });
  const keys = Keys.fromSecrets({ promise: secretOf(1, 2) });
  const publicOf = (version: number) => promiseKeyPair(keys.ofVersion(version).promise).publicKey.toString("base64url");
  const named = [1, 2].map((version) => ({
    version,
    publicKey: publicOf(version),
    from: new Date(NOW_MS + (version - 2) * 60_000).toISOString(),
  }));
  const law = { ...OPEN, promiseKeys: named };

  test.each([
    [NOW_MS - 1, 1],
    [NOW_MS, 2],
  ])("ingest signs at %d with the version that the law names then", async (now, version) => {
    const { post } = build(law, { promiseKeys: { holding: async () => keys }, now: () => now });
    const { body } = await post();
    expect(promiseOf(body, publicOf(version))).not.toMatch(/none|wrong/);
  });

  test("ingest asks for the version that the law names, and goes on with the old one until then", async () => {
    const asked: number[] = [];
    const holding = async (...versions: readonly number[]) => {
      asked.push(...versions);
      return keys;
    };
    const { post } = build({ ...OPEN, promiseKeys: named.slice(0, 1) }, { promiseKeys: { holding } });
    expect(promiseOf((await post()).body, publicOf(1))).not.toMatch(/none|wrong/);
    expect(asked).toEqual([1]);
  });

  test("ingest says its newest public key, for a law that is to name it", () => {
    expect(newestPromiseKey(keys)).toEqual({ version: 2, public_key: publicOf(2) });
    expect(newestPromiseKey(Keys.fromSecrets({ promise: secretOf(1) }))).toEqual({
      version: 1,
      public_key: publicOf(1),
    });
  });
});

describe("a retry after the close", () => {
  const closed = { closesAt: "2026-03-01T12:00:00.000Z" };
  const times = { acceptedAt: "2026-03-01T11:59:00.000Z", updatedAt: "2026-03-01T11:59:02.000Z" };
  const sealed = (option: number) => ({ vote: undefined, sealed_vote: envelope(option) });
  const digest = (option: number) => envelopeSha256(envelope(option)).toString("hex");

  async function retried(law: Partial<Law>, ballot: Record<string, unknown>, recorded: string | undefined) {
    const first = await build(law).post(ballot);
    const { post, receipts } = build({ ...law, ...closed });
    const receipt = { requestId: first.body.request_id, lawId: LAW_ID, status: "counted" as const, ...times };
    await receipts.putAll([{ ...receipt, envelopeSha256: recorded }]);
    return { first, again: await post(ballot) };
  }

  test("gets its promise again when its receipt has its envelope", async () => {
    const { first, again } = await retried(SEALED, sealed(0), digest(0));
    expect([again.statusCode, again.body.promise]).toEqual([202, first.body.promise]);
    const open = await retried(OPEN, {}, undefined);
    expect([open.again.statusCode, open.again.body.promise]).toEqual([202, open.first.body.promise]);
  });

  test.each([
    ["another envelope", digest(1)],
    ["no envelope, as one of an earlier release", undefined],
  ])("gets none when its receipt has %s", async (_, recorded) => {
    const { again } = await retried(SEALED, sealed(0), recorded);
    expect([again.statusCode, again.body.promise]).toEqual([202, undefined]);
  });
});
