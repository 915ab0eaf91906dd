/**
 * Records the load generator's requests. Counts and latency buckets go to the file LOAD_STATS once per second, and
 * request ids of accepted votes to the file LOAD_ACCEPTED.
 */
import { appendFileSync } from "node:fs";
import { bucketOf } from "./buckets.mjs";

/**
 * @typedef {{ statusCode: number, headers: Record<string, string>, timings: { phases: { firstByte: number } } }}
 * Response
 */

const { LOAD_STATS, LOAD_ACCEPTED } = process.env;
const writes = Boolean(LOAD_STATS || LOAD_ACCEPTED);
/** Request ids of accepted votes that are not in the file yet. @type {string[]} */
let accepted = [];
let second = emptySecond();
/** How many requests Artillery has sent that have not ended. */
let underWay = 0;
/** Voters that leave once everything is written. @type {(() => void)[]} */
let leaving = [];

/** Notes a request before it is sent. @param {"vote" | "other" | "retry"} what */
export function sent(what) {
  second.firstAt ||= Date.now();
  second.sent += 1;
  if (what === "vote") second.votes += 1;
  if (what === "retry") second.retries += 1;
  else underWay += 1;
  // Another voter begins, so those who wait may leave. If they waited for the whole second, all of them would leave at
  // once, and that moment would be measured as latency.
  if (leaving.length > 0) letGo();
}

/** Notes an answer. @param {Response} response @param {boolean} expected @param {boolean} [retried] */
export function answered(response, expected, retried = false) {
  const status = response.statusCode;
  second.status[status] = (second.status[status] ?? 0) + 1;
  if (expected) second.expected += 1;
  if (retried && status === 202) second.retriedAccepted += 1;
  if ((status === 429 || status === 503) && response.headers["retry-after"] === undefined)
    second.withoutRetryAfter += 1;
  second.lastAt = Date.now();
  const ms = response.timings.phases.firstByte;
  second.sumMs += ms;
  second.minMs = Math.min(second.minMs, ms);
  second.maxMs = Math.max(second.maxMs, ms);
  const bucket = bucketOf(ms);
  const buckets = status < 400 ? second.taken : second.refused;
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
}

/** @param {string} id a request id that a vote was answered with */
export function acceptedId(id) {
  accepted.push(id);
}

/**
 * Ends a request. Once the last voter has left, Artillery may end this process before the next second is written, and
 * it does not wait for an exit handler. So the last voter waits until everything is written or another voter begins.
 *
 * @param {() => void} done tells Artillery that the request has ended
 */
export function leave(done) {
  underWay -= 1;
  if (writes && underWay <= 0) leaving.push(done);
  else done();
}

function emptySecond() {
  return {
    /** When the first request was sent and the last answer came, milliseconds since the epoch; 0: none. */
    firstAt: 0,
    lastAt: 0,
    sent: 0,
    votes: 0,
    expected: 0,
    /** Votes that were sent again, and how many of these were answered 202. */
    retries: 0,
    retriedAccepted: 0,
    withoutRetryAfter: 0,
    sumMs: 0,
    minMs: Number.MAX_VALUE,
    maxMs: 0,
    /** @type {Record<number, number>} */ status: {},
    /** Latencies of answers below 400, and of the others. @type {Record<number, number>} */ taken: {},
    /** @type {Record<number, number>} */ refused: {},
  };
}

function writeSecond() {
  const done = second;
  const ids = accepted;
  second = emptySecond();
  accepted = [];
  if (LOAD_STATS) appendFileSync(LOAD_STATS, `${JSON.stringify({ at: Date.now(), ...done })}\n`);
  if (LOAD_ACCEPTED && ids.length > 0) appendFileSync(LOAD_ACCEPTED, `${ids.join("\n")}\n`);
  letGo();
}

function letGo() {
  const gone = leaving;
  leaving = [];
  for (const done of gone) done();
}

if (writes) {
  setInterval(writeSecond, 1_000).unref();
  process.on("exit", writeSecond);
}
