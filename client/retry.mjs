/**
 * The rules of trying again: after which answer, and how long to wait first. Pure: clock and randomness are passed in.
 *
 * Plain JavaScript with types in its comments, because the load generator (load/processor.mjs) uses the same rules, and
 * any version of Node.js may run Artillery. It has no imports, so that a browser can load it unchanged.
 */

/** Bounds of the back-off, in milliseconds. @typedef {{ readonly baseMs: number, readonly capMs: number }} BackOff */

/** A quarter of a second at most before the first retry, ten seconds at most before any. @type {BackOff} */
export const BACK_OFF = { baseMs: 250, capMs: 10_000 };

/** The first and the longest wait between two looks at a receipt. A vote is usually counted within three seconds. */
const POLL = { firstMs: 500, longestMs: 5_000 };

/** Too many requests, bad gateway, unavailable, gateway timeout: temporary refusals (RFC 9110 §15.6, RFC 6585 §4). */
const PASSING = new Set([429, 502, 503, 504]);

/**
 * Whether it makes sense to send the same request again. After any other answer, the next one would be the same.
 *
 * @param {number} status the answer's HTTP status
 * @returns {boolean}
 */
export function shouldRetry(status) {
  return PASSING.has(status);
}

/**
 * Whether a vote may be in the queue although it got this answer. A 4xx, 429 included, refuses it. After any other
 * answer, and without an answer, the vote may have arrived.
 *
 * @param {number} status the answer's HTTP status
 * @returns {boolean}
 */
export function mayHaveArrived(status) {
  return status < 400 || status > 499;
}

/**
 * How long to wait before a retry: any time between nothing and a bound that doubles from retry to retry, up to the
 * cap. Without the randomness, clients that were refused together would come back together.
 *
 * Source: AWS Architecture Blog, "Exponential Backoff and Jitter", Marc Brooker 2015: "Full Jitter",
 * `sleep = random_between(0, min(cap, base * 2 ** attempt))`.
 *
 * @param {number} retry 0 for the first retry
 * @param {() => number} random at least 0, below 1, as Math.random
 * @param {BackOff} [limits]
 * @returns {number} milliseconds
 */
export function backOffMs(retry, random, limits = BACK_OFF) {
  return random() * Math.min(limits.capMs, limits.baseMs * 2 ** retry);
}

const TIME = "\\d{2}:\\d{2}:\\d{2}";
/** The three forms of an HTTP date, all of which must be read (RFC 9110 §5.6.7); the last one names no time zone. */
const HTTP_DATE = new RegExp(
  `^(?:[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4}|[A-Z][a-z]+, \\d{2}-[A-Z][a-z]{2}-\\d{2}) ${TIME} GMT$`,
);
const ASCTIME_DATE = new RegExp(`^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \\d]\\d ${TIME} \\d{4}$`);

/**
 * The wait that a Retry-After header asks for (RFC 9110 §10.2.3): seconds, or a date before which not to come back.
 *
 * @param {string | null | undefined} value the header, if there was one
 * @param {number} nowMs milliseconds since the epoch, to which a date is compared
 * @returns {number | undefined} milliseconds from now; undefined when there is none or it cannot be read
 */
export function retryAfterMs(value, nowMs) {
  const text = value?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const date = HTTP_DATE.test(text) ? text : ASCTIME_DATE.test(text) ? `${text} GMT` : "";
  const atMs = Date.parse(date);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/**
 * How long to wait before a retry: the time of Retry-After plus the back-off, because the API named the same time to
 * every client that it refused in that second.
 *
 * @param {number} retry 0 for the first retry
 * @param {{ retryAfter?: string | null | undefined, nowMs: number, random: () => number, limits?: BackOff }} of
 * @returns {number} milliseconds
 */
export function waitMs(retry, { retryAfter, nowMs, random, limits = BACK_OFF }) {
  return (retryAfterMs(retryAfter, nowMs) ?? 0) + backOffMs(retry, random, limits);
}

/**
 * How long to wait before the next look at a receipt: a random time between half of a bound and the bound, which
 * doubles each time. Full jitter could be almost zero, and looking again at once would not help.
 *
 * @param {number} poll 0 before the second look
 * @param {() => number} random at least 0, below 1, as Math.random
 * @returns {number} milliseconds
 */
export function pollMs(poll, random) {
  const pace = Math.min(POLL.longestMs, POLL.firstMs * 2 ** poll);
  return pace / 2 + random() * (pace / 2);
}
