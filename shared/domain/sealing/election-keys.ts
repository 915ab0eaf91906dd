import { type KeyObject, sign, verify } from "node:crypto";
import { type Ed25519Pair, ed25519Pair, ed25519PublicKey } from "../ed25519.ts";
import { hkdf } from "./hkdf.ts";
import { deriveKeyPair } from "./hpke.ts";
import type { X25519Pair } from "./x25519.ts";

/** The length of the secret from which both key pairs of an election come. */
export const ELECTION_SECRET_BYTES = 32;
const ELECTION = Buffer.from("referendum election key v1");
const SIGNING = Buffer.from("referendum signing key v1");

/** The keys of an election. */
export interface ElectionKeys {
  /** X25519: ballots are sealed for it. */
  readonly election: X25519Pair;
  /** Ed25519: the trustees sign with it. */
  readonly signing: Ed25519Pair;
}

/**
 * Derives both key pairs: DeriveKeyPair of HKDF-SHA256(secret, "referendum election key v1") for X25519, and
 * HKDF-SHA256(secret, "referendum signing key v1") as the private key for Ed25519.
 *
 * @param secret 32 bytes
 * @throws RangeError for another length
 */
export function electionKeys(secret: Uint8Array): ElectionKeys {
  if (secret.length !== ELECTION_SECRET_BYTES) {
    throw new RangeError(`The secret of an election has ${ELECTION_SECRET_BYTES} bytes.`);
  }
  return { election: deriveKeyPair(hkdf(secret, ELECTION)), signing: ed25519Pair(hkdf(secret, SIGNING)) };
}

/**
 * Signs a message of the trustees: Ed25519 (RFC 8032) over the purpose, a line feed and the message.
 *
 * @param privateKey the election's signing key
 * @param purpose what kind of message it is, so that none passes for another
 * @param message its bytes
 * @returns 64 bytes
 */
export function signFor(privateKey: KeyObject, purpose: string, message: Uint8Array): Buffer {
  return sign(null, Buffer.concat([Buffer.from(`${purpose}\n`), message]), privateKey);
}

/**
 * Whether a signature of `signFor` is right.
 *
 * @param publicKey 32 bytes
 * @param purpose what kind of message it is
 * @param message its bytes
 * @param signature 64 bytes
 */
export function isSignedFor(
  publicKey: Uint8Array,
  purpose: string,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(null, Buffer.concat([Buffer.from(`${purpose}\n`), message]), ed25519PublicKey(publicKey), signature);
}
