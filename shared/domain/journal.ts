import { createHash } from "node:crypto";

/** What the hash of an entry covers, in the order of the hash. */
export interface ChainedEntry {
  readonly number: number;
  /** ISO 8601 UTC with milliseconds. */
  readonly at: string;
  readonly act: string;
  readonly phase: string;
  readonly law_id: string | null;
  readonly operator: string;
  readonly identity: string;
  readonly release: string;
  readonly run: string;
  readonly content: string;
  /** Hexadecimal digits. */
  readonly previous: string;
}

/** The hash before the first entry. */
export const FIRST_PREVIOUS = "0".repeat(64);

/**
 * The hash of a journal entry: SHA-256 over its values, each after its length in bytes. The migration that made the
 * table (functions/migrate/migrations/0008) computes the same in PostgreSQL.
 *
 * @param entry the entry
 * @returns hexadecimal digits
 */
function journalHash(entry: ChainedEntry): string {
  const { number, at, act, phase, law_id, operator, identity, release, run, content, previous } = entry;
  const hash = createHash("sha256");
  for (const value of [String(number), at, act, phase, law_id ?? "", operator, identity, release, run, content]) {
    hash.update(`${Buffer.byteLength(value)}:${value}\n`);
  }
  return hash.update(previous).digest("hex");
}

/**
 * Finds the first entry that does not belong where it stands.
 *
 * @param entries consecutive entries
 * @param before the last entry before them, as somebody remembers it; absent: they begin the journal
 * @returns the mistake in a sentence; undefined when there is none
 */
export function brokenChain(
  entries: readonly (ChainedEntry & { readonly hash: string })[],
  before: { readonly number: number; readonly hash: string } = { number: 0, hash: FIRST_PREVIOUS },
): string | undefined {
  let last = before;
  for (const entry of entries) {
    if (entry.number !== last.number + 1) return `entry ${last.number + 1} is missing`;
    if (entry.previous !== last.hash) return `entry ${entry.number} does not follow the entry before it`;
    if (entry.hash !== journalHash(entry)) return `entry ${entry.number} was changed after it was written`;
    last = entry;
  }
  return undefined;
}
