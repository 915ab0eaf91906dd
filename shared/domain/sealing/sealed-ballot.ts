import type { KeyObject } from "node:crypto";
import { type EnvelopeFailure, envelopeText, PLAINTEXT_BYTES, readEnvelope } from "./envelope.ts";
import { hkdf } from "./hkdf.ts";
import { deriveKeyPair, exportSecret, type HpkeFailure, type HpkeRecipient, open, recipientOf, seal } from "./hpke.ts";
import { keyIdOf } from "./key-id.ts";
import { X25519_BYTES, type X25519Pair } from "./x25519.ts";

const INFO = Buffer.from("referendum ballot v1");
const EPHEMERAL = Buffer.from("referendum ballot v1 eph");
const TRACKER = Buffer.from("tracker");
const PLAINTEXT_VERSION = 1;
const TRACKER_BYTES = 16;
/** The length of the seed of a submission. */
export const SEED_BYTES = 32;
/** The options of a law are numbered by one byte. */
export const MAX_OPTIONS = 256;
/** Visible ASCII without `+`, so that it can be the origin of a transparency log as well (C2SP signed-note). */
const ORIGIN = /^[!-*,-~]{1,255}$/;

/** What ballots of one law are sealed for. */
export interface BallotBox extends HpkeRecipient {
  /** Names the stage and this instance of the law. */
  readonly origin: string;
  /** 8 bytes. */
  readonly keyId: Buffer;
}

/** A ballot that nobody can read without the election's private key. */
export interface SealedBallot {
  readonly type: "sealed";
  /** 79 characters. */
  readonly envelope: string;
  /** 16 bytes as 32 hexadecimal digits: its voter finds the opened ballot by it. */
  readonly tracker: string;
}

/** An opened ballot. */
export interface OpenedBallot {
  readonly type: "opened";
  /** The index of an option that the law has. */
  readonly option: number;
  readonly tracker: string;
}

/** Why a ballot does not count. */
export interface Spoiled {
  /**
   * What `readEnvelope` and `open` say; `unknown_version`: the content has a version that this release does not know;
   * `no_such_option`: the law has no option with this index.
   */
  readonly type: EnvelopeFailure["type"] | HpkeFailure["type"] | "unknown_version" | "no_such_option";
}

/** Whether a text can be an origin: 1 to 255 visible ASCII characters without `+`. */
export function isOrigin(text: string): boolean {
  return ORIGIN.test(text);
}

/**
 * Prepares sealing and opening for one law.
 *
 * @param origin names the stage and this instance of the law
 * @param electionKey the law's public key, 32 bytes
 * @throws RangeError when the origin or the key does not have its form
 */
export function ballotBox(origin: string, electionKey: Uint8Array): BallotBox {
  if (!isOrigin(origin)) throw new RangeError("An origin has 1 to 255 visible ASCII characters without +.");
  if (electionKey.length !== X25519_BYTES) throw new RangeError(`An election key has ${X25519_BYTES} bytes.`);
  const keyId = keyIdOf(electionKey);
  const info = Buffer.concat([INFO, withLength(origin), keyId]);
  return { ...recipientOf(electionKey, info), origin, keyId };
}

/**
 * The ephemeral key of a submission. The option is part of it: with one key and nonce for two options, AES-GCM would
 * hide neither.
 *
 * @param seed 32 secret bytes, the same for every try of a submission
 */
function ephemeralOf({ origin, publicKey }: BallotBox, option: number, seed: Uint8Array): X25519Pair {
  return deriveKeyPair(hkdf(seed, EPHEMERAL, withLength(origin), publicKey, Uint8Array.of(option)));
}

/** The length of an ASCII text as two bytes, the higher one first, and the text. */
function withLength(text: string): Buffer {
  return Buffer.concat([Uint8Array.of(text.length >> 8, text.length & 0xff), Buffer.from(text, "latin1")]);
}

/**
 * Seals a ballot. The same box, option and seed give the same bytes.
 *
 * @param box what `ballotBox` prepared
 * @param option the index of the chosen option, 0 to 255
 * @param seed 32 secret bytes; another submission has another seed
 * @returns the ballot; or `low_order_point`, when the election key is a point of low order
 * @throws RangeError when option or seed does not have its form
 */
export function sealBallot(
  box: BallotBox,
  option: number,
  seed: Uint8Array,
): SealedBallot | { readonly type: "low_order_point" } {
  if (!Number.isInteger(option) || option < 0 || option >= MAX_OPTIONS) {
    throw new RangeError(`The index of an option is a whole number from 0 to ${MAX_OPTIONS - 1}.`);
  }
  if (seed.length !== SEED_BYTES) throw new RangeError(`A seed has ${SEED_BYTES} bytes.`);
  const sealed = seal(box, ephemeralOf(box, option, seed), Uint8Array.of(PLAINTEXT_VERSION, option));
  if (sealed === undefined) return { type: "low_order_point" };
  const { enc, ciphertext } = sealed;
  return {
    type: "sealed",
    envelope: envelopeText({ keyId: box.keyId, enc, ciphertext }),
    tracker: exportSecret(sealed, TRACKER, TRACKER_BYTES).toString("hex"),
  };
}

/**
 * Opens a ballot.
 *
 * @param box what `ballotBox` prepared
 * @param privateKey the election's
 * @param text the envelope
 * @param options how many options the law has
 */
export function openBallot(
  box: BallotBox,
  privateKey: KeyObject,
  text: string,
  options: number,
): OpenedBallot | Spoiled {
  const envelope = readEnvelope(text, box.keyId);
  if (envelope.type !== "envelope") return envelope;
  const opened = open(box, privateKey, envelope);
  if (opened.type !== "opened") return opened;
  const [version, option = options] = opened.plaintext;
  if (opened.plaintext.length !== PLAINTEXT_BYTES || version !== PLAINTEXT_VERSION) return { type: "unknown_version" };
  if (option >= options) return { type: "no_such_option" };
  return { type: "opened", option, tracker: exportSecret(opened, TRACKER, TRACKER_BYTES).toString("hex") };
}
