import { hash } from "node:crypto";
import { HASH_BYTES } from "./merkle.ts";

/** What entries of a law's log say. The first byte of an entry is the kind. */
const KINDS = { submission: 1, journal: 2, description: 3 } as const;

/**
 * What a leaf says of a submission, with the byte that says it. `lost` to `counted` rise in this order; `repeated` is a
 * further envelope under a request id, and `late` came after the recording had ended.
 */
export const LEAF_STATUSES = { lost: 1, invalid: 2, duplicate: 3, counted: 4, repeated: 5, late: 6 } as const;
export type LeafStatus = keyof typeof LEAF_STATUSES;

/** A change of what became of a submission. */
interface SubmissionLeaf {
  readonly kind: "submission";
  /** SHA-256 of the request id. */
  readonly request: Buffer;
  /** SHA-256 of the envelope; zeros in an open law. */
  readonly envelope: Buffer;
  readonly status: LeafStatus;
}

/** An entry of the operators' journal. */
interface JournalLeaf {
  readonly kind: "journal";
  /** Its number in the journal. */
  readonly number: number;
  /** SHA-256 of its public text. */
  readonly text: Buffer;
}

/** A description of the law. */
interface DescriptionLeaf {
  readonly kind: "description";
  /** 1, and one more with each new description. */
  readonly version: number;
  /** SHA-256 of the text of its note. */
  readonly text: Buffer;
}

export type Leaf = SubmissionLeaf | JournalLeaf | DescriptionLeaf;

const NO_ENVELOPE = Buffer.alloc(HASH_BYTES);
const SUBMISSION_BYTES = 1 + 2 * HASH_BYTES + 1;
const JOURNAL_BYTES = 1 + 8 + HASH_BYTES;
const DESCRIPTION_BYTES = 1 + 4 + HASH_BYTES;

/**
 * The entry of a submission: kind, SHA-256 of the request id, SHA-256 of the envelope or zeros, status.
 *
 * @param requestId the request id
 * @param envelopeSha256 SHA-256 of its envelope; undefined in an open law
 * @param status what became of it
 */
export function submissionEntry(requestId: string, envelopeSha256: Uint8Array | undefined, status: LeafStatus): Buffer {
  return Buffer.concat([
    Uint8Array.of(KINDS.submission),
    hash("sha256", requestId, "buffer"),
    envelopeSha256 ?? NO_ENVELOPE,
    Uint8Array.of(LEAF_STATUSES[status]),
  ]);
}

/**
 * The entry of an entry of the journal: kind, number in 8 bytes, SHA-256 of the public text.
 *
 * @param number its number in the journal
 * @param text its public text
 */
export function journalEntry(number: number, text: string): Buffer {
  const head = Buffer.alloc(1 + 8);
  head.writeUInt8(KINDS.journal);
  head.writeBigUInt64BE(BigInt(number), 1);
  return Buffer.concat([head, hash("sha256", text, "buffer")]);
}

/**
 * The entry of a description: kind, version in 4 bytes, SHA-256 of the note's text.
 *
 * @param version its version
 * @param text the text of its note
 */
export function descriptionEntry(version: number, text: string): Buffer {
  const head = Buffer.alloc(1 + 4);
  head.writeUInt8(KINDS.description);
  head.writeUInt32BE(version, 1);
  return Buffer.concat([head, hash("sha256", text, "buffer")]);
}

/**
 * Reads an entry.
 *
 * @param entry its bytes
 * @returns undefined when it is none of a law's log
 */
export function readEntry(entry: Buffer): Leaf | undefined {
  const [kind] = entry;
  if (kind === KINDS.submission && entry.length === SUBMISSION_BYTES) {
    const code = entry.at(-1);
    const status = statusOfByte(code);
    if (status === undefined) return undefined;
    const request = entry.subarray(1, 1 + HASH_BYTES);
    return { kind: "submission", request, envelope: entry.subarray(1 + HASH_BYTES, -1), status };
  }
  if (kind === KINDS.journal && entry.length === JOURNAL_BYTES) {
    return { kind: "journal", number: Number(entry.readBigUInt64BE(1)), text: entry.subarray(9) };
  }
  if (kind === KINDS.description && entry.length === DESCRIPTION_BYTES) {
    return { kind: "description", version: entry.readUInt32BE(1), text: entry.subarray(5) };
  }
  return undefined;
}

/**
 * What a leaf says of a submission, by its byte.
 *
 * @param code the byte
 * @returns undefined when it says nothing
 */
export function statusOfByte(code: number | undefined): LeafStatus | undefined {
  const statuses: readonly LeafStatus[] = ["lost", "invalid", "duplicate", "counted", "repeated", "late"];
  return statuses.find((status) => LEAF_STATUSES[status] === code);
}

/**
 * Whether an entry is of a submission. Others do not wait for a minimum.
 *
 * @param entry its bytes
 */
export function isSubmission(entry: Uint8Array): boolean {
  return entry[0] === KINDS.submission;
}

/**
 * The order of the entries of an epoch: descriptions, then entries of the journal by their numbers, then submissions by
 * their hashes, so that their places do not tell in which order they came.
 *
 * @param one an entry
 * @param other another one
 */
export function compareEntries(one: Uint8Array, other: Uint8Array): number {
  const kinds = (other[0] ?? 0) - (one[0] ?? 0);
  return kinds === 0 ? Buffer.compare(one, other) : kinds;
}

/**
 * Whether an entry is a description of the law. A log begins with one.
 *
 * @param entry its bytes
 */
export function isDescription(entry: Uint8Array): boolean {
  return entry[0] === KINDS.description;
}
