import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** The curves of RFC 7748 and RFC 8032, whose keys have the same form. */
export type Curve = "X25519" | "Ed25519";

/** The length of a private key and of a public key (RFC 7748 §5, RFC 8032 §5.1). */
export const CURVE_KEY_BYTES = 32;
/** What precedes the 32 bytes of a key in DER (RFC 8410 §4 and §7). */
const PREFIXES = {
  X25519: prefixesOf("6e"),
  Ed25519: prefixesOf("70"),
};

/** @param identifier the last byte of the curve's object identifier (RFC 8410 §3) */
function prefixesOf(identifier: string) {
  return {
    public: Buffer.from(`302a300506032b65${identifier}032100`, "hex"),
    private: Buffer.from(`302e020100300506032b65${identifier}04220420`, "hex"),
  };
}

/** A key pair. */
export interface CurvePair {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

/**
 * The key pair of a private key.
 *
 * @param curve whose it is
 * @param bytes the private key, 32 bytes; they are not kept
 */
export function curvePair(curve: Curve, bytes: Uint8Array): CurvePair {
  const der = Buffer.concat([PREFIXES[curve].private, bytes]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  // As a JWK, because writing DER takes longer than the curve's arithmetic.
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  return { privateKey, publicKey: Buffer.from(x, "base64url") };
}

/**
 * A public key.
 *
 * @param curve whose it is
 * @param bytes 32 bytes
 */
export function curvePublicKey(curve: Curve, bytes: Uint8Array): KeyObject {
  return createPublicKey({
    key: Buffer.concat([PREFIXES[curve].public, bytes]),
    format: "der",
    type: "spki",
  });
}
