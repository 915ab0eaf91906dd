/**
 * Mann and Whitney's test: whether figures of one kind tend to be larger than those of another. It looks at ranks only,
 * so that a few very slow answers, as every machine has them, weigh no more than others.
 *
 * @returns a z-score: of standard normal distribution when both kinds are alike
 */
export function rankDifference(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map((value) => ({ value, isOne: true })), ...other.map((value) => ({ value, isOne: false }))];
  all.sort((a, b) => a.value - b.value);
  const rankSum = all.reduce((sum, { isOne }, index) => sum + (isOne ? index + 1 : 0), 0);
  const [n, m] = [one.length, other.length];
  const mean = (n * (n + m + 1)) / 2;
  return (rankSum - mean) / Math.sqrt((n * m * (n + m + 1)) / 12);
}

/** In random order. */
export function shuffled<T>(items: readonly T[], randomInt: (below: number) => number): T[] {
  const list = [...items];
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1);
    const [a, b] = [list[at], list[other]];
    if (a !== undefined && b !== undefined) [list[at], list[other]] = [b, a];
  }
  return list;
}
