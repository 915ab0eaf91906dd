import { fromBase64url, toHex } from "./encoding.ts";
import { type Bytes, bytes } from "./hpke.ts";
import { ORIGIN } from "./seal.ts";

/**
 * What a voter keeps of a submission: the API has signed that it took it, and it must be in the log of its law. It says
 * nothing about the choice. Written as JSON, it is a file for `npm run verify -- --promise`.
 */
export interface VotePromise {
  readonly request_id: string;
  readonly log_origin: string;
  readonly key_id: string;
  /** Of the law, when the promise was given; 43 characters of base64url. */
  readonly public_key: string;
  /** Of a sealed law: SHA-256 of the envelope, 64 hexadecimal digits. */
  readonly envelope_sha256?: string;
  /** 86 characters of base64url. */
  readonly signature: string;
}

/** A key that the promises of a law are checked with, as its description names it. */
export interface PromiseKey {
  readonly key_id: string;
  readonly public_key: string;
}

/**
 * Why an answer has no promise that its voter can rely on. `missing`: there is none. `malformed`: it does not have the
 * form of one. `other_origin`: it is for another law. `other_envelope`: it is for another ballot than the one that was
 * sent. `unknown_key`: the law names no such key. `wrong_signature`: it is not the law's.
 */
export type PromiseFault =
  | "missing"
  | "malformed"
  | "other_origin"
  | "other_envelope"
  | "unknown_key"
  | "wrong_signature";

/** What a promise must be about. */
export interface Expected {
  readonly requestId: string;
  readonly origin: string;
  readonly keys: readonly PromiseKey[];
  /** Whether its law is sealed, and the envelope that was sent, unless the API sealed the choice. */
  readonly isSealed: boolean;
  readonly envelope: string | undefined;
}

/** A promise that is right, as far as this device can tell. */
export interface CheckedPromise {
  readonly promise: VotePromise;
  /** False where this device has no Ed25519: its signature is not checked yet. */
  readonly isChecked: boolean;
}

/** Whether this browser or Node.js can check signatures: it has WebCrypto with Ed25519. */
export async function canCheckPromises(): Promise<boolean> {
  try {
    // The first key of RFC 8032 §7.1.
    const key = fromBase64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo") ?? bytes();
    await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks the promise of an answer.
 *
 * @param answer the member `promise` of an answer 202
 * @param expected what it must be about
 * @returns the promise as its voter keeps it, or what is wrong with it
 */
export async function checkPromise(answer: unknown, expected: Expected): Promise<CheckedPromise | PromiseFault> {
  if (answer === undefined) return "missing";
  const given = readPromise(answer);
  if (given === undefined) return "malformed";
  if (given.log_origin !== expected.origin) return "other_origin";
  if (expected.isSealed !== (given.envelope_sha256 !== undefined)) return "other_envelope";
  if (expected.envelope !== undefined && (await sha256Of(expected.envelope)) !== given.envelope_sha256) {
    return "other_envelope";
  }
  const key = expected.keys.find(({ key_id }) => key_id === given.key_id);
  if (key === undefined) return "unknown_key";
  const promise = { request_id: expected.requestId, ...given, public_key: key.public_key };
  if (!(await canCheckPromises())) return { promise, isChecked: false };
  return (await isSigned(promise)) ? { promise, isChecked: true } : "wrong_signature";
}

/**
 * Whether the signature of a promise is right, and its key id that of its public key. Whether the key is the law's is
 * another question.
 *
 * @param promise as it was kept
 * @throws Error where `canCheckPromises` is false
 */
export async function isSigned(promise: VotePromise): Promise<boolean> {
  const { request_id, log_origin, key_id, public_key, envelope_sha256, signature } = promise;
  const publicKey = fromBase64url(public_key);
  const signed = fromBase64url(signature);
  if (publicKey?.length !== 32 || signed?.length !== 64 || !ORIGIN.test(log_origin)) return false;
  const id = (await sha256(publicKey)).slice(0, 8);
  if (toHex(id) !== key_id) return false;
  const digest = envelope_sha256 === undefined ? new Uint8Array(32) : fromHex(envelope_sha256);
  const message = bytes(
    "referendum promise v1",
    [0, log_origin.length],
    log_origin,
    await sha256(bytes(request_id)),
    digest,
    id,
  );
  const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  return await crypto.subtle.verify("Ed25519", key, signed, message);
}

/** Undefined when it does not have the form of a promise. Members that this release does not know are left out. */
function readPromise(value: unknown): Omit<VotePromise, "request_id" | "public_key"> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const members: Readonly<Record<string, unknown>> = { ...value };
  const [log_origin, key_id, signature, envelope] = ["log_origin", "key_id", "signature", "envelope_sha256"].map(
    (name) => (typeof members[name] === "string" ? members[name] : undefined),
  );
  const isRight =
    log_origin !== undefined &&
    ORIGIN.test(log_origin) &&
    key_id !== undefined &&
    /^[0-9a-f]{16}$/.test(key_id) &&
    signature !== undefined &&
    fromBase64url(signature)?.length === 64 &&
    (members["envelope_sha256"] === undefined || /^[0-9a-f]{64}$/.test(envelope ?? ""));
  if (!isRight) return undefined;
  return { log_origin, key_id, ...(envelope === undefined ? {} : { envelope_sha256: envelope }), signature };
}

async function sha256(message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", message));
}

async function sha256Of(envelope: string): Promise<string> {
  return toHex(await sha256(fromBase64url(envelope) ?? bytes()));
}

function fromHex(digits: string): Bytes {
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
