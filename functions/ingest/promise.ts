import type { KeyObject } from "node:crypto";
import type { Law } from "../../shared/domain/law.ts";
import {
  envelopeSha256,
  makePromise,
  type PromiseKeyPair,
  promiseKeyPair,
  type SignedPromise,
  signingKeyOf,
} from "../../shared/domain/promise.ts";
import type { PromiseKeyAnswer } from "../../shared/messages/promise-key.ts";
import type { VoteAccepted } from "../../shared/messages/responses.ts";
import type { KeySource } from "../../shared/runtime/key-ring.ts";
import type { Keys } from "../../shared/runtime/keys.ts";

/** A promise with what its voter has to know to check it. */
export interface GivenPromise {
  readonly promise: SignedPromise;
  readonly answer: NonNullable<VoteAccepted["promise"]>;
}

/**
 * The promise of a submission, by the key that its law names at this moment. It is given to the voter only once the
 * queue has confirmed the vote.
 *
 * @param law a law with a form
 * @param submission its request id, its envelope in a sealed law, and the time in milliseconds since the epoch
 * @param source the secret of promises
 * @throws Error when the law names no key, or one that the secret does not have
 */
export async function promiseOf(
  { lawId, origin, promiseKeys }: Law,
  { requestId, sealed, nowMs }: { readonly requestId: string; readonly sealed: string | undefined; nowMs: number },
  source: KeySource<"promise">,
): Promise<GivenPromise> {
  const key = signingKeyOf({ promiseKeys }, nowMs);
  if (origin === undefined || key === undefined) {
    throw new Error(`the law ${lawId} names no key for promises: npm run laws -- promise-key ${lawId} gives it one`);
  }
  const keys = await source.holding(key.version);
  const pair = pairOf(keys.ofVersion(key.version).promise);
  if (pair.publicKey.toString("base64url") !== key.publicKey) {
    throw new Error(`version ${key.version} of the secret of promises is not the key that the law ${lawId} names`);
  }
  const digest = sealed === undefined ? undefined : envelopeSha256(sealed);
  const promise = makePromise({ origin, requestId, envelopeSha256: digest }, pair);
  return {
    promise,
    answer: {
      log_origin: origin,
      key_id: promise.keyId.toString("hex"),
      ...(digest === undefined ? {} : { envelope_sha256: digest.toString("hex") }),
      signature: promise.signature.toString("base64url"),
    },
  };
}

/** Deriving a pair takes longer than signing. */
const PAIRS = new WeakMap<KeyObject, PromiseKeyPair>();

function pairOf(key: KeyObject): PromiseKeyPair {
  const known = PAIRS.get(key);
  if (known !== undefined) return known;
  const pair = promiseKeyPair(key);
  PAIRS.set(key, pair);
  return pair;
}

/**
 * The public key of the newest version, for a law that is to name it.
 *
 * @param keys of promises, as the secret has them now
 */
export function newestPromiseKey(keys: Keys<"promise">): PromiseKeyAnswer {
  const version = keys.currentVersion;
  const { publicKey } = pairOf(keys.ofVersion(version).promise);
  return { version, public_key: publicKey.toString("base64url") };
}
