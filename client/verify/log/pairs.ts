import { PAIR_BYTES } from "./leaf.ts";

/** How many bytes of a pair decide most comparisons: they fit into a number. */
const KEY_BYTES = 6;

/** A submission with everything that the log says of it. */
export interface Group {
  /** SHA-256 of the request id, then that of the envelope or zeros. */
  readonly pair: Uint8Array;
  /** Its status bytes, in the order of the log. */
  readonly statuses: readonly number[];
}

/** Submissions of a log, 79 bytes each. */
export class PairTable {
  #pairs = new Uint8Array(1_024 * PAIR_BYTES);
  #statuses = new Uint8Array(1_024);
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  /** Adds what the log says of a submission; in the order of the log. */
  add(pair: Uint8Array, status: number): void {
    if (this.#rows === this.#statuses.length) this.#grow();
    this.#pairs.set(pair, this.#rows * PAIR_BYTES);
    this.#statuses[this.#rows] = status;
    this.#rows++;
  }

  #grow(): void {
    const [pairs, statuses] = [new Uint8Array(2 * this.#pairs.length), new Uint8Array(2 * this.#statuses.length)];
    pairs.set(this.#pairs);
    statuses.set(this.#statuses);
    [this.#pairs, this.#statuses] = [pairs, statuses];
  }

  /** All submissions in the order of their pairs. */
  *groups(): Generator<Group> {
    const order = this.#sorted();
    let pair: Uint8Array | undefined;
    let statuses: number[] = [];
    for (const row of order) {
      const next = this.#pairs.subarray(row * PAIR_BYTES, (row + 1) * PAIR_BYTES);
      if (pair !== undefined && comparePairs(pair, next) !== 0) {
        yield { pair, statuses };
        statuses = [];
      }
      pair = next;
      statuses.push(this.#statuses[row] ?? 0);
    }
    if (pair !== undefined) yield { pair, statuses };
  }

  #sorted(): Uint32Array {
    const keys = new Float64Array(this.#rows);
    for (let row = 0; row < this.#rows; row++) {
      let key = 0;
      for (let at = 0; at < KEY_BYTES; at++) key = key * 256 + (this.#pairs[row * PAIR_BYTES + at] ?? 0);
      keys[row] = key;
    }
    const compare = (one: number, other: number) => {
      const difference = (keys[one] ?? 0) - (keys[other] ?? 0);
      if (difference !== 0) return difference;
      for (let at = KEY_BYTES; at < PAIR_BYTES; at++) {
        const byte = (this.#pairs[one * PAIR_BYTES + at] ?? 0) - (this.#pairs[other * PAIR_BYTES + at] ?? 0);
        if (byte !== 0) return byte;
      }
      return one - other;
    };
    return Uint32Array.from({ length: this.#rows }, (_, row) => row).sort(compare);
  }
}

/** The order of pairs: less than 0 when the first one comes first. */
export function comparePairs(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < PAIR_BYTES; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** How many ranges the pairs of a log can be divided into. */
export const RANGES = 65_536;

/** The range of a pair: its first 16 bits. */
export function rangeOf(pair: Uint8Array): number {
  return ((pair[0] ?? 0) << 8) | (pair[1] ?? 0);
}

/**
 * Divides the ranges, so that each part fits into memory.
 *
 * @param counts how many entries each range has
 * @param most entries of a part; a single range may have more
 * @returns where each part ends; the last one ends at `RANGES`
 */
export function partsOf(counts: Uint32Array, most: number): number[] {
  const ends: number[] = [];
  let inPart = 0;
  for (let range = 0; range < RANGES; range++) {
    const count = counts[range] ?? 0;
    if (inPart > 0 && inPart + count > most) {
      ends.push(range);
      inPart = 0;
    }
    inPart += count;
  }
  return [...ends, RANGES];
}
