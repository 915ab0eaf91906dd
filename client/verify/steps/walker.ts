import type { Bytes } from "../../encoding.ts";
import {
  DESCRIPTION,
  isLeaf,
  JOURNAL,
  LOST,
  numberedOf,
  PAIR_BYTES,
  pairOf,
  SUBMISSION,
  statusOf,
} from "../log/leaf.ts";
import { PairTable, RANGES, rangeOf } from "../log/pairs.ts";

/** Entries of a log that are held at once: some 80 MB. */
const ROWS_AT_ONCE = 1 << 20;
const MOST_NAMED = 20;

/** An entry that names a text by its hash. */
export interface Numbered {
  readonly number: number;
  readonly hash: Bytes;
  readonly index: number;
}

/** What somebody looks for in the log. */
export interface Wanted {
  /** SHA-256 of the request id, then that of the envelope or zeros. */
  readonly pair: Uint8Array;
  /** Where it is, with its status bytes. */
  readonly found: { readonly index: number; readonly status: number }[];
  /** Whether the log has its request with another envelope. */
  hasOther: boolean;
}

/** What is wrong with an entry. */
export interface BadEntry {
  readonly index: number;
  readonly what: "form" | "order";
}

/** What a walker has found. */
export interface Found {
  readonly bad: readonly BadEntry[];
  readonly badCount: number;
  readonly descriptions: readonly Numbered[];
  readonly journal: readonly Numbered[];
  /** Where the last entry is that is none of the journal; -1 when there is none. */
  readonly lastOther: number;
  /** How many entries are of submissions. */
  readonly submissions: number;
  /** Where the first entry is that says that a submission is lost; -1 when there is none. */
  readonly firstLost: number;
  /** All submissions, if they fit into memory. */
  readonly table: PairTable | undefined;
  /** How many entries of submissions each range has. */
  readonly ranges: Uint32Array;
}

/** What a walker looks for. */
export interface Looking {
  /** How many entries the log has. */
  readonly size: number;
  /** At which sizes epochs end; undefined when nobody knows: then the order of entries is not looked at. */
  readonly epochs: readonly number[] | undefined;
  /** Whether submissions have envelopes; undefined when nobody knows. */
  readonly isSealed: boolean | undefined;
  readonly wanted: readonly Wanted[];
  /** How many entries are held at once, some million when left out. */
  readonly rowsAtOnce?: number | undefined;
}

/** Looks at entries one by one. */
export class Walker {
  readonly #epochs: ReadonlySet<number> | undefined;
  readonly #isSealed: boolean | undefined;
  readonly #wanted: readonly Wanted[];
  readonly #table: PairTable | undefined;
  readonly #ranges = new Uint32Array(RANGES);
  readonly #bad: BadEntry[] = [];
  readonly #descriptions: Numbered[] = [];
  readonly #journal: Numbered[] = [];
  #badCount = 0;
  #lastOther = -1;
  #submissions = 0;
  #firstLost = -1;
  #previous: Uint8Array | undefined;

  constructor({ size, epochs, isSealed, wanted, rowsAtOnce = ROWS_AT_ONCE }: Looking) {
    this.#epochs = epochs && new Set(epochs);
    this.#isSealed = isSealed;
    this.#wanted = wanted;
    this.#table = size <= rowsAtOnce ? new PairTable() : undefined;
  }

  take(entry: Uint8Array, index: number): void {
    const previous = this.#epochs?.has(index) === true ? undefined : this.#previous;
    this.#previous = entry;
    if (!isLeaf(entry)) {
      this.#note(index, "form");
      return;
    }
    if (this.#epochs !== undefined && previous !== undefined && !isBefore(previous, entry)) this.#note(index, "order");
    if (entry[0] === SUBMISSION) this.#takeSubmission(entry, index);
    else this.#takeNumbered(entry, index);
  }

  #takeNumbered(entry: Uint8Array, index: number): void {
    const { number, hash } = numberedOf(entry);
    if (entry[0] === JOURNAL) this.#journal.push({ number, hash: hash.slice(), index });
    if (entry[0] !== DESCRIPTION) return;
    this.#descriptions.push({ number, hash: hash.slice(), index });
    this.#lastOther = index;
  }

  #takeSubmission(entry: Uint8Array, index: number): void {
    const pair = pairOf(entry);
    const range = rangeOf(pair);
    this.#lastOther = index;
    this.#submissions++;
    if (this.#firstLost < 0 && statusOf(entry) === LOST) this.#firstLost = index;
    this.#ranges[range] = (this.#ranges[range] ?? 0) + 1;
    this.#table?.add(pair, statusOf(entry));
    if (this.#isSealed === hasNoEnvelope(pair)) this.#note(index, "form");
    for (const wanted of this.#wanted) {
      if (!isSame(wanted.pair, pair, 0, PAIR_BYTES / 2)) continue;
      if (isSame(wanted.pair, pair, PAIR_BYTES / 2, PAIR_BYTES)) wanted.found.push({ index, status: statusOf(entry) });
      else wanted.hasOther = true;
    }
  }

  #note(index: number, what: BadEntry["what"]): void {
    this.#badCount++;
    if (this.#bad.length < MOST_NAMED) this.#bad.push({ index, what });
  }

  found(): Found {
    return {
      bad: this.#bad,
      badCount: this.#badCount,
      descriptions: this.#descriptions,
      journal: this.#journal,
      lastOther: this.#lastOther,
      submissions: this.#submissions,
      firstLost: this.#firstLost,
      table: this.#table,
      ranges: this.#ranges,
    };
  }
}

function hasNoEnvelope(pair: Uint8Array): boolean {
  for (let at = PAIR_BYTES / 2; at < PAIR_BYTES; at++) if (pair[at] !== 0) return false;
  return true;
}

function isSame(one: Uint8Array, other: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (one[at] !== other[at]) return false;
  return true;
}

/**
 * Whether one entry comes before another in their epoch; equal ones do not. Descriptions come first, then entries of
 * the journal, then submissions; those of a kind are in the order of their bytes.
 */
function isBefore(one: Uint8Array, other: Uint8Array): boolean {
  const [kind, otherKind] = [one[0] ?? 0, other[0] ?? 0];
  if (kind !== otherKind) return kind > otherKind;
  const length = Math.min(one.length, other.length);
  for (let at = 1; at < length; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return one.length < other.length;
}
