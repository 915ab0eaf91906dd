/**
 * The entries of a law's log. A submission: 1 ‖ SHA-256(request id) ‖ SHA-256(envelope) or zeros ‖ status. An entry of
 * the journal: 2 ‖ its number (8 bytes) ‖ SHA-256(its public text). A description of the law: 3 ‖ its version (4 bytes)
 * ‖ SHA-256(its text).
 */
export const SUBMISSION = 1;
export const JOURNAL = 2;
export const DESCRIPTION = 3;

/** The two hashes that name a submission. */
export const PAIR_BYTES = 64;
const SUBMISSION_BYTES = 1 + PAIR_BYTES + 1;
const JOURNAL_BYTES = 1 + 8 + 32;
const DESCRIPTION_BYTES = 1 + 4 + 32;
/** No entry is longer. */
export const LONGEST_LEAF = SUBMISSION_BYTES;

/** What can become of a submission; a status has the number of its place, from 1. */
export const STATUSES = ["lost", "invalid", "duplicate", "counted", "repeated", "late"] as const;
export type Status = (typeof STATUSES)[number];

/** A restored database does not know the submission any more. */
export const LOST = 1;

/** Those that a submission can rise through; the others stand beside. */
export const RISING = 4;

/** The name of a status byte. */
export function statusName(byte: number): Status | undefined {
  return STATUSES[byte - 1];
}

/** The byte of a status; undefined for another text. */
export function statusByte(name: unknown): number | undefined {
  const status = STATUSES.find((one) => one === name);
  return status && STATUSES.indexOf(status) + 1;
}

/** Whether bytes are an entry that a log may have. */
export function isLeaf(bytes: Uint8Array): boolean {
  const status = bytes[SUBMISSION_BYTES - 1] ?? 0;
  if (bytes[0] === SUBMISSION) return bytes.length === SUBMISSION_BYTES && statusName(status) !== undefined;
  if (bytes[0] === JOURNAL) return bytes.length === JOURNAL_BYTES;
  return bytes[0] === DESCRIPTION && bytes.length === DESCRIPTION_BYTES;
}

/** The two hashes of a submission's entry. */
export function pairOf(leaf: Uint8Array): Uint8Array {
  return leaf.subarray(1, 1 + PAIR_BYTES);
}

/** The status byte of a submission's entry. */
export function statusOf(leaf: Uint8Array): number {
  return leaf[SUBMISSION_BYTES - 1] ?? 0;
}

/** The number of a journal's entry, or the version of a description; what its text's hash is. */
export function numberedOf(leaf: Uint8Array): { readonly number: number; readonly hash: Uint8Array } {
  const cut = leaf.length - 32;
  const number = leaf.subarray(1, cut).reduce((value, byte) => value * 256 + byte, 0);
  return { number, hash: leaf.subarray(cut) };
}
