import { createHmac, hkdfSync } from "node:crypto";
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { electionKeys } from "../../../../shared/domain/sealing/election-keys.ts";
import { ENVELOPE_BYTES, envelopeText, readEnvelope } from "../../../../shared/domain/sealing/envelope.ts";
import { expand, extract, hkdf } from "../../../../shared/domain/sealing/hkdf.ts";
import { ballotBox, openBallot, sealBallot } from "../../../../shared/domain/sealing/sealed-ballot.ts";
import { fromHex, VECTORS } from "../../../support/sealing-vectors.ts";

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});
/** The library takes an ArrayBuffer. */
const whole = (bytes: Uint8Array) => Uint8Array.from(bytes).buffer;
const text = (characters: string) => whole(Buffer.from(characters));
const { election } = electionKeys(Buffer.alloc(32, 5));
const privateKey = election.privateKey.export({ format: "der", type: "pkcs8" }).subarray(16);

/** The info as docs/sealing.md describes it, written a second time. */
function infoOf(origin: string, keyId: Uint8Array): ArrayBuffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(origin.length);
  return whole(Buffer.concat([Buffer.from(`referendum ballot v1`), length, Buffer.from(origin), keyId]));
}

const origins = fc.stringMatching(/^[!-*,-~]{1,255}$/);
const options = fc.integer({ min: 0, max: 255 });
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const SOME = { numRuns: 25, seed: 20261129 };

test("@hpke/core opens what we seal, and exports the same tracker", async () => {
  const recipientKey = await suite.kem.importKey("raw", whole(privateKey), false);
  const property = fc.asyncProperty(origins, options, seeds, async (origin, option, seed) => {
    const box = ballotBox(origin, election.publicKey);
    const sealed = sealBallot(box, option, seed);
    if (sealed.type !== "sealed") throw new Error(sealed.type);
    const envelope = readEnvelope(sealed.envelope, box.keyId);
    if (envelope.type !== "envelope") throw new Error(envelope.type);
    const context = await suite.createRecipientContext({
      recipientKey,
      enc: whole(envelope.enc),
      info: infoOf(origin, box.keyId),
    });
    expect(new Uint8Array(await context.open(whole(envelope.ciphertext)))).toEqual(Uint8Array.of(1, option));
    expect(Buffer.from(await context.export(text("tracker"), 16)).toString("hex")).toBe(sealed.tracker);
  });
  await fc.assert(property, SOME);
});

test("we open what @hpke/core seals, and export the same tracker", async () => {
  const recipientPublicKey = await suite.kem.importKey("raw", whole(election.publicKey), true);
  const property = fc.asyncProperty(origins, options, async (origin, option) => {
    const box = ballotBox(origin, election.publicKey);
    const context = await suite.createSenderContext({ recipientPublicKey, info: infoOf(origin, box.keyId) });
    const ciphertext = Buffer.from(await context.seal(whole(Uint8Array.of(1, option))));
    const envelope = envelopeText({ keyId: box.keyId, enc: Buffer.from(context.enc), ciphertext });
    const tracker = Buffer.from(await context.export(text("tracker"), 16)).toString("hex");
    expect(openBallot(box, election.privateKey, envelope, 256)).toEqual({ type: "opened", option, tracker });
  });
  await fc.assert(property, SOME);
});

test.each(VECTORS.ballots)(
  "@hpke/core gives the same bytes with the ephemeral key of option $option, origin $origin",
  async (vector) => {
    const { election_key, key_id } = VECTORS.election;
    const key = Buffer.from(election_key, "base64url");
    const context = await suite.createSenderContext({
      recipientPublicKey: await suite.kem.importKey("raw", whole(key), true),
      info: whole(fromHex(vector.info)),
      ekm: whole(fromHex(vector.ephemeral_ikm)),
    });
    expect(vector.info).toBe(Buffer.from(infoOf(vector.origin, fromHex(key_id))).toString("hex"));
    const ciphertext = Buffer.from(await context.seal(whole(Uint8Array.of(1, vector.option))));
    const envelope = { keyId: fromHex(key_id), enc: Buffer.from(context.enc), ciphertext };
    expect(envelopeText(envelope)).toBe(vector.envelope);
  },
);

