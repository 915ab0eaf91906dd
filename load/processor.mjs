/**
 * What Artillery calls before and after every request. It is kept cheap, because the generator often shares its machine
 * with what it measures: credentials are read once, bodies are strings, latencies are counted in buckets, and nothing is
 * written while requests are under way but one line a second.
 *
 * Settings, from the environment:
 * - LOAD_VOTERS  credentials, CSV nas,code (default: .local/load/voters.csv)
 * - LOAD_LAW     the law to vote on (default: LOAD)
 * - LOAD_TARGET  the stack's URL, in place of the scenario's target
 * - LOAD_MIX     shares in per cent, e.g. duplicates=1,unknown=0.5,malformed=0.5,receipts=1
 * - LOAD_SHARD   i/n: of n machines with the same file this is the i-th (from 1); each has voters of its own
 * - LOAD_SKIP    voters at the beginning of the shard that something else uses
 * - LOAD_RETRIES how often a vote that was refused with 429, 502, 503, 504 or not answered is sent again, with the same
 *   Idempotency-Key and after a back-off (default: 0, and then there are no keys either)
 * - LOAD_STATS, LOAD_ACCEPTED  files for what happened in each second, and for the request ids of every 202
 */
import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { shouldRetry } from "../client/retry.mjs";
import { readRetries, resend } from "./resend.mjs";

/** Width of the latency buckets: each bound is 2 % above the one before. The same figures stand in histogram.ts. */
const LOWEST_MS = 0.1;
const GROWTH = Math.log(1.02);

/**
 * @typedef {{ body?: string, url: string, headers?: Record<string, string> }} Request
 * @typedef {{ vars: Record<string, unknown> }} Context
 * @typedef {{ statusCode: number, headers: Record<string, string>, timings: { phases: { firstByte: number } } }} Response
 * @typedef {(error?: Error) => void} Done
 */

const file = process.env.LOAD_VOTERS || ".local/load/voters.csv";
const law = process.env.LOAD_LAW || "LOAD";
const target = process.env.LOAD_TARGET;
const shares = readMix(process.env.LOAD_MIX || "");
const retries = readRetries(process.env.LOAD_RETRIES || "0");
const voters = readVoters();
let next = Number(process.env.LOAD_SKIP || 0);
/** Request ids of accepted votes that are not in the file yet. @type {string[]} */
let accepted = [];
let second = emptySecond();

/** @param {string} text @returns {{ duplicates: number, unknown: number, malformed: number, receipts: number }} */
export function readMix(text) {
  const mix = { duplicates: 0.01, unknown: 0.005, malformed: 0.005, receipts: 0.01 };
  for (const part of text.split(",").filter((item) => item !== "")) {
    const [name = "", value = ""] = part.split("=");
    const share = Number(value) / 100;
    if (!(name in mix) || !(share >= 0 && share <= 1)) {
      throw new Error(
        `"${part}" is no part of a mix: use ${Object.keys(mix).join(", ")} with per cent, as unknown=0.5`,
      );
    }
    mix[/** @type {keyof typeof mix} */ (name)] = share;
  }
  return mix;
}

/** The lines of this worker of this machine. Artillery runs one worker less than there are cores, at least one. */
function readVoters() {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "latin1").split("\n");
  const from = lines[0]?.startsWith("nas") ? 1 : 0;
  const rows = lines.slice(from, lines.at(-1) === "" ? -1 : undefined);
  const [index = 1, machines = 1] = (process.env.LOAD_SHARD || "1/1").split("/").map(Number);
  const workers = Number(process.env.WORKERS) || Math.max(1, availableParallelism() - 1);
  const worker = Math.max(0, Number(process.env.LOCAL_WORKER_ID || 1) - 1) % workers;
  const parts = machines * workers;
  const part = (index - 1) * workers + worker;
  return rows.slice(Math.floor((rows.length * part) / parts), Math.floor((rows.length * (part + 1)) / parts));
}

/** @param {string} line @param {"oui" | "non"} choice */
function bodyOf(line, choice) {
  const comma = line.indexOf(",");
  return `{"nas":"${line.slice(0, comma)}","code":"${line.slice(comma + 1).trim()}","law_id":"${law}","vote":"${choice}"}`;
}

