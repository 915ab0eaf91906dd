import { createHmac, hash, type KeyObject } from "node:crypto";

/** A secret key. A KeyObject is prepared once, and hashing with it then takes a fifth of the time. */
export type SecretKey = KeyObject | Uint8Array;

/**
 * A voter's pseudonym for one law: `SHA-256("{nas}|{code}|{law_id}")`, or HMAC-SHA-256 of the same text under the law's
 * pepper if it has one. Without a pepper, the hash of a short code can be guessed from a database dump, since a NAS has
 * only nine digits. Stages for real voters use one.
 *
 * @param nas nine digits, blanks and dashes already removed
 * @param code the voter's secret code; case matters
 * @param lawId the law voted on
 * @param pepper 32 secret bytes, or undefined for the plain hash
 * @returns 32 bytes
 */
export function voterHash(nas: string, code: string, lawId: string, pepper?: SecretKey): Buffer {
  const text = `${nas}|${code}|${lawId}`;
  return pepper === undefined ? hash("sha256", text, "buffer") : createHmac("sha256", pepper).update(text).digest();
}

/**
 * A person's pseudonym for one law. It reveals a second code for the same NAS when a roll is loaded.
 *
 * @param nas nine digits
 * @param lawId the law
 * @param key 32 secret bytes that never leave the secret store and the loader's memory
 * @returns 32 bytes: HMAC-SHA-256 of `{nas}|{law_id}`
 */
export function personHash(nas: string, lawId: string, key: SecretKey): Buffer {
  return createHmac("sha256", key).update(`${nas}|${lawId}`).digest();
}
