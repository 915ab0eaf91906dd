import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import type { MessageMacs, Vote } from "./ballot.ts";
import type { Outcome } from "./outcome.ts";

/**
 * The message authentication codes of votes and outcomes: HMAC-SHA-256 (RFC 2104) over the values of a message in the
 * order in which they stand there, each with its length before it. Ingest and validate share a key, ingest and
 * aggregate another, validate and aggregate a third. So whoever can write to a queue cannot make a vote or change one,
 * and validate cannot make a vote that aggregate records. The promise stands before the macs, so nobody behind ingest can
 * exchange it.
 */

/** The version of messages that carry them. */
const MACS_SINCE = 2;

const LENGTH_BYTES = 4;

/** What a mac of a vote is over. */
type Authenticated = Omit<Vote, "macs">;

function valuesOf(vote: Authenticated, { keyVersion, promise }: Pick<MessageMacs, "keyVersion" | "promise">): string[] {
  const { requestId, lawId, voterHash, pepperId = "", acceptedAt, choice = "", sealed = "" } = vote;
  const values = [String(MACS_SINCE), requestId, lawId, voterHash, pepperId, acceptedAt, choice, sealed];
  return [...values, String(keyVersion), promise];
}

/**
 * HMAC-SHA-256 over texts, each with its length in bytes before it (4 bytes, the highest first).
 *
 * @param key the key
 * @param values the texts
 * @returns 32 bytes
 */
export function macOf(key: KeyObject, values: readonly string[]): Buffer {
  const mac = createHmac("sha256", key);
  for (const value of values) {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(Buffer.byteLength(value));
    mac.update(length).update(value);
  }
  return mac.digest();
}

function isMac(text: string, key: KeyObject, values: readonly string[]): boolean {
  const given = Buffer.from(text, "base64url");
  const right = macOf(key, values);
  // Other text that decodes to the same bytes is another message.
  return given.length === right.length && given.toString("base64url") === text && timingSafeEqual(given, right);
}

/** The keys that ingest makes macs with. */
export interface VoteMacKeys {
  readonly macValidate: KeyObject;
  readonly macRecord: KeyObject;
}

/**
 * Makes the macs of a vote.
 *
 * @param vote the vote
 * @param promise that its voter gets
 * @param keyVersion the version of the keys
 * @param keys of ingest
 */
export function makeMacs(vote: Authenticated, promise: string, keyVersion: number, keys: VoteMacKeys): MessageMacs {
  const values = valuesOf(vote, { keyVersion, promise });
  const validate = macOf(keys.macValidate, values).toString("base64url");
  const record = macOf(keys.macRecord, [...values, validate]).toString("base64url");
  return { keyVersion, promise, validate, record };
}

/**
 * Whether ingest made a vote, as validate can tell.
 *
 * @param vote the vote
 * @param macs as it carries them
 * @param key shared by ingest and validate
 */
export function isVoteOfIngest(vote: Authenticated, macs: MessageMacs, key: KeyObject): boolean {
  return isMac(macs.validate, key, valuesOf(vote, macs));
}

function outcomeValues(vote: Authenticated, macs: MessageMacs, outcome: Outcome): string[] {
  return [...valuesOf(vote, macs), macs.validate, macs.record, outcome];
}

/**
 * Makes the mac of an outcome.
 *
 * @param vote the vote that was decided
 * @param macs as the vote carries them
 * @param outcome what was decided
 * @param key shared by validate and aggregate
 * @returns 43 characters of base64url
 */
export function makeOutcomeMac(vote: Authenticated, macs: MessageMacs, outcome: Outcome, key: KeyObject): string {
  return macOf(key, outcomeValues(vote, macs, outcome)).toString("base64url");
}

/**
 * Whether an outcome is one that validate decided.
 *
 * @param vote the vote that was decided
 * @param macs as the vote carries them
 * @param outcome what the message says
 * @param mac of the outcome
 * @param key shared by validate and aggregate
 */
export function isOutcomeOfValidate(
  vote: Authenticated,
  macs: MessageMacs,
  outcome: Outcome,
  mac: string,
  key: KeyObject,
): boolean {
  return isMac(mac, key, outcomeValues(vote, macs, outcome));
}

/**
 * Whether ingest made the vote of an outcome, as aggregate can tell.
 *
 * @param vote the vote
 * @param macs as it carries them
 * @param key shared by ingest and aggregate
 */
export function isRecordOfIngest(vote: Authenticated, macs: MessageMacs, key: KeyObject): boolean {
  return isMac(macs.record, key, [...valuesOf(vote, macs), macs.validate]);
}
