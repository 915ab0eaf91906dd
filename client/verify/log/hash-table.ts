const HASH_BYTES = 32;
const KEY_BYTES = 6;

/** Many hashes in little memory: 48 bytes each once they are sorted. */
export class HashTable {
  #bytes = new Uint8Array(1_024 * HASH_BYTES);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(hash: Uint8Array): void {
    if (this.#size * HASH_BYTES === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(hash, this.#size * HASH_BYTES);
    this.#size++;
  }

  at(row: number): Uint8Array {
    return this.#bytes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
  }

  /** All hashes in their order. */
  sorted(): Uint32Array {
    const keys = Float64Array.from({ length: this.#size }, (_, row) => keyOf(this.at(row)));
    const compare = (one: number, other: number) =>
      (keys[one] ?? 0) - (keys[other] ?? 0) || compareHashes(this.at(one), this.at(other));
    return Uint32Array.from({ length: this.#size }, (_, row) => row).sort(compare);
  }

  /** Lets hashes be ticked off. */
  marks(): Marks {
    return new Marks(this);
  }
}

/** Hashes that are ticked off one by one. */
export class Marks {
  readonly #table: HashTable;
  readonly #order: Uint32Array;
  readonly #marked: Uint8Array;

  constructor(table: HashTable) {
    this.#table = table;
    this.#order = table.sorted();
    this.#marked = new Uint8Array(table.size);
  }

  /** Ticks a hash off. @returns false when it is not there, or as often as it is there already */
  mark(hash: Uint8Array): boolean {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareHashes(this.#at(middle), hash) < 0) low = middle + 1;
      else high = middle;
    }
    for (let place = low; place < this.#order.length && compareHashes(this.#at(place), hash) === 0; place++) {
      if (this.#marked[place] === 1) continue;
      this.#marked[place] = 1;
      return true;
    }
    return false;
  }

  *unmarked(): Generator<Uint8Array> {
    for (let place = 0; place < this.#order.length; place++) if (this.#marked[place] === 0) yield this.#at(place);
  }

  #at(place: number): Uint8Array {
    return this.#table.at(this.#order[place] ?? 0);
  }
}

function keyOf(hash: Uint8Array): number {
  let key = 0;
  for (let at = 0; at < KEY_BYTES; at++) key = key * 256 + (hash[at] ?? 0);
  return key;
}

function compareHashes(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < HASH_BYTES; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
