import { createHmac } from "node:crypto";

const HASH_BYTES = 32;

/**
 * HKDF-Extract with SHA-256 (RFC 5869 §2.2).
 *
 * @param salt any length; empty is the same as 32 zero bytes
 * @param inputs the input keying material, in parts that are joined
 * @returns 32 bytes
 */
export function extract(salt: Uint8Array, ...inputs: readonly Uint8Array[]): Buffer {
  const mac = createHmac("sha256", salt);
  for (const input of inputs) mac.update(input);
  return mac.digest();
}

/**
 * HKDF-Expand with SHA-256 (RFC 5869 §2.3), for at most one block.
 *
 * @param key 32 bytes from `extract`
 * @param length 1 to 32 bytes
 * @param info the context, in parts that are joined
 * @returns `length` bytes
 * @throws RangeError for another length
 */
export function expand(key: Uint8Array, length: number, ...info: readonly Uint8Array[]): Buffer {
  if (length < 1 || length > HASH_BYTES) throw new RangeError(`HKDF gives 1 to ${HASH_BYTES} bytes, not ${length}.`);
  const mac = createHmac("sha256", key);
  for (const part of info) mac.update(part);
  return mac.update(Uint8Array.of(1)).digest().subarray(0, length);
}

/**
 * HKDF with SHA-256 and without a salt (RFC 5869 §2).
 *
 * @param secret the input keying material
 * @param info the context, in parts that are joined
 * @returns 32 bytes
 */
export function hkdf(secret: Uint8Array, ...info: readonly Uint8Array[]): Buffer {
  return expand(extract(new Uint8Array(0), secret), HASH_BYTES, ...info);
}
