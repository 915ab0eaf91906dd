import { type Bytes, toHex } from "../../encoding.ts";
import { type PromiseKey, promisedBytes as signedBytes } from "../../promise.ts";
import { type VerifyingKey, verifyingKey } from "../bytes/ed25519.ts";
import { sha256 } from "../bytes/sha256.ts";
import { fromBase64url, fromHex } from "../bytes/text.ts";

const KEY_ID_BYTES = 8;
const SIGNATURE_BYTES = 64;

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
  return toHex(sha256(publicKey).subarray(0, KEY_ID_BYTES));
}

/**
 * What a promise signs.
 *
 * @param origin of the law's log
 * @param pair SHA-256(request id) and SHA-256(envelope) or zeros
 * @param keyId 16 hexadecimal digits
 */
export function promisedBytes(origin: string, pair: Uint8Array, keyId: string): Bytes {
  return signedBytes(origin, pair, fromHex(keyId, KEY_ID_BYTES) ?? new Uint8Array());
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
