import { TAG_BYTES } from "./hpke.ts";
import { KEY_ID_BYTES } from "./key-id.ts";
import { X25519_BYTES } from "./x25519.ts";

/**
 * A sealed ballot: `format (1 byte) | key id (8 bytes) | enc (32 bytes) | ciphertext (18 bytes)`, as text in base64url
 * without padding. docs/sealing.md describes it for authors of clients.
 */

const FORMAT = 1;
/** A version and the index of an option. */
export const PLAINTEXT_BYTES = 2;
const ENC_AT = 1 + KEY_ID_BYTES;
const CIPHERTEXT_AT = ENC_AT + X25519_BYTES;
export const ENVELOPE_BYTES = CIPHERTEXT_AT + PLAINTEXT_BYTES + TAG_BYTES;

/** The parts of an envelope. */
export interface Envelope {
  /** 8 bytes. */
  readonly keyId: Buffer;
  /** The ephemeral public key, 32 bytes. */
  readonly enc: Buffer;
  /** 18 bytes. */
  readonly ciphertext: Buffer;
}

/** Why a text is no envelope for a key. */
export interface EnvelopeFailure {
  /**
   * `not_base64url`: another alphabet, padding, or bits that no byte has. `wrong_length`: not 59 bytes.
   * `unknown_format`: the first byte is not 1. `other_key`: it was sealed for another election key.
   */
  readonly type: "not_base64url" | "wrong_length" | "unknown_format" | "other_key";
}

/**
 * Writes an envelope.
 *
 * @param envelope its parts
 * @returns 79 characters
 */
export function envelopeText({ keyId, enc, ciphertext }: Envelope): string {
  return Buffer.concat([Uint8Array.of(FORMAT), keyId, enc, ciphertext]).toString("base64url");
}

/**
 * Whether a text has the form of an envelope, for whatever key.
 *
 * @param text what came in a message
 */
export function isEnvelope(text: string): boolean {
  const bytes = Buffer.from(text, "base64url");
  return bytes.length === ENVELOPE_BYTES && bytes[0] === FORMAT && bytes.toString("base64url") === text;
}

/**
 * The ephemeral public key of an envelope. Two ballots have the same one only if one is a copy of the other.
 *
 * @param text an envelope
 * @returns 32 bytes
 */
export function encOf(text: string): Buffer {
  return Buffer.from(text, "base64url").subarray(ENC_AT, CIPHERTEXT_AT);
}

/**
 * Reads an envelope. Nothing is opened.
 *
 * @param text what a client sent
 * @param keyId the id of the law's election key, 8 bytes
 */
export function readEnvelope(
  text: string,
  keyId: Uint8Array,
): ({ readonly type: "envelope" } & Envelope) | EnvelopeFailure {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text) return { type: "not_base64url" };
  if (bytes.length !== ENVELOPE_BYTES) return { type: "wrong_length" };
  if (bytes[0] !== FORMAT) return { type: "unknown_format" };
  const envelope = {
    keyId: bytes.subarray(1, ENC_AT),
    enc: bytes.subarray(ENC_AT, CIPHERTEXT_AT),
    ciphertext: bytes.subarray(CIPHERTEXT_AT),
  };
  return envelope.keyId.equals(keyId) ? { type: "envelope", ...envelope } : { type: "other_key" };
}
