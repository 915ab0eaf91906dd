import { type VerifyingKey, verifyingKey } from "../bytes/ed25519.ts";
import { sha256 } from "../bytes/sha256.ts";
import { type Bytes, fromBase64url, fromHex, hex, joined, numberBytes, utf8 } from "../bytes/text.ts";

/**
 * A promise of the API that it has taken a submission: Ed25519 over "referendum promise v1" ‖ length of the origin (2
 * bytes) ‖ origin ‖ SHA-256(request id) ‖ SHA-256(envelope) or zeros ‖ key id.
 */
const PURPOSE = utf8("referendum promise v1");
const KEY_ID_BYTES = 8;
const SIGNATURE_BYTES = 64;

/** A key that promises of a law are checked with, as its descriptions name it. */
export interface PromiseKey {
  /** 16 hexadecimal digits. */
  readonly key_id: string;
  /** 43 characters of base64url. */
  readonly public_key: string;
}

/** A promise that was read. */
export interface ReadPromise {
  /** 16 hexadecimal digits. */
  readonly keyId: string;
  readonly signature: Bytes;
}

/**
 * Reads a promise as text.
 *
 * @param text `<key id>.<signature>`
 * @returns undefined when it is none
 */
export function readPromise(text: unknown): ReadPromise | undefined {
  if (typeof text !== "string") return undefined;
  const [keyId, signature, ...rest] = text.split(".");
  const bytes = fromBase64url(signature, SIGNATURE_BYTES);
  const isKeyId = fromHex(keyId, KEY_ID_BYTES) !== undefined;
  return keyId === undefined || !isKeyId || bytes === undefined || rest.length > 0
    ? undefined
    : { keyId, signature: bytes };
}

/** The id of a public key: the first 8 bytes of its SHA-256, as hexadecimal digits. */
export function keyIdOf(publicKey: Uint8Array): string {
  return hex(sha256(publicKey).subarray(0, KEY_ID_BYTES));
}

/**
 * What a promise signs.
 *
 * @param origin of the law's log
 * @param pair SHA-256(request id) and SHA-256(envelope) or zeros
 * @param keyId 16 hexadecimal digits
 */
export function promisedBytes(origin: string, pair: Uint8Array, keyId: string): Bytes {
  const name = utf8(origin);
  return joined(PURPOSE, numberBytes(name.length, 2), name, pair, fromHex(keyId, KEY_ID_BYTES) ?? new Uint8Array());
}

/**
 * The keys of a law's promises.
 *
 * @param keys as its descriptions name them
 * @returns by key id; what is no key is left out
 */
export async function promiseKeys(keys: readonly PromiseKey[]): Promise<Map<string, VerifyingKey>> {
  const known = new Map<string, VerifyingKey>();
  for (const { key_id, public_key } of keys) {
    const bytes = fromBase64url(public_key, 32);
    const key = bytes && (await verifyingKey(bytes));
    if (key !== undefined) known.set(key_id, key);
  }
  return known;
}
