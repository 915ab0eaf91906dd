import { diffieHellman, type KeyObject } from "node:crypto";
import { CURVE_KEY_BYTES, type CurvePair, curvePair, curvePublicKey } from "../curve-keys.ts";

/** The length of a private key, a public key and a shared secret (RFC 7748 §5). */
export const X25519_BYTES = CURVE_KEY_BYTES;

/** A key pair of X25519. */
export type X25519Pair = CurvePair;

/**
 * The key pair of a private key.
 *
 * @param bytes the private key, 32 bytes; they are not kept
 */
export function x25519Pair(bytes: Uint8Array): X25519Pair {
  return curvePair("X25519", bytes);
}

/**
 * A public key that secrets are shared with.
 *
 * @param bytes 32 bytes
 */
export function x25519PublicKey(bytes: Uint8Array): KeyObject {
  return curvePublicKey("X25519", bytes);
}

/**
 * The points of low order, as X25519 reads them: 0, 1, the two of order 8, and −1, 0 and 1 again with the prime added
 * (D. J. Bernstein, "Curve25519: new Diffie-Hellman speed records", and https://cr.yp.to/ecdh.html#validate).
 */
const LOW_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((hex) => Buffer.from(hex, "hex"));

/**
 * Whether a public key is a point of low order: with it, every shared secret is all zeros. A comparison costs a
 * hundredth of computing a secret.
 *
 * @param publicKey 32 bytes; the highest bit is ignored, as X25519 does (RFC 7748 §5)
 */
export function isLowOrder(publicKey: Uint8Array): boolean {
  const masked = Buffer.from(publicKey);
  masked.writeUInt8(masked.readUInt8(X25519_BYTES - 1) & 0x7f, X25519_BYTES - 1);
  return LOW_ORDER.some((point) => point.equals(masked));
}

/**
 * The shared secret of two parties (RFC 7748 §6.1).
 *
 * @param privateKey one party's private key
 * @param publicKey the other party's public key
 * @returns 32 bytes; undefined when the public key is a point of low order, whose secret everybody knows (all zeros)
 */
export function sharedSecret(privateKey: KeyObject, publicKey: KeyObject): Buffer | undefined {
  let secret: Buffer;
  try {
    secret = diffieHellman({ privateKey, publicKey });
  } catch (error) {
    // OpenSSL refuses a secret of zeros by itself.
    if (error instanceof Error && "code" in error && error.code === "ERR_OSSL_FAILED_DURING_DERIVATION")
      return undefined;
    throw error;
  }
  return secret.every((byte) => byte === 0) ? undefined : secret;
}