/** Chooses the next vote. @param {Request} request @param {Context} context @param {unknown} _events @param {Done} done */
export function prepareVote(request, context, _events, done) {
  if (target) request.url = `${target}/api/v1/vote`;
  const choice = Math.random() < 0.55 ? "oui" : "non";
  const dice = Math.random();
  let kind = "vote";
  if (dice < shares.malformed) {
    kind = "malformed";
    request.body = `{"nas":"12","law_id":"${law}","vote":"peut-etre"}`;
  } else if (dice < shares.malformed + shares.unknown) {
    kind = "unknown";
    const digits = String(Math.floor(Math.random() * 1e9)).padStart(9, "0");
    request.body = bodyOf(`${digits},notontheroll${digits}`, choice);
  } else if (dice < shares.malformed + shares.unknown + shares.duplicates && next > 0) {
    kind = "duplicate";
    request.body = bodyOf(voters[Math.floor(Math.random() * next)] ?? "", choice);
  } else {
    const voter = voters[next++];
    if (voter === undefined) {
      const why =
        voters.length === 0 ? `there is no roll in ${file}` : `all ${voters.length} voters of ${file} have voted`;
      done(new Error(`${why}: npm run load -- prepare --votes 100000 makes one and loads it into the running stack`));
      if (second.sent === 0) process.stderr.write(`${why}: run npm run load -- prepare --votes 100000\n`);
      return;
    }
    request.body = bodyOf(voter, choice);
  }
  if (retries > 0) request.headers = { ...request.headers, "idempotency-key": randomUUID() };
  context.vars["kind"] = kind;
  second.firstAt ||= Date.now();
  second.sent += 1;
  if (kind !== "malformed") second.votes += 1;
  done();
}

/** Notes what became of it. @param {Request} request @param {Response} response @param {Context} context @param {unknown} _events @param {Done} done */
export function checkVote(request, response, context, _events, done) {
  noteVote(response, context);
  if (retries === 0 || !shouldRetry(response.statusCode)) done();
  else sendAgain(request, context, response.headers["retry-after"]).then(() => done(), done);
}

/** Requests that were not answered and are being sent again: Artillery may tell of one failure twice. @type {WeakMap<Context, Promise<void>>} */
const lost = new WeakMap();

/** What Artillery calls when no answer came; afterwards it ends this voter. @param {Error} _error @param {Request} request @param {Context} context @param {unknown} _events @param {Done} done */
export function voteLost(_error, request, context, _events, done) {
  const isVote = request.headers?.["idempotency-key"] !== undefined;
  if (retries === 0 || !isVote) return done();
  const again = lost.get(context) ?? sendAgain(request, context, undefined);
  lost.set(context, again);
  again.then(() => done(), done);
}

/** @param {Request} request @param {Context} context @param {string | undefined} retryAfter */
function sendAgain(request, context, retryAfter) {
  return resend(request, retryAfter, retries, {
    onSend: () => {
      second.firstAt ||= Date.now();
      second.sent += 1;
      second.retries += 1;
    },
    onAnswer: (response) => {
      noteVote(response, context);
      if (response.statusCode === 202) second.retriedAccepted += 1;
    },
  });
}

/** @param {Response} response @param {Context} context */
function noteVote(response, context) {
  const status = response.statusCode;
  note(status, response, status === (context.vars["kind"] === "malformed" ? 400 : 202));
  if (status !== 202) return;
  const id = response.headers["location"]?.slice("/api/v1/votes/".length) ?? "";
  accepted.push(id);
  if (Math.random() < shares.receipts) context.vars["receipt"] = id;
}

/** Whether this voter looks at the receipt. @param {Record<string, unknown>} vars */
export function wantsReceipt(vars) {
  return vars["receipt"] !== undefined;
}

/** @param {Request} request @param {Context} context @param {unknown} _events @param {Done} done */
export function prepareReceipt(request, context, _events, done) {
  if (target) request.url = `${target}/api/v1/votes/${context.vars["receipt"]}`;
  second.sent += 1;
  done();
}

/** @param {Request} _request @param {Response} response @param {Context} _context @param {unknown} _events @param {Done} done */
export function checkReceipt(_request, response, _context, _events, done) {
  note(response.statusCode, response, response.statusCode === 200);
  done();
}

/** @param {number} status @param {Response} response @param {boolean} expected */
function note(status, response, expected) {
  second.status[status] = (second.status[status] ?? 0) + 1;
  if (expected) second.expected += 1;
  if ((status === 429 || status === 503) && response.headers["retry-after"] === undefined)
    second.withoutRetryAfter += 1;
  second.lastAt = Date.now();
  const ms = response.timings.phases.firstByte;
  second.sumMs += ms;
  second.minMs = Math.min(second.minMs, ms);
  second.maxMs = Math.max(second.maxMs, ms);
  const bucket = ms <= LOWEST_MS ? 0 : Math.ceil(Math.log(ms / LOWEST_MS) / GROWTH);
  const buckets = status < 400 ? second.taken : second.refused;
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
}

function emptySecond() {
  return {
    /** When the first request was sent and the last answer came, milliseconds since the epoch; 0: none. */
    firstAt: 0,
    lastAt: 0,
    sent: 0,
    votes: 0,
    expected: 0,
    /** Votes sent once more, and 202 that they were answered with. */
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
  const { LOAD_STATS, LOAD_ACCEPTED } = process.env;
  if (LOAD_STATS) appendFileSync(LOAD_STATS, `${JSON.stringify({ at: Date.now(), ...done })}\n`);
  if (LOAD_ACCEPTED && ids.length > 0) appendFileSync(LOAD_ACCEPTED, `${ids.join("\n")}\n`);
}

if (process.env.LOAD_STATS || process.env.LOAD_ACCEPTED) {
  setInterval(writeSecond, 1_000).unref();
  process.on("exit", writeSecond);
}
