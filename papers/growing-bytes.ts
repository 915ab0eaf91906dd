const FIRST_BYTES = 1 << 16;

/** Bytes that come in small pieces, in one piece of memory that doubles when it is full. */
export class GrowingBytes {
  #memory = new Uint8Array(FIRST_BYTES);
  #length = 0;

  add(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (needed > this.#memory.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#memory.length));
      larger.set(this.#memory.subarray(0, this.#length));
      this.#memory = larger;
    }
    this.#memory.set(piece, this.#length);
    this.#length = needed;
  }

  /** All of them, in memory of their own. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.slice(0, this.#length);
  }
}
