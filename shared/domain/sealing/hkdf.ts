import { hash } from "node:crypto";

const HASH_BYTES = 32;
const BLOCK_BYTES = 64;

/**
 * HMAC-SHA-256 (RFC 2104 §2) by two calls of `hash`. Sealing and opening a ballot take about ten of them, and
 * `createHmac` is slower for a message as short as these.
 *
 * @param key at most 64 bytes
 * @param parts the message, in parts that are joined
 * @returns 32 bytes
 */
function hmac(key: Uint8Array, parts: readonly Uint8Array[]): Buffer {
  if (key.length > BLOCK_BYTES) throw new RangeError(`A key has at most ${BLOCK_BYTES} bytes here, not ${key.length}.`);
  const inner = Buffer.alloc(parts.reduce((sum, part) => sum + part.length, BLOCK_BYTES));
  const outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const byte = key[at] ?? 0;
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  let at = BLOCK_BYTES;
  for (const part of parts) {
    inner.set(part, at);
    at += part.length;
  }
  outer.set(hash("sha256", inner, "buffer"), BLOCK_BYTES);
  const mac = hash("sha256", outer, "buffer");
  inner.fill(0);
  outer.fill(0);
  return mac;
}

/**
 * HKDF-Extract with SHA-256 (RFC 5869 §2.2).
 *
 * @param salt at most 64 bytes; none is the same as 32 zero bytes
 * @param inputs the input keying material, in parts that are joined
 * @returns 32 bytes
 */
export function extract(salt: Uint8Array, ...inputs: readonly Uint8Array[]): Buffer {
  return hmac(salt, inputs);
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
  return hmac(key, [...info, Uint8Array.of(1)]).subarray(0, length);
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
