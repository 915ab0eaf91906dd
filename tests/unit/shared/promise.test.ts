import { createSecretKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ed25519PublicKey } from "../../../shared/domain/ed25519.ts";
import type { PromiseKey } from "../../../shared/domain/law.ts";
import {
  envelopeSha256,
  isPromise,
  makePromise,
  PROMISE_BYTES,
  promiseBytes,
  promiseKeyPair,
  promiseText,
  readPromise,
  signingKeyOf,
} from "../../../shared/domain/promise.ts";
import { PROMISE_VECTORS } from "../../support/promise-vectors.ts";

const { key, promises } = PROMISE_VECTORS;
const pair = promiseKeyPair(createSecretKey(Buffer.from(key.private_key, "hex")));
const publicKey = Buffer.from(key.public_key, "base64url");

function promisedOf({ origin, request_id: requestId, envelope }: (typeof promises)[number]) {
  return { origin, requestId, envelopeSha256: envelope === null ? undefined : envelopeSha256(envelope) };
}

describe.each(promises)("the vector of $origin", (vector) => {
  test("is what is signed, byte for byte", () => {
    expect([pair.publicKey.toString("base64url"), pair.keyId.toString("hex")]).toEqual([key.public_key, key.key_id]);
    const made = makePromise(promisedOf(vector), pair);
    expect(promiseText(made)).toBe(vector.promise);
    const signed = Buffer.from(vector.signed_bytes, "hex");
    expect(verify(null, signed, ed25519PublicKey(publicKey), made.signature)).toBe(true);
    if (vector.envelope !== null) expect(envelopeSha256(vector.envelope).toString("hex")).toBe(vector.envelope_sha256);
  });

  test("is read from its text, and checked", () => {
    const read = readPromise(vector.promise);
    if (read === undefined) throw new Error("it cannot be read");
    expect(isPromise(promisedOf(vector), read, publicKey)).toBe(true);
    expect(promiseBytes(vector.promise)).toEqual(Buffer.concat([read.keyId, read.signature]));
    expect(promiseBytes(vector.promise)).toHaveLength(PROMISE_BYTES);
  });

  test.each([
    ["another origin", { origin: "prod/L2025-001/0123456789abcdee" }],
    ["another submission", { requestId: "AQGa1zWEAHcHhwcHBwcHBwfDZ4GtUftVDQhRUhkUS7wLTDIwMjUtMDAy" }],
    ["another envelope", { envelopeSha256: Buffer.alloc(32, 9) }],
  ])("is no promise for %s", (_, change) => {
    const read = readPromise(vector.promise);
    expect(read && isPromise({ ...promisedOf(vector), ...change }, read, publicKey)).toBe(false);
  });

  test("is no promise of another key", () => {
    const read = readPromise(vector.promise);
    const other = promiseKeyPair(createSecretKey(Buffer.alloc(32, 5)));
    expect(read && isPromise(promisedOf(vector), read, other.publicKey)).toBe(false);
    const named = read && { ...read, keyId: other.keyId };
    expect(named && isPromise(promisedOf(vector), named, other.publicKey)).toBe(false);
    expect(read && isPromise(promisedOf(vector), read, publicKey.subarray(1))).toBe(false);
  });
});

describe("the text of a promise", () => {
  const text = promises[0]?.promise ?? "";
  test.each([
    ["is empty", ""],
    ["has no key id", text.slice(16)],
    ["has its key id in capitals", text.toUpperCase()],
    ["is cut off", text.slice(0, -1)],
    ["is longer", `${text}A`],
    ["has bits to spare", `${text.slice(0, -1)}B`],
    ["has padding", `${text}==`],
  ])("that %s cannot be read", (_, wrong) => {
    expect(readPromise(wrong)).toBeUndefined();
    expect(() => promiseBytes(wrong)).toThrow(RangeError);
  });
});

describe("the key that ingest signs with", () => {
  const keys: PromiseKey[] = [1, 2, 3].map((version) => ({
    version,
    publicKey: key.public_key,
    from: `2026-03-0${version}T00:00:00.000Z`,
  }));
  test.each([
    ["before the first has begun", "2026-02-01T00:00:00.000Z", 1],
    ["at the moment when the second begins", "2026-03-02T00:00:00.000Z", 2],
    ["just before the third begins", "2026-03-02T23:59:59.999Z", 2],
    ["long after", "2027-01-01T00:00:00.000Z", 3],
  ])("is, %s, the right one", (_, now, version) => {
    expect(signingKeyOf({ promiseKeys: keys }, Date.parse(now))?.version).toBe(version);
  });

  test("is none where the law has none", () => {
    expect(signingKeyOf({}, 0)).toBeUndefined();
  });
});
