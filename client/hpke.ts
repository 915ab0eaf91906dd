import { type Bytes, joined } from "./encoding.ts";

/**
 * The parts of HPKE (RFC 9180) that sealing a ballot needs, by WebCrypto: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-256-GCM.
 */

/** RFC 9180 §4.1 and §5.1. */
export const KEM_SUITE = joined("KEM", [0, 32]);
export const SUITE = joined("HPKE", [0, 32, 0, 1, 0, 2]);
/** The point whose multiple a public key is (RFC 7748 §6.1). */
const BASE_POINT = joined([9], new Uint8Array(31));
/** What precedes the 32 bytes of a private key in DER (RFC 8410 §7). */
const PRIVATE_PREFIX = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];
/** HMAC with it is the same as with an empty key, which some implementations refuse. */
const NO_SALT = new Uint8Array(32);

async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

/**
 * HKDF-SHA256 without a salt (RFC 5869).
 *
 * @param secret the input keying material
 * @param info the context
 * @returns 32 bytes
 */
export async function hkdf(secret: Bytes, info: Bytes): Promise<Bytes> {
  return await hmac(await hmac(NO_SALT, secret), joined(info, [1]));
}

/**
 * LabeledExtract (RFC 9180 §4).
 *
 * @param suite whose label it is
 * @param label its name
 * @param ikm the input
 * @param salt absent: none
 * @returns 32 bytes
 */
export async function extract(suite: Bytes, label: string, ikm: Bytes, salt = NO_SALT): Promise<Bytes> {
  return await hmac(salt, joined("HPKE-v1", suite, label, ikm));
}

/**
 * LabeledExpand (RFC 9180 §4), for at most one block.
 *
 * @param suite whose label it is
 * @param prk 32 bytes from `extract`
 * @param label its name
 * @param length 1 to 32 bytes
 * @param info the context
 */
export async function expand(suite: Bytes, prk: Bytes, label: string, length: number, info: Bytes): Promise<Bytes> {
  return (await hmac(prk, joined([0, length], "HPKE-v1", suite, label, info, [1]))).slice(0, length);
}

/**
 * X25519 (RFC 7748 §6.1).
 *
 * @param privateKey 32 bytes
 * @param publicKey 32 bytes; absent: the base point, whose multiple is the private key's public key
 * @returns 32 bytes; undefined when the public key is a point of low order, whose secret everybody knows (all zeros)
 */
export async function x25519(privateKey: Bytes, publicKey = BASE_POINT): Promise<Bytes | undefined> {
  const mine = await crypto.subtle.importKey("pkcs8", joined(PRIVATE_PREFIX, privateKey), "X25519", false, [
    "deriveBits",
  ]);
  const theirs = await crypto.subtle.importKey("raw", publicKey, "X25519", false, []);
  let secret: Bytes;
  try {
    secret = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, mine, 256));
  } catch (error) {
    // The WebCrypto standard has this error for a secret of zeros.
    if (error instanceof Error && error.name === "OperationError") return undefined;
    throw error;
  }
  return secret.some((byte) => byte !== 0) ? secret : undefined;
}

/**
 * AES-256-GCM without further authenticated data.
 *
 * @param key 32 bytes
 * @param nonce 12 bytes
 * @param plaintext the message
 * @returns the ciphertext with its tag of 16 bytes
 */
export async function encrypt(key: Bytes, nonce: Bytes, plaintext: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, imported, plaintext));
}
