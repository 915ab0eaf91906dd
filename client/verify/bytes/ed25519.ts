import type { Bytes } from "./text.ts";

const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** A public key that WebCrypto can use. */
export type VerifyingKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** This browser or Node.js cannot check signatures. */
export class CannotVerify extends Error {
  constructor(why: string) {
    super(
      `Signatures cannot be checked here: WebCrypto has no Ed25519 (${why}). Use Node.js 20 or newer, or a current ` +
        "browser on a page that came by https.",
    );
    this.name = "CannotVerify";
  }
}

/**
 * Reads a public key of Ed25519 (RFC 8032).
 *
 * @param bytes 32 bytes
 * @returns undefined when they are no key
 * @throws CannotVerify where there is no Ed25519
 */
export async function verifyingKey(bytes: Bytes): Promise<VerifyingKey | undefined> {
  if (bytes.length !== KEY_BYTES) return undefined;
  try {
    return await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error instanceof DOMException && error.name === "DataError") return undefined;
    throw new CannotVerify(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Whether a signature is right.
 *
 * @param key of whoever is said to have signed
 * @param message what is signed
 * @param signature 64 bytes; others are wrong
 */
export async function isSigned(key: VerifyingKey, message: Bytes, signature: Bytes): Promise<boolean> {
  return signature.length === SIGNATURE_BYTES && (await crypto.subtle.verify("Ed25519", key, signature, message));
}
