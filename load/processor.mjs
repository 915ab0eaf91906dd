/**
 * The functions that Artillery calls before and after every request. They are cheap, because the generator often shares
 * its machine with the measured system: credentials are read once, bodies are strings, latencies are counted in
 * buckets, and only one line per second is written while requests are under way.
 *
 * Settings, from the environment:
 * - LOAD_VOTERS  credentials, CSV nas,code (default: .local/load/voters.csv)
 * - LOAD_ENVELOPES  sealed ballots for a sealed law, one in a line as the credentials; without it, choices are sent
 * - LOAD_LAW     the law to vote on (default: LOAD)
 * - LOAD_TARGET  the stack's URL, in place of the scenario's target
 * - LOAD_MIX shares in percent, e.g. duplicates=1,unknown=0.5,malformed=0.5,receipts=1
 * - LOAD_SHARD i/n: this is the i-th (from 1) of n machines with the same file; each uses different voters
 * - LOAD_SKIP    voters at the beginning of the shard that something else uses
 * - LOAD_RETRIES how often a vote that was refused with 429, 502, 503, 504 or not answered is sent again, with the same
 *   Idempotency-Key and after a back-off (default: 0, and then there are no keys either)
 * - LOAD_STATS, LOAD_ACCEPTED  files for what happened in each second, and for the request ids of every 202
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { shouldRetry } from "../client/retry.mjs";
import { acceptedId, answered, leave, sent } from "./notes.mjs";
import { readRetries, resend } from "./resend.mjs";

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
const voters = linesOf(file, (line) => {
  if (/^[0-9]{9},[A-Za-z0-9]{6,32}\s*$/.test(line)) return;
  throw new Error(
    `${file} is not a roll as votes are made from: a heading nas,code and lines of nine digits, a comma and a code. ` +
      `npm run voters -- check ${file} says how it is read, and npm run voters -- generate makes one.`,
  );
});
const envelopes = process.env.LOAD_ENVELOPES ? linesOf(process.env.LOAD_ENVELOPES) : undefined;
let next = Number(process.env.LOAD_SKIP || 0);
let saidWhy = false;

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

/**
 * The lines of this worker of this machine. Artillery runs one worker less than there are cores, at least one.
 * @param {string} file
 * @param {(line: string) => void} [check] throws at a line that is not as it should be
 */
function linesOf(file, check) {
  // Fails at once, and not at each of thousands of votes: Artillery ends with this message and exit code 11.
  if (!existsSync(file)) {
    throw new Error(
      `there is no roll in ${file}: npm run load -- prepare --votes 100000 makes one and loads it into the running stack`,
    );
  }
  const lines = readFileSync(file, "latin1").split("\n");
  const from = lines[0]?.startsWith("nas") ? 1 : 0;
  const rows = lines.slice(from, lines.at(-1) === "" ? -1 : undefined);
  if (check !== undefined) for (const row of rows) check(row);
  const [index = 1, machines = 1] = (process.env.LOAD_SHARD || "1/1").split("/").map(Number);
  const workers = Number(process.env.WORKERS) || Math.max(1, availableParallelism() - 1);
  const worker = Math.max(0, Number(process.env.LOCAL_WORKER_ID || 1) - 1) % workers;
  const parts = machines * workers;
  const part = (index - 1) * workers + worker;
  return rows.slice(Math.floor((rows.length * part) / parts), Math.floor((rows.length * (part + 1)) / parts));
}

/** The ballot of a voter. @param {number} voter @param {"oui" | "non"} choice */
function ballotOf(voter, choice) {
  return envelopes === undefined ? `"vote":"${choice}"` : `"sealed_vote":"${envelopes[voter]}"`;
}

/** @param {string} line @param {string} ballot */
function bodyOf(line, ballot) {
  const comma = line.indexOf(",");
  return `{"nas":"${line.slice(0, comma)}","code":"${line.slice(comma + 1).trim()}","law_id":"${law}",${ballot}}`;
}

/**
 * Chooses the next vote. @param {Request} request @param {Context} context @param {unknown} _events @param {Done} done
 */
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
    request.body = bodyOf(`${digits},notontheroll${digits}`, ballotOf(next % voters.length, choice));
  } else if (dice < shares.malformed + shares.unknown + shares.duplicates && next > 0) {
    kind = "duplicate";
    const again = Math.floor(Math.random() * next);
    request.body = bodyOf(voters[again] ?? "", ballotOf(again, choice));
  } else {
    const index = next++;
    const voter = voters[index];
    if (voter === undefined) {
      const why = `all ${voters.length} voters of ${file} have voted`;
      done(new Error(`${why}: npm run load -- prepare --votes 100000 makes new ones and loads them`));
      if (!saidWhy) process.stderr.write(`${why}: run npm run load -- prepare --votes 100000\n`);
      saidWhy = true;
      return;
    }
    request.body = bodyOf(voter, ballotOf(index, choice));
  }
  if (retries > 0) request.headers = { ...request.headers, "idempotency-key": randomUUID() };
  context.vars["kind"] = kind;
  sent(kind === "malformed" ? "other" : "vote");
  done();
}

/**
 * Records the answer.
 * @param {Request} request @param {Response} response @param {Context} context @param {unknown} _events @param {Done}
 * done
 */
export function checkVote(request, response, context, _events, done) {
  noteVote(response, context);
  if (retries === 0 || !shouldRetry(response.statusCode)) leave(done);
  else sendAgain(request, context, response.headers["retry-after"]).then(() => leave(done), done);
}

/**
 * Requests that were not answered and are being sent again. Artillery may report one failure twice.
 * @type {WeakMap<Context, Promise<void>>}
 */
const lost = new WeakMap();

/**
 * Artillery calls this when no answer came, and then ends this voter.
 * @param {Error} _error @param {Request} request @param {Context} context @param {unknown} _events @param {Done} done
 */
export function voteLost(_error, request, context, _events, done) {
  const canBeSentAgain = retries > 0 && request.headers?.["idempotency-key"] !== undefined;
  const first = lost.get(context);
  const again = first ?? (canBeSentAgain ? sendAgain(request, context, undefined) : Promise.resolve());
  lost.set(context, again);
  again.then(() => (first === undefined ? leave(done) : done()), done);
}

/** @param {Request} request @param {Context} context @param {string | undefined} retryAfter */
function sendAgain(request, context, retryAfter) {
  return resend(request, retryAfter, retries, {
    onSend: () => sent("retry"),
    onAnswer: (response) => noteVote(response, context, true),
  });
}

/** @param {Response} response @param {Context} context */
function noteVote(response, context, retried = false) {
  const status = response.statusCode;
  answered(response, status === (context.vars["kind"] === "malformed" ? 400 : 202), retried);
  if (status !== 202) return;
  const id = response.headers["location"]?.split("/").at(-1) ?? "";
  acceptedId(id);
  if (Math.random() < shares.receipts) context.vars["receipt"] = id;
}

/** Whether this voter looks at the receipt. @param {Record<string, unknown>} vars */
export function wantsReceipt(vars) {
  return vars["receipt"] !== undefined;
}

/** @param {Request} request @param {Context} context @param {unknown} _events @param {Done} done */
export function prepareReceipt(request, context, _events, done) {
  if (target) request.url = `${target}/api/v1/votes/${context.vars["receipt"]}`;
  sent("other");
  done();
}

/**
 * @param {Request} _request @param {Response} response @param {Context} _context @param {unknown} _events @param {Done}
 * done
 */
export function checkReceipt(_request, response, _context, _events, done) {
  answered(response, response.statusCode === 200);
  leave(done);
}
