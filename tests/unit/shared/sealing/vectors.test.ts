import type { KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { electionKeys, isSignedFor, signFor } from "../../../../shared/domain/sealing/election-keys.ts";
import { expand, hkdf } from "../../../../shared/domain/sealing/hkdf.ts";
import { deriveKeyPair, exportSecret, open, recipientOf, seal } from "../../../../shared/domain/sealing/hpke.ts";
import { ballotBox, openBallot, sealBallot } from "../../../../shared/domain/sealing/sealed-ballot.ts";
import { sharedSecret, x25519PublicKey } from "../../../../shared/domain/sealing/x25519.ts";
import { fromHex, VECTORS } from "../../../support/sealing-vectors.ts";

const rawPrivate = (key: KeyObject) => key.export({ format: "der", type: "pkcs8" }).subarray(16).toString("hex");
const electionKey = Buffer.from(VECTORS.election.election_key, "base64url");
const { privateKey } = electionKeys(fromHex(VECTORS.election.secret)).election;

describe("the vectors of RFC 9180", () => {
  const { info, ikm_e, ikm_r, sk_r, pk_r, enc, pt, aad, ct, exports } = VECTORS.rfc9180;
  const mine = deriveKeyPair(fromHex(ikm_r));
  const ephemeral = deriveKeyPair(fromHex(ikm_e));
  const recipient = recipientOf(mine.publicKey, fromHex(info));

  test("have the keys that we derive", () => {
    expect(rawPrivate(mine.privateKey)).toBe(sk_r);
    expect(mine.publicKey.toString("hex")).toBe(pk_r);
    expect(ephemeral.publicKey.toString("hex")).toBe(enc);
  });

  test("have the ciphertext and the exported secrets of what we seal", () => {
    const sealed = seal(recipient, ephemeral, fromHex(pt), fromHex(aad));
    if (sealed === undefined) throw new Error("nothing was sealed");
    expect(sealed.enc.toString("hex")).toBe(enc);
    expect(sealed.ciphertext.toString("hex")).toBe(ct);
    for (const { context, value } of exports) {
      expect(exportSecret(sealed, fromHex(context), 32).toString("hex")).toBe(value);
    }
  });

  test("have the plaintext and the exported secrets of what we open", () => {
    const message = { enc: fromHex(enc), ciphertext: fromHex(ct) };
    const opened = open(recipient, mine.privateKey, message, fromHex(aad));
    if (opened.type !== "opened") throw new Error(opened.type);
    expect(opened.plaintext.toString("hex")).toBe(pt);
    for (const { context, value } of exports) {
      expect(exportSecret(opened, fromHex(context), 32).toString("hex")).toBe(value);
    }
    expect(open(recipient, mine.privateKey, message)).toEqual({ type: "not_authentic" });
  });
});

test("HKDF gives what RFC 5869 A.3 says", () => {
  const expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d";
  expect(hkdf(Buffer.alloc(22, 0x0b)).toString("hex")).toBe(expected);
  expect(() => expand(Buffer.alloc(32), 33)).toThrow(RangeError);
});

describe("our own vectors", () => {
  test("have the keys of their secret", () => {
    const { secret, ...expected } = VECTORS.election;
    const keys = electionKeys(fromHex(secret));
    const { keyId } = ballotBox("o", keys.election.publicKey);
    expect({
      election_private_key: rawPrivate(keys.election.privateKey),
      election_key: keys.election.publicKey.toString("base64url"),
      key_id: keyId.toString("hex"),
      signing_private_key: rawPrivate(keys.signing.privateKey),
      signing_key: keys.signing.publicKey.toString("base64url"),
    }).toEqual(expected);
    expect(() => electionKeys(Buffer.alloc(31))).toThrow("32 bytes");
  });

  test.each(VECTORS.ballots)("option $option, origin $origin", ({ origin, option, seed, envelope, tracker, enc }) => {
    const box = ballotBox(origin, electionKey);
    expect(sealBallot(box, option, fromHex(seed))).toEqual({ type: "sealed", envelope, tracker });
    expect(Buffer.from(envelope, "base64url").subarray(9, 41).toString("hex")).toBe(enc);
    expect(openBallot(box, privateKey, envelope, 256)).toEqual({ type: "opened", option, tracker });
  });

  test.each(VECTORS.refused.envelopes)("$type: $why", ({ type, envelope }) => {
    const box = ballotBox(VECTORS.refused.origin, electionKey);
    expect(openBallot(box, privateKey, envelope, VECTORS.refused.options)).toEqual({ type });
  });
});

describe("points of low order", () => {
  // RFC 7748 §7 and Curve25519's page: every point whose multiples have an order of at most 8.
  const points = [
    "00".repeat(32),
    `01${"00".repeat(31)}`,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    `ec${"ff".repeat(30)}7f`,
    `ed${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(30)}7f`,
    `${"00".repeat(31)}80`,
  ];

  test.each(points)("%s is refused as an election key, and as an ephemeral key", (point) => {
    expect(sharedSecret(privateKey, x25519PublicKey(fromHex(point)))).toBeUndefined();
    expect(sealBallot(ballotBox("o", fromHex(point)), 0, Buffer.alloc(32))).toEqual({ type: "low_order_point" });
  });

  test("other errors of a key are not taken for one", () => {
    expect(() => sharedSecret(privateKey, x25519PublicKey(Buffer.alloc(31)))).toThrow();
  });
});

test("a signature holds for its purpose and its message only", () => {
  const { signing } = electionKeys(fromHex(VECTORS.election.secret));
  const message = Buffer.from("message");
  const signature = signFor(signing.privateKey, "referendum test", message);
  expect(isSignedFor(signing.publicKey, "referendum test", message, signature)).toBe(true);
  expect(isSignedFor(signing.publicKey, "referendum other", message, signature)).toBe(false);
  expect(isSignedFor(signing.publicKey, "referendum test", Buffer.from("Message"), signature)).toBe(false);
  const other = electionKeys(Buffer.alloc(32)).signing.publicKey;
  expect(isSignedFor(other, "referendum test", message, signature)).toBe(false);
});
