import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes } from "node:crypto";

/** The length of a private key, a public key and a shared secret (RFC 7748 §5). */
export const X25519_BYTES = 32;
/** What precedes the 32 bytes of a key in DER (RFC 8410 §4 and §7). */
const PUBLIC_PREFIX = Buffer.from("302a300506032b656e032100", "hex");
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");

/** A key pair of X25519. */
export interface X25519Pair {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

/**
 * The key pair of a private key.
 *
 * @param bytes the private key, 32 bytes; they are not kept
 */
export function x25519Pair(bytes: Uint8Array): X25519Pair {
  const der = Buffer.concat([PRIVATE_PREFIX, bytes]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { privateKey, publicKey: publicKey.subarray(PUBLIC_PREFIX.length) };
}

/** A private key that is used for nothing: it tells points of low order from others. */
let probe: X25519Pair | undefined;

/**
 * Whether a public key is a point of low order: with it, every shared secret is the same.
 *
 * @param publicKey 32 bytes
 */
export function isLowOrder(publicKey: Uint8Array): boolean {
  probe ??= x25519Pair(randomBytes(X25519_BYTES));
  return sharedSecret(probe.privateKey, publicKey) === undefined;
}

/**
 * The shared secret of two parties (RFC 7748 §6.1).
 *
 * @param privateKey one party's private key
 * @param publicKey the other party's public key, 32 bytes
 * @returns 32 bytes; undefined when the public key is a point of low order, whose secret everybody knows (all zeros)
 */
export function sharedSecret(privateKey: KeyObject, publicKey: Uint8Array): Buffer | undefined {
  const der = Buffer.concat([PUBLIC_PREFIX, publicKey]);
  const other = createPublicKey({ key: der, format: "der", type: "spki" });
  let secret: Buffer;
  try {
    secret = diffieHellman({ privateKey, publicKey: other });
  } catch (error) {
    // OpenSSL refuses a secret of zeros by itself.
    if (error instanceof Error && "code" in error && error.code === "ERR_OSSL_FAILED_DURING_DERIVATION")
      return undefined;
    throw error;
  }
  return secret.every((byte) => byte === 0) ? undefined : secret;
}
