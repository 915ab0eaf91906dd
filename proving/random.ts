/** Random numbers that a seed repeats: the same faults and histories, in the same order. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  /** One of several. */
  pick<T>(items: readonly T[]): T;
  /** Whole numbers from `from` up to, not including, `end`, in rising order. */
  moments(count: number, from: number, end: number): number[];
  /** The same items in another order. */
  shuffled<T>(items: readonly T[]): T[];
}

/**
 * Mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty to choose moments with.
 *
 * @param seed any whole number
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("there is nothing to choose from");
      return item;
    },
    moments: (count, from, end) =>
      Array.from({ length: count }, () => from + below(end - from)).sort((one, other) => one - other),
    shuffled(items) {
      const mixed = [...items];
      for (let at = mixed.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [mixed[at], mixed[other]] = [mixed[other] as (typeof mixed)[number], mixed[at] as (typeof mixed)[number]];
      }
      return mixed;
    },
  };
}
