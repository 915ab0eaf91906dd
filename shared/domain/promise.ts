import { hash, type KeyObject, sign, verify } from "node:crypto";
import {
  ED25519_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  type Ed25519Pair,
  ed25519Pair,
  ed25519PublicKey,
} from "./ed25519.ts";
import type { Law, PromiseKey } from "./law.ts";
import { KEY_ID_BYTES, keyIdOf } from "./sealing/key-id.ts";

/**
 * A promise: the signature of ingest (Ed25519, RFC 8032) that it has taken a submission. Whoever has one can prove that
 * the submission must be in the log of its law. It has no time in it, so that it tells nothing else.
 *
 * The signed bytes: "referendum promise v1" ‖ length of the origin (2 bytes, the higher one first) ‖ origin ‖ SHA-256
 * of the request id ‖ SHA-256 of the envelope, or zeros for an open law ‖ key id.
 */
const PURPOSE = Buffer.from("referendum promise v1");
const DIGEST_BYTES = 32;
const NO_ENVELOPE = Buffer.alloc(DIGEST_BYTES);

/** A promise as bytes: the key id, then the signature. */
export const PROMISE_BYTES = KEY_ID_BYTES + ED25519_SIGNATURE_BYTES;

/** What a promise is about. */
export interface Promised {
  /** Names the stage and this instance of the law. */
  readonly origin: string;
  readonly requestId: string;
  /** SHA-256 of the envelope; undefined for an open law. */
  readonly envelopeSha256: Uint8Array | undefined;
}

/** A key pair that makes promises. */
export interface PromiseKeyPair extends Ed25519Pair {
  readonly keyId: Buffer;
}

/** A promise that was made or read. */
export interface SignedPromise {
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

/**
 * The key pair of a secret's version.
 *
 * @param key of the purpose `promise`: its 32 bytes are the private key
 */
export function promiseKeyPair(key: KeyObject): PromiseKeyPair {
  const bytes = key.export();
  const pair = ed25519Pair(bytes);
  bytes.fill(0);
  return { ...pair, keyId: keyIdOf(pair.publicKey) };
}

/**
 * SHA-256 of an envelope, as promises and the log name it.
 *
 * @param envelope its text
 */
export function envelopeSha256(envelope: string): Buffer {
  return hash("sha256", Buffer.from(envelope, "base64url"), "buffer");
}

function signedBytes({ origin, requestId, envelopeSha256: digest = NO_ENVELOPE }: Promised, keyId: Uint8Array): Buffer {
  const name = Buffer.from(origin);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(name.length);
  return Buffer.concat([PURPOSE, length, name, hash("sha256", requestId, "buffer"), digest, keyId]);
}

/**
 * Makes a promise.
 *
 * @param promised what it is about
 * @param pair of ingest
 */
export function makePromise(promised: Promised, { privateKey, keyId }: PromiseKeyPair): SignedPromise {
  return { keyId, signature: sign(null, signedBytes(promised, keyId), privateKey) };
}

/**
 * Whether a promise is one of ingest.
 *
 * @param promised what it must be about
 * @param promise as it was given
 * @param publicKey one of the law's promise keys, 32 bytes
 */
export function isPromise(promised: Promised, { keyId, signature }: SignedPromise, publicKey: Uint8Array): boolean {
  if (publicKey.length !== ED25519_KEY_BYTES || !keyIdOf(publicKey).equals(keyId)) return false;
  return verify(null, signedBytes(promised, keyId), ed25519PublicKey(publicKey), signature);
}

/** A promise as text: 16 hexadecimal digits, a point, and 86 characters of base64url. */
const TEXT = /^([0-9a-f]{16})\.([\w-]{86})$/;

/** The text of a promise, as messages carry it. */
export function promiseText({ keyId, signature }: SignedPromise): string {
  return `${keyId.toString("hex")}.${signature.toString("base64url")}`;
}

/**
 * Reads the text of a promise. Whether it is genuine is another question.
 *
 * @param text as `promiseText` writes it
 * @returns undefined for any other text, also for one that decodes to the same bytes
 */
export function readPromise(text: string): SignedPromise | undefined {
  const [, id = "", signature = ""] = TEXT.exec(text) ?? [];
  const promise = { keyId: Buffer.from(id, "hex"), signature: Buffer.from(signature, "base64url") };
  return promise.signature.length > 0 && promiseText(promise) === text ? promise : undefined;
}

/**
 * The bytes of a promise, as the database has them.
 *
 * @param text of a promise
 * @throws RangeError when it is none
 */
export function promiseBytes(text: string): Buffer {
  const promise = readPromise(text);
  if (promise === undefined) throw new RangeError("this text is no promise");
  return Buffer.concat([promise.keyId, promise.signature]);
}

/**
 * The key that ingest signs with at a moment: the newest one that has begun. Before the first one has begun, because
 * clocks differ, it is the first one.
 *
 * @param law the law
 * @param nowMs milliseconds since the epoch
 * @returns undefined for a law without promise keys
 */
export function signingKeyOf({ promiseKeys = [] }: Pick<Law, "promiseKeys">, nowMs: number): PromiseKey | undefined {
  return promiseKeys.findLast(({ from }) => Date.parse(from) <= nowMs) ?? promiseKeys[0];
}

/** A key of promises as everybody sees it. It is good until the next one begins. */
interface DescribedPromiseKey {
  readonly key_id: string;
  readonly public_key: string;
  readonly from: string;
  readonly until?: string;
}

/**
 * What the promises of a law are checked with, as descriptions say it.
 *
 * @param promiseKeys the law's, in their order
 */
export function describedPromiseKeys(promiseKeys: readonly PromiseKey[]): DescribedPromiseKey[] {
  return promiseKeys.map(({ publicKey: public_key, from }, index) => {
    const next = promiseKeys[index + 1];
    const key_id = keyIdOf(Buffer.from(public_key, "base64url")).toString("hex");
    return { key_id, public_key, from, ...(next === undefined ? {} : { until: next.from }) };
  });
}
