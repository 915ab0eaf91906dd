import { afterEach, describe, expect, test, vi } from "vitest";
import {
  type CastOptions,
  canCheckPromises,
  castVote,
  checkPromise,
  type Expected,
  isSigned,
  NotConfirmed,
  NotPromised,
  newSeed,
} from "../../../client/index.ts";
import { answeredPromise, PROMISE_VECTORS, VECTOR_KEY } from "../../support/promise-vectors.ts";
import { VECTORS } from "../../support/sealing-vectors.ts";

const API = "https://example.test/stage";
const ORIGIN = "test/L1/0123456789abcdef";
const VOTE = { nas: "000000000", code: "EXAMPLE123", law_id: "L1", vote: "oui" } as const;
const OPEN = { law_id: "L1", form: "open", origin: ORIGIN, promise_keys: [VECTOR_KEY] };
const SEALED = { ...OPEN, form: "sealed", election_key: VECTORS.election.election_key };
const [ENVELOPE = "", OTHER_ENVELOPE = ""] = VECTORS.ballots.map(({ envelope }) => envelope);
const NEWER_KEY = { key_id: "0123456789abcdef", public_key: "A".repeat(43) };

afterEach(() => vi.unstubAllGlobals());

describe("a promise", () => {
  test.each(PROMISE_VECTORS.promises)("of the vector $origin is signed", async (vector) => {
    const { origin: log_origin, request_id, envelope_sha256, promise } = vector;
    const [key_id = "", signature = ""] = promise.split(".");
    const kept = { request_id, log_origin, key_id, public_key: VECTOR_KEY.public_key, signature };
    const full = envelope_sha256 === null ? kept : { ...kept, envelope_sha256 };
    expect(await isSigned(full)).toBe(true);
    for (const change of [
      { request_id: `${request_id}x` },
      { log_origin: `${log_origin}x` },
      { log_origin: "with blank" },
      { envelope_sha256: "0".repeat(63).concat("1") },
      { public_key: NEWER_KEY.public_key },
      { public_key: "AAAA" },
      { key_id: NEWER_KEY.key_id },
      { signature: `A${signature.slice(1)}` },
    ])
      expect(await isSigned({ ...full, ...change }), Object.keys(change)[0]).toBe(false);
  });

  const right = answeredPromise(ORIGIN, "AQ1", ENVELOPE);
  const expected: Expected = {
    ...{ requestId: "AQ1", origin: ORIGIN, keys: [NEWER_KEY, VECTOR_KEY], isSealed: true, envelope: ENVELOPE },
  };
  test("that is right is kept with what it is about, and with the key that it was checked by", async () => {
    const promise = { request_id: "AQ1", ...right, public_key: VECTOR_KEY.public_key };
    const given = { ...right, something_new: 1 };
    expect(await checkPromise(given, expected)).toEqual({ promise, isChecked: true });
    expect(await checkPromise(right, { ...expected, envelope: undefined })).toEqual({ promise, isChecked: true });
  });

  test.each([
    ["missing", undefined, {}],
    ["malformed", null, {}],
    ["malformed", "promise", {}],
    ["malformed", { ...right, signature: `${right.signature}=` }, {}],
    ["malformed", { ...right, key_id: "x" }, {}],
    ["malformed", { ...right, log_origin: undefined }, {}],
    ["malformed", { ...right, envelope_sha256: 7 }, {}],
    ["other_origin", right, { origin: "test/L1/0123456789abcdee" }],
    ["other_envelope", right, { envelope: OTHER_ENVELOPE }],
    ["other_envelope", right, { isSealed: false, envelope: undefined }],
    ["other_envelope", answeredPromise(ORIGIN, "AQ1"), {}],
    ["unknown_key", right, { keys: [NEWER_KEY] }],
    ["wrong_signature", right, { requestId: "AQ2" }],
    ["wrong_signature", right, { keys: [{ ...VECTOR_KEY, public_key: NEWER_KEY.public_key }] }],
  ])("is %s", async (fault, given, change) => {
    expect(await checkPromise(given, { ...expected, ...change })).toBe(fault);
  });

  test("is kept unchecked where there is no Ed25519", async () => {
    expect(await canCheckPromises()).toBe(true);
    const { subtle } = globalThis.crypto;
    const importKey = (...given: Parameters<typeof subtle.importKey>) =>
      given[2] === "Ed25519" ? Promise.reject(new DOMException("no", "NotSupportedError")) : subtle.importKey(...given);
    vi.stubGlobal("crypto", { subtle: { digest: subtle.digest.bind(subtle), importKey } });
    expect(await canCheckPromises()).toBe(false);
    expect(await checkPromise(right, expected)).toMatchObject({ isChecked: false });
    expect(await checkPromise(right, { ...expected, envelope: OTHER_ENVELOPE })).toBe("other_envelope");
  });
});

