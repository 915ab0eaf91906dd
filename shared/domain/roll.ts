import type { LawForm } from "./law.ts";

/**
 * The place of a voter in the Redis roll. A law's voters are spread over 65,536 small hashes by the first 16 bits of
 * their voter hash: small enough for Redis's compact encoding, each in one cluster slot by its `{…}` hash tag.
 */

/** A law's voters are spread over this many hashes in Redis, by the first 16 bits of their voter hash. */
export const ROLL_BUCKETS = 65_536;

/**
 * The key of the bucket that holds a voter.
 *
 * @param lawId the law
 * @param voterHashHex 64 lower-case hex digits
 */
export function rollBucketKey(lawId: string, voterHashHex: string): string {
  return `roll:{${lawId}:${voterHashHex.slice(0, 4)}}`;
}

/**
 * The key that says that a law's roll is complete, and how large it is.
 *
 * @param lawId the law
 */
export function rollMetaKey(lawId: string): string {
  return `roll:${lawId}`;
}

/**
 * What a bucket holds of a voter who was put on a sealed roll from a moment on and has not voted: an earlier vote takes
 * no claim, or the voter's vote after the moment would wait behind it. A voter without such a moment has nothing there,
 * and one who has voted the 16 bytes of the claim. All of them compare as text, because they have the same length.
 *
 * @param instant the moment; of a vote: when it was accepted
 */
export function rollMoment(instant: Date): Buffer {
  return Buffer.from(`@${String(Math.max(0, instant.getTime())).padStart(13, "0")}`, "latin1");
}

/**
 * The value of the meta key. Without it no vote is decided: an empty Redis means "not sealed", never "nobody". It is
 * written when every bucket was read back and gave the digest that it has in the sealed roll.
 */
export interface RollMeta {
  readonly voters: number;
  readonly pepperId?: string | undefined;
  /** The digest of the sealed roll (roll-digest.ts), in hexadecimal digits. */
  readonly digest: string;
  /** The form of the law; absent where it has none. */
  readonly form?: LawForm | undefined;
}

export const ROLL_WORK_KINDS = ["load", "rebuild", "seal", "change"] as const;

/** Work on a law's roll that has begun and not ended. Until it has ended, no vote of the law is decided. */
export interface RollWork {
  readonly kind: (typeof ROLL_WORK_KINDS)[number];
  /** The name of the loaded file; otherwise empty. */
  readonly sourceName: string;
  /** The last line of the file whose voter is on the roll. */
  readonly linesDone: number;
  /** Whether it is under way; otherwise it was cut off or failed. */
  readonly isRunning: boolean;
}

/**
 * Describes unfinished work in words that complete "the roll is not complete: …".
 *
 * @param work the unfinished work
 */
export function describeRollWork({ kind, sourceName, linesDone, isRunning }: RollWork): string {
  if (kind !== "load") {
    const what = { seal: "the seal", rebuild: "a rebuild", change: "a change of the sealed roll" }[kind];
    return isRunning ? `${what} is under way` : `${what} stopped before its end`;
  }
  const line = `line ${linesDone.toLocaleString("en")}`;
  return `a load of ${sourceName} ${isRunning ? `is under way, at ${line}` : `stopped at ${line}`}`;
}
