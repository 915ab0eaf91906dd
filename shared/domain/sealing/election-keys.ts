import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { hkdf } from "./hkdf.ts";
import { deriveKeyPair } from "./hpke.ts";
import type { X25519Pair } from "./x25519.ts";

/** The length of the secret from which both key pairs of an election come. */
export const ELECTION_SECRET_BYTES = 32;
const ELECTION = Buffer.from("referendum election key v1");
const SIGNING = Buffer.from("referendum signing key v1");
/** What precedes the 32 bytes of a key in DER (RFC 8410 §4 and §7). */
const PUBLIC_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** The keys of an election. */
export interface ElectionKeys {
  /** X25519: ballots are sealed for it. */
  readonly election: X25519Pair;
  /** Ed25519: the trustees sign with it. */
  readonly signing: { readonly privateKey: KeyObject; readonly publicKey: Buffer };
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
  const der = Buffer.concat([PRIVATE_PREFIX, hkdf(secret, SIGNING)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    election: deriveKeyPair(hkdf(secret, ELECTION)),
    signing: { privateKey, publicKey: publicKey.subarray(PUBLIC_PREFIX.length) },
  };
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
  const der = Buffer.concat([PUBLIC_PREFIX, publicKey]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, Buffer.concat([Buffer.from(`${purpose}\n`), message]), key, signature);
}
