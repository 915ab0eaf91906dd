import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import { expand, extract } from "./hkdf.ts";
import { sharedSecret, type X25519Pair, x25519Pair, x25519PublicKey } from "./x25519.ts";

/**
 * HPKE (RFC 9180) in base mode, for one message per key: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
 */

/** The bytes that AES-256-GCM adds to a message (RFC 9180 §7.3). */
export const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const SECRET_BYTES = 32;
const NOTHING = new Uint8Array(0);
const MODE_BASE = Uint8Array.of(0);
/** RFC 9180 §7.1 to §7.3: KEM 0x0020, KDF 0x0001, AEAD 0x0002. */
const KEM_SUITE = Buffer.from("4b454d0020", "hex");
const SUITE = Buffer.from("48504b45002000010002", "hex");

/** What both sides know of a recipient: its key and the info, prepared for many messages. */
export interface HpkeRecipient {
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** The same key, as secrets are shared with it: reading it takes almost as long as sharing one. */
  readonly key: KeyObject;
  /** `key_schedule_context` (RFC 9180 §5.1). */
  readonly context: Buffer;
}

/** The secrets of one message (RFC 9180 §5.1). */
interface Keys {
  readonly key: Buffer;
  readonly nonce: Buffer;
  readonly exporterSecret: Buffer;
}

/** A message for a recipient. */
export interface HpkeMessage {
  /** The ephemeral public key, 32 bytes. */
  readonly enc: Buffer;
  /** The length of the plaintext and 16 bytes. */
  readonly ciphertext: Buffer;
}

/** The secret from which both sides export further secrets. */
export interface Exporter {
  /** 32 bytes. */
  readonly exporterSecret: Buffer;
}

function label(suite: Buffer, name: string): Buffer {
  return Buffer.concat([Buffer.from("HPKE-v1"), suite, Buffer.from(name)]);
}

function lengthAndLabel(suite: Buffer, name: string, length: number): Buffer {
  return Buffer.concat([Uint8Array.of(length >> 8, length & 0xff), label(suite, name)]);
}

const LABELS = {
  eaePrk: label(KEM_SUITE, "eae_prk"),
  sharedSecret: lengthAndLabel(KEM_SUITE, "shared_secret", SECRET_BYTES),
  dkpPrk: label(KEM_SUITE, "dkp_prk"),
  sk: lengthAndLabel(KEM_SUITE, "sk", SECRET_BYTES),
  pskIdHash: label(SUITE, "psk_id_hash"),
  infoHash: label(SUITE, "info_hash"),
  secret: label(SUITE, "secret"),
  key: lengthAndLabel(SUITE, "key", KEY_BYTES),
  nonce: lengthAndLabel(SUITE, "base_nonce", NONCE_BYTES),
  exp: lengthAndLabel(SUITE, "exp", SECRET_BYTES),
};

/**
 * DeriveKeyPair (RFC 9180 §7.1.3).
 *
 * @param ikm at least 32 secret bytes
 */
export function deriveKeyPair(ikm: Uint8Array): X25519Pair {
  const bytes = expand(extract(NOTHING, LABELS.dkpPrk, ikm), SECRET_BYTES, LABELS.sk);
  const pair = x25519Pair(bytes);
  bytes.fill(0);
  return pair;
}

/**
 * Prepares messages for one recipient.
 *
 * @param publicKey the recipient's, 32 bytes
 * @param info what both sides must agree on
 */
export function recipientOf(publicKey: Uint8Array, info: Uint8Array): HpkeRecipient {
  const pskIdHash = extract(NOTHING, LABELS.pskIdHash);
  const infoHash = extract(NOTHING, LABELS.infoHash, info);
  const context = Buffer.concat([MODE_BASE, pskIdHash, infoHash]);
  return { publicKey: Buffer.from(publicKey), key: x25519PublicKey(publicKey), context };
}

/**
 * Seals one message (RFC 9180 §6.1 SealBase), with an ephemeral key that the caller has derived.
 *
 * @param recipient for whom
 * @param ephemeral a key pair that is used for no other message
 * @param plaintext the message
 * @param aad bytes that are not in the message and must be the same when it is opened
 * @returns undefined when the recipient's public key is a point of low order
 */
export function seal(
  recipient: HpkeRecipient,
  ephemeral: X25519Pair,
  plaintext: Uint8Array,
  aad: Uint8Array = NOTHING,
): (HpkeMessage & Exporter) | undefined {
  const keys = keysOf(ephemeral.privateKey, recipient.key, ephemeral.publicKey, recipient);
  if (keys === undefined) return undefined;
  const cipher = createCipheriv("aes-256-gcm", keys.key, keys.nonce).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return { enc: ephemeral.publicKey, ciphertext, exporterSecret: keys.exporterSecret };
}

/** Why a message does not open. */
export interface HpkeFailure {
  /**
   * `low_order_point`: its ephemeral key is a point of low order. `not_authentic`: it was not sealed for this key and
   * info, or it was changed.
   */
  readonly type: "low_order_point" | "not_authentic";
}

/**
 * Opens one message (RFC 9180 §6.1 OpenBase).
 *
 * @param recipient whose public key belongs to the private key
 * @param privateKey the recipient's
 * @param message an ephemeral key of 32 bytes, and a ciphertext of at least 16
 * @param aad as it was when the message was sealed
 */
export function open(
  recipient: HpkeRecipient,
  privateKey: KeyObject,
  { enc, ciphertext }: HpkeMessage,
  aad: Uint8Array = NOTHING,
): ({ readonly type: "opened"; readonly plaintext: Buffer } & Exporter) | HpkeFailure {
  const keys = keysOf(privateKey, x25519PublicKey(enc), enc, recipient);
  if (keys === undefined) return { type: "low_order_point" };
  const cut = ciphertext.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", keys.key, keys.nonce, { authTagLength: TAG_BYTES })
    .setAAD(aad)
    .setAuthTag(ciphertext.subarray(cut));
  const plaintext = decipher.update(ciphertext.subarray(0, cut));
  try {
    decipher.final();
  } catch {
    // Node.js says by this error alone that the tag is wrong.
    return { type: "not_authentic" };
  }
  return { type: "opened", plaintext, exporterSecret: keys.exporterSecret };
}

/**
 * Export (RFC 9180 §5.3).
 *
 * @param exporter what `seal` or `open` returned
 * @param context the purpose
 * @param length 1 to 32 bytes
 */
export function exportSecret({ exporterSecret }: Exporter, context: Uint8Array, length: number): Buffer {
  return expand(exporterSecret, length, lengthAndLabel(SUITE, "sec", length), context);
}

/** ExtractAndExpand (§4.1) and KeySchedule (§5.1). */
function keysOf(mine: KeyObject, theirs: KeyObject, enc: Buffer, { publicKey, context }: HpkeRecipient) {
  const dh = sharedSecret(mine, theirs);
  if (dh === undefined) return undefined;
  const shared = expand(extract(NOTHING, LABELS.eaePrk, dh), SECRET_BYTES, LABELS.sharedSecret, enc, publicKey);
  const secret = extract(shared, LABELS.secret);
  const keys: Keys = {
    key: expand(secret, KEY_BYTES, LABELS.key, context),
    nonce: expand(secret, NONCE_BYTES, LABELS.nonce, context),
    exporterSecret: expand(secret, SECRET_BYTES, LABELS.exp, context),
  };
  return keys;
}