test("HMAC and HKDF are those of node:crypto, for every length of key and message", () => {
  const salts = fc.uint8Array({ maxLength: 64 });
  const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });
  const property = fc.property(salts, parts, fc.integer({ min: 1, max: 32 }), (salt, inputs, length) => {
    const whole = Buffer.concat(inputs);
    expect(extract(salt, ...inputs)).toEqual(createHmac("sha256", salt).update(whole).digest());
    const expected = createHmac("sha256", salt).update(whole).update(Uint8Array.of(1)).digest().subarray(0, length);
    expect(expand(salt, length, ...inputs)).toEqual(expected);
    expect(hkdf(salt, ...inputs)).toEqual(Buffer.from(hkdfSync("sha256", salt, new Uint8Array(0), whole, 32)));
  });
  fc.assert(property, { numRuns: 200, seed: 20261129 });
  expect(() => extract(new Uint8Array(65))).toThrow("at most 64 bytes");
});

test("content of another version or length is spoiled by name", async () => {
  const recipientPublicKey = await suite.kem.importKey("raw", whole(election.publicKey), true);
  const box = ballotBox("o", election.publicKey);
  const sealedAs = async (...content: number[]) => {
    const context = await suite.createSenderContext({ recipientPublicKey, info: infoOf("o", box.keyId) });
    const ciphertext = Buffer.from(await context.seal(whole(Uint8Array.from(content))));
    return envelopeText({ keyId: box.keyId, enc: Buffer.from(context.enc), ciphertext });
  };
  expect(openBallot(box, election.privateKey, await sealedAs(2, 0), 2)).toEqual({ type: "unknown_version" });
  expect(openBallot(box, election.privateKey, await sealedAs(1), 2)).toEqual({ type: "wrong_length" });
  expect(openBallot(box, election.privateKey, await sealedAs(1, 2), 2)).toEqual({ type: "no_such_option" });
});

test("the same seed and option give the same bytes; another option, seed, origin or key gives another enc", () => {
  const encOf = (envelope: string) => Buffer.from(envelope, "base64url").subarray(9, 41).toString("hex");
  const otherKey = electionKeys(Buffer.alloc(32, 6)).election.publicKey;
  const property = fc.property(origins, options, options, seeds, seeds, (origin, option, other, seed, otherSeed) => {
    fc.pre(option !== other && Buffer.compare(seed, otherSeed) !== 0);
    const sealed = (box: ReturnType<typeof ballotBox>, chosen: number, by: Uint8Array) => {
      const one = sealBallot(box, chosen, by);
      if (one.type !== "sealed") throw new Error(one.type);
      return one;
    };
    const box = ballotBox(origin, election.publicKey);
    const first = sealed(box, option, seed);
    expect(sealed(ballotBox(origin, election.publicKey), option, Uint8Array.from(seed))).toEqual(first);
    const others = [
      sealed(box, other, seed),
      sealed(box, option, otherSeed),
      sealed(ballotBox(`${origin.slice(0, 254)}!`, election.publicKey), option, seed),
      sealed(ballotBox(origin, otherKey), option, seed),
    ];
    const encs = [first, ...others].map(({ envelope }) => encOf(envelope));
    expect(new Set(encs).size).toBe(origin.length === 255 && origin.endsWith("!") ? encs.length - 1 : encs.length);
  });
  fc.assert(property, SOME);
});

test("an envelope with any other bit does not open, and never opens for another origin or key", () => {
  const box = ballotBox("referendum.example/L1", election.publicKey);
  const sealed = sealBallot(box, 1, Buffer.alloc(32, 1));
  if (sealed.type !== "sealed") throw new Error(sealed.type);
  const bytes = Buffer.from(sealed.envelope, "base64url");
  const opened = Array.from({ length: 8 * ENVELOPE_BYTES }, (_, bit) => {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7));
    return openBallot(box, election.privateKey, flipped.toString("base64url"), 2).type;
  });
  expect(opened.slice(0, 8)).toEqual(Array(8).fill("unknown_format"));
  expect(opened.slice(8, 72)).toEqual(Array(64).fill("other_key"));
  expect(opened.slice(72)).toEqual(Array(8 * 50).fill("not_authentic"));
  const elsewhere = ballotBox("referendum.example/L2", election.publicKey);
  expect(openBallot(elsewhere, election.privateKey, sealed.envelope, 2)).toEqual({ type: "not_authentic" });
});

test("what is not an origin, an option or a seed is refused", () => {
  for (const origin of ["", "a b", "a+b", "é", "x".repeat(256), "a\n"]) {
    expect(() => ballotBox(origin, election.publicKey), origin).toThrow(RangeError);
  }
  expect(() => ballotBox("o", Buffer.alloc(31))).toThrow(RangeError);
  const box = ballotBox("o", election.publicKey);
  for (const option of [-1, 256, 0.5, Number.NaN]) {
    expect(() => sealBallot(box, option, Buffer.alloc(32)), String(option)).toThrow(RangeError);
  }
  for (const length of [0, 31, 33]) expect(() => sealBallot(box, 0, Buffer.alloc(length))).toThrow(RangeError);
});
