import type { KeyObject } from "node:crypto";
import { CURVE_KEY_BYTES, type CurvePair, curvePair, curvePublicKey } from "./curve-keys.ts";

/** The lengths of a key and of a signature (RFC 8032 §5.1). */
export const ED25519_KEY_BYTES = CURVE_KEY_BYTES;
export const ED25519_SIGNATURE_BYTES = 64;

/** A key pair that signs by Ed25519 (RFC 8032). */
export type Ed25519Pair = CurvePair;

/**
 * The key pair of a private key.
 *
 * @param bytes the private key, 32 bytes; they are not kept
 */
export function ed25519Pair(bytes: Uint8Array): Ed25519Pair {
  return curvePair("Ed25519", bytes);
}

/**
 * A public key that verifies signatures.
 *
 * @param bytes 32 bytes
 */
export function ed25519PublicKey(bytes: Uint8Array): KeyObject {
  return curvePublicKey("Ed25519", bytes);
}