describe("castVote", () => {
  type Given = (requestId: string, envelope: string | undefined) => unknown;
  const promised: Given = (requestId, envelope) => answeredPromise(ORIGIN, requestId, envelope);

  /** Casts a vote on a law as its descriptions say in turn, the API giving this promise. */
  async function cast(laws: readonly object[], given: Given, options: CastOptions = {}) {
    const asked: string[] = [];
    const left = [...laws];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      asked.push(`${init?.method} ${String(input).slice(API.length)}`);
      if (init?.method === "GET") return Response.json((left.length > 1 ? left.shift() : left[0]) ?? {});
      const { sealed_vote } = JSON.parse(String(init?.body));
      const promise = given("AQ1", sealed_vote);
      const body = { request_id: "AQ1", ...(promise === undefined ? {} : { promise }) };
      return Response.json(body, { status: 202, headers: { location: "votes/AQ1" } });
    };
    const result = await castVote(API, VOTE, { fetch, random: () => 0, key: "k", ...options }).catch((e: unknown) => e);
    return { result, asked };
  }
  const description = "GET /api/v1/laws/L1";
  const vote = "POST /api/v1/vote";

  test.each([
    ["open", OPEN],
    ["sealed", SEALED],
  ])("keeps the promise of a law that is %s", async (_, law) => {
    const { result, asked } = await cast([law], promised);
    expect(result).toMatchObject({
      isPromiseChecked: true,
      promise: { request_id: "AQ1", log_origin: ORIGIN, ...VECTOR_KEY, signature: expect.any(String) },
    });
    expect(asked).toEqual([description, vote]);
  });

  test("asks for no promise where the law promises nothing", async () => {
    const { result } = await cast([{ law_id: "L1", form: "open" }], () => undefined);
    expect(result).not.toHaveProperty("promise");
  });

  test("reads the description again when the key was changed since, and checks by that", async () => {
    const before = { ...OPEN, promise_keys: [NEWER_KEY] };
    const { result, asked } = await cast([before, OPEN], promised);
    expect(result).toMatchObject({ isPromiseChecked: true });
    expect(asked).toEqual([description, vote, description]);
    const old = await cast([OPEN], promised, { law: { law_id: "L1", form: "open" } });
    expect([old.result, old.asked]).toEqual([expect.objectContaining({ isPromiseChecked: true }), [vote, description]]);
  });

  test.each<[string, object, Given]>([
    ["missing", OPEN, () => undefined],
    ["missing", SEALED, () => undefined],
    ["malformed", OPEN, () => ({ signature: "x" })],
    ["other_origin", OPEN, (id) => answeredPromise("test/L2/1", id)],
    ["other_envelope", SEALED, (id) => answeredPromise(ORIGIN, id, ENVELOPE)],
    ["unknown_key", { ...OPEN, promise_keys: [NEWER_KEY] }, promised],
    ["wrong_signature", OPEN, () => answeredPromise(ORIGIN, "AQ2")],
  ])("does not say accepted when the promise is %s: the vote may be there, and can be sent again", async (...given) => {
    const [type, law, promise] = given;
    const seed = newSeed();
    const { result } = await cast([law], promise, { seed });
    expect(result).toBeInstanceOf(NotPromised);
    expect(result).toBeInstanceOf(NotConfirmed);
    expect(result).toMatchObject({
      ...{ type, requestId: "AQ1", key: "k", mayHaveArrived: true, receipt: `${API}/api/v1/votes/AQ1`, tries: 1 },
      seed: law === OPEN || type === "unknown_key" ? undefined : seed,
    });
    expect(seed.some((byte) => byte !== 0)).toBe(true);
    const again = await cast([law === SEALED ? SEALED : OPEN], promised, { resume: "k", seed });
    expect(again.result).toMatchObject({ isPromiseChecked: true });
  });

  test("gets the promise once a law has closed and the receipt says that an earlier try was taken", async () => {
    const answers = [
      () => Response.json({ receipt: "votes/AQ1" }, { status: 503 }),
      () => Response.json({ request_id: "AQ1", receipt: "votes/AQ1" }, { status: 409 }),
      () => Response.json({ request_id: "AQ1", status: "counted" }),
      () => Response.json({ request_id: "AQ1", promise: answeredPromise(ORIGIN, "AQ1") }, { status: 202 }),
    ];
    const fetch = async () => answers.shift()?.() ?? Response.error();
    const how = { fetch, random: () => 0, law: OPEN };
    expect(await castVote(API, VOTE, how)).toMatchObject({ requestId: "AQ1", isPromiseChecked: true });
    expect(answers).toEqual([]);
  });

  test("goes without it when nobody gives it then", async () => {
    const answers = [
      () => Response.json({ receipt: "votes/AQ1" }, { status: 503 }),
      () => Response.json({ request_id: "AQ1", receipt: "votes/AQ1" }, { status: 409 }),
      () => Response.json({ request_id: "AQ1", status: "counted" }),
    ];
    const fetch = async () => answers.shift()?.() ?? Response.json({}, { status: 409 });
    const accepted = await castVote(API, VOTE, { fetch, random: () => 0, law: OPEN });
    expect(accepted).toMatchObject({ requestId: "AQ1" });
    expect(accepted).not.toHaveProperty("promise");
  });
});
