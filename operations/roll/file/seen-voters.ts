import { hash } from "node:crypto";

/** Slots are at most this full, so that a look-up stays short. */
const MOST_FULL = 0.6;
const FIRST_SLOTS = 1 << 16;

/**
 * Whether a person occurs in the roll file for the first time, again with the same code, or again with another code.
 */
export type Seen = "new" | "again" | "other_code";

/**
 * The persons of a roll file and their codes, for finding lines that repeat a person. It takes 8 bytes per slot, and
 * 256 MiB for eight million voters. Of each code, it keeps 32 bits of a digest.
 */
export class SeenVoters {
  /** Pairs of NAS + 1, 0 for a free slot, and the code's digest. */
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  #count = 0;

  /**
   * Adds a voter.
   *
   * @param nas nine digits
   * @param code the code in the form that is hashed
   */
  add(nas: string, code: string): Seen {
    const key = Number(nas) + 1;
    const digest = hash("sha256", code, "buffer").readUInt32LE();
    const at = slotOf(this.#slots, key);
    if (this.#slots[at] === key) return this.#slots[at + 1] === digest ? "again" : "other_code";
    this.#slots[at] = key;
    this.#slots[at + 1] = digest;
    this.#count += 1;
    if (this.#count > (this.#slots.length / 2) * MOST_FULL) this.#grow();
    return "new";
  }

  #grow(): void {
    const larger = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += 2) {
      const key = this.#slots[at] ?? 0;
      if (key === 0) continue;
      const to = slotOf(larger, key);
      larger[to] = key;
      larger[to + 1] = this.#slots[at + 1] ?? 0;
    }
    this.#slots = larger;
  }
}

/** The slot of a key, or the first free one after its place (linear probing; Knuth's multiplicative hash). */
function slotOf(slots: Uint32Array, key: number): number {
  const mask = slots.length / 2 - 1;
  for (let slot = (Math.imul(key, 2_654_435_761) >>> 7) & mask; ; slot = (slot + 1) & mask) {
    const found = slots[2 * slot];
    if (found === 0 || found === key) return 2 * slot;
  }
}
