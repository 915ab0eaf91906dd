/**
 * Latencies are counted in buckets, each bound 2 % above the one before: bucket i holds what is longer than
 * LOWEST_MS × GROWTH^(i - 1) and at most LOWEST_MS × GROWTH^i. The load generator fills them, the report reads them.
 */
const LOWEST_MS = 0.1;
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);

/**
 * @param {number} ms a latency in milliseconds
 * @returns {number} the number of its bucket, from 0
 */
export function bucketOf(ms) {
  return ms <= LOWEST_MS ? 0 : Math.ceil(Math.log(ms / LOWEST_MS) / LOG_GROWTH);
}

/**
 * @param {number} bucket the number of a bucket
 * @returns {number} its upper bound in milliseconds
 */
export function upperBoundMs(bucket) {
  return LOWEST_MS * GROWTH ** bucket;
}
