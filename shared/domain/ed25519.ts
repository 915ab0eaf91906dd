import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** The lengths of a key and of a signature (RFC 8032 §5.1). */
export const ED25519_KEY_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;
/** What precedes the 32 bytes of a key in DER (RFC 8410 §4 and §7). */
const PUBLIC_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** A key pair that signs by Ed25519 (RFC 8032). */
export interface Ed25519Pair {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

/**
 * The key pair of a private key.
 *
 * @param bytes the private key, 32 bytes
 */
export function ed25519Pair(bytes: Uint8Array): Ed25519Pair {
  const der = Buffer.concat([PRIVATE_PREFIX, bytes]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { privateKey, publicKey: publicKey.subarray(PUBLIC_PREFIX.length) };
}

/**
 * A public key that verifies signatures.
 *
 * @param bytes 32 bytes
 */
export function ed25519PublicKey(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, bytes]), format: "der", type: "spki" });
}
