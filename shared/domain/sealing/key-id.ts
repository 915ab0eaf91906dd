import { hash } from "node:crypto";

/** The length of a key id. */
export const KEY_ID_BYTES = 8;

/**
 * The id of an election key: the first 8 bytes of SHA-256 over the public key. It tells keys apart, and proves nothing.
 *
 * @param publicKey 32 bytes
 */
export function keyIdOf(publicKey: Uint8Array): Buffer {
  return hash("sha256", publicKey, "buffer").subarray(0, KEY_ID_BYTES);
}
