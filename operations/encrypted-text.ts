import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";

/** AES-256-GCM with a random nonce of 96 bits and a tag of 128 bits (NIST SP 800-38D). */
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What is encrypted comes after this many bytes. */
export const TEXT_AT = NONCE_BYTES + TAG_BYTES;

/**
 * Encrypts a text.
 *
 * @param key 32 bytes
 * @param about what is authenticated with the text: it decrypts with the same only
 * @param text the text
 * @returns `nonce (12 bytes) | tag (16) | what is encrypted`
 */
export function encryptText(key: KeyObject, about: Uint8Array, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(about);
  const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
}

/**
 * Decrypts a text.
 *
 * @param key the key that encrypted it
 * @param about what it was encrypted with
 * @param bytes what `encryptText` returned
 * @throws Error when the key, `about` or the bytes are others
 */
export function decryptText(key: KeyObject, about: Uint8Array, bytes: Uint8Array): string {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(about);
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, TEXT_AT));
  return Buffer.concat([decipher.update(bytes.subarray(TEXT_AT)), decipher.final()]).toString("utf8");
}
