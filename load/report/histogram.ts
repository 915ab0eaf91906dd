import { upperBoundMs } from "../buckets.mjs";

/** How many latencies fell into each bucket of load/buckets.mjs. */
export type Buckets = Readonly<Record<string, number>>;

/**
 * Adds up buckets.
 *
 * @param parts the buckets of several seconds or machines
 */
export function mergeBuckets(parts: Iterable<Buckets>): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const part of parts)
    for (const [bucket, count] of Object.entries(part)) sum[bucket] = (sum[bucket] ?? 0) + count;
  return sum;
}

/** How many latencies were counted. */
export function countOf(buckets: Buckets): number {
  return Object.values(buckets).reduce((sum, count) => sum + count, 0);
}

/**
 * A percentile by nearest rank, to within 2 % above the true value.
 *
 * @param buckets the counts
 * @param percent 0 to 100
 * @returns milliseconds; undefined when nothing was counted
 */
export function percentile(buckets: Buckets, percent: number): number | undefined {
  const total = countOf(buckets);
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil((total * percent) / 100));
  let seen = 0;
  for (const bucket of Object.keys(buckets)
    .map(Number)
    .sort((a, b) => a - b)) {
    seen += buckets[bucket] ?? 0;
    if (seen >= rank) return upperBoundMs(bucket);
  }
  return undefined;
}
