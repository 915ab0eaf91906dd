import { fromBase64url, toBase64url, toHex } from "./encoding.ts";
import { type Bytes, bytes, encrypt, expand, extract, hkdf, KEM_SUITE, SUITE, x25519 } from "./hpke.ts";

/** What ballots of a law are sealed for, as the API describes the law. */
export interface Election {
  /** Names the stage and this instance of the law: 1 to 255 visible ASCII characters without `+`. */
  readonly origin: string;
  /** The law's public key: 32 bytes as base64url without padding. */
  readonly electionKey: string;
}

/** A ballot that nobody can read without the election's private key. */
export interface Sealed {
  readonly type: "sealed";
  /** 79 characters. */
  readonly envelope: string;
  /** 16 bytes as 32 hexadecimal digits: its voter finds the opened ballot by it. */
  readonly tracker: string;
}

/** Why no ballot can be sealed for an election. */
export interface BadElectionKey {
  /**
   * `not_base64url`, `wrong_length`: the key is not 32 bytes in canonical base64url. `low_order_point`: everybody could
   * read what is sealed for this key.
   */
  readonly type: "not_base64url" | "wrong_length" | "low_order_point";
}

const SEED_BYTES = 32;
const ELECTION_KEY_BYTES = 32;
const KEY_ID_BYTES = 8;
const TRACKER_BYTES = 16;
const FORMAT = 1;
const PLAINTEXT_VERSION = 1;
/** What an origin may be. */
export const ORIGIN = /^[!-*,-~]{1,255}$/;
const NOTHING = bytes();

/**
 * Whether this browser or Node.js can seal ballots: it has WebCrypto with X25519. Where it cannot, send the choice; the
 * API seals it then. Browsers have WebCrypto only on pages that came by https or from this machine.
 */
export async function canSeal(): Promise<boolean> {
  try {
    const election = {
      origin: "test",
      electionKey: toBase64url((await x25519(new Uint8Array(32).fill(1))) ?? NOTHING),
    };
    return (await sealBallot(election, 0, new Uint8Array(SEED_BYTES))).type === "sealed";
  } catch {
    return false;
  }
}

/** A new seed: 32 random bytes. All tries of a submission have the same one; no other submission has it. */
export function newSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SEED_BYTES));
}

/**
 * Seals a ballot (docs/sealing.md of the repository describes every byte). The same election, option and seed give the
 * same bytes.
 *
 * @param election what the ballot is sealed for
 * @param option the index of the chosen option among those of the law, 0 to 255
 * @param seed 32 secret bytes from `newSeed`
 * @returns the ballot, or what is wrong with the election's key
 * @throws RangeError when origin, option or seed does not have its form
 * @throws Error where `canSeal` is false
 */
export async function sealBallot(
  election: Election,
  option: number,
  seed: Uint8Array,
): Promise<Sealed | BadElectionKey> {
  const { origin } = election;
  if (!ORIGIN.test(origin)) throw new RangeError("An origin has 1 to 255 visible ASCII characters without +.");
  if (!Number.isInteger(option) || option < 0 || option > 255) {
    throw new RangeError("The index of an option is a whole number from 0 to 255.");
  }
  if (seed.length !== SEED_BYTES) throw new RangeError(`A seed has ${SEED_BYTES} bytes.`);
  const publicKey = fromBase64url(election.electionKey);
  if (publicKey === undefined) return { type: "not_base64url" };
  if (publicKey.length !== ELECTION_KEY_BYTES) return { type: "wrong_length" };

  const keyId = new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey)).slice(0, KEY_ID_BYTES);
  const named = bytes([0, origin.length], origin);
  const ephemeral = await privateKeyOf(bytes(seed), bytes("referendum ballot v1 eph", named, publicKey, [option]));
  const enc = await x25519(ephemeral);
  const dh = await x25519(ephemeral, publicKey);
  if (enc === undefined || dh === undefined) return { type: "low_order_point" };
  const keys = await keysOf(dh, bytes(enc, publicKey), bytes("referendum ballot v1", named, keyId));
  const ciphertext = await encrypt(keys.key, keys.nonce, bytes([PLAINTEXT_VERSION, option]));
  return {
    type: "sealed",
    envelope: toBase64url(bytes([FORMAT], keyId, enc, ciphertext)),
    tracker: toHex(await expand(SUITE, keys.exporter, "sec", TRACKER_BYTES, bytes("tracker"))),
  };
}

/** DeriveKeyPair (RFC 9180 §7.1.3) of HKDF-SHA256(seed, info). */
async function privateKeyOf(seed: Bytes, info: Bytes): Promise<Bytes> {
  const prk = await extract(KEM_SUITE, "dkp_prk", await hkdf(seed, info));
  return await expand(KEM_SUITE, prk, "sk", 32, NOTHING);
}

/** ExtractAndExpand (RFC 9180 §4.1) and KeySchedule (§5.1) in base mode. */
async function keysOf(dh: Bytes, kemContext: Bytes, info: Bytes) {
  const eaePrk = await extract(KEM_SUITE, "eae_prk", dh);
  const shared = await expand(KEM_SUITE, eaePrk, "shared_secret", 32, kemContext);
  const pskIdHash = await extract(SUITE, "psk_id_hash", NOTHING);
  const context = bytes([0], pskIdHash, await extract(SUITE, "info_hash", info));
  const secret = await extract(SUITE, "secret", NOTHING, shared);
  return {
    key: await expand(SUITE, secret, "key", 32, context),
    nonce: await expand(SUITE, secret, "base_nonce", 12, context),
    exporter: await expand(SUITE, secret, "exp", 32, context),
  };
}
