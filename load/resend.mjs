/**
 * Sends votes again for the load generator (LOAD_RETRIES), by the rules of the reference client (client/retry.mjs).
 * Artillery itself ends a voter when an answer is lost, and has no back-off.
 */
import { Agent, request as plain } from "node:http";
import { request as overTls, Agent as TlsAgent } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { shouldRetry, waitMs } from "../client/retry.mjs";

const MOST_RETRIES = 20;
/** The same pool and time limit as in the scenarios. */
const POOL = { keepAlive: true, maxSockets: 64 };
const TIMEOUT_MS = 10_000;
const agents = { plain: new Agent(POOL), tls: new TlsAgent(POOL) };

/**
 * @typedef {{ statusCode: number, headers: Record<string, string>, timings: { phases: { firstByte: number } } }} Response
 * @typedef {{ url: string, headers?: Record<string, string>, body?: string }} Request
 */

/**
 * @param {string} text LOAD_RETRIES
 * @returns {number} how often a vote is sent again at most
 */
export function readRetries(text) {
  if (!/^\d{1,2}$/.test(text) || Number(text) > MOST_RETRIES) {
    throw new Error(`LOAD_RETRIES is "${text}": use a whole number from 0 to ${MOST_RETRIES}`);
  }
  return Number(text);
}

/**
 * Sends a request again until the answer is final, or until the retries are used up.
 *
 * @param {Request} request with its Idempotency-Key
 * @param {string | undefined} retryAfter the header of the first try's answer
 * @param {number} retries the largest number of retries
 * @param {{ onSend: () => void, onAnswer: (response: Response) => void }} told of every try and of every answer
 */
export async function resend(request, retryAfter, retries, { onSend, onAnswer }) {
  let asked = retryAfter;
  for (let retry = 0; retry < retries; retry += 1) {
    await pause(waitMs(retry, { retryAfter: asked, nowMs: Date.now(), random: Math.random }));
    onSend();
    const response = await send(request).catch(() => undefined);
    if (response !== undefined) onAnswer(response);
    if (response !== undefined && !shouldRetry(response.statusCode)) return;
    asked = response?.headers["retry-after"];
  }
}

/** @param {Request} request @returns {Promise<Response>} rejects when no whole answer came */
function send({ url, headers = {}, body = "" }) {
  const tls = url.startsWith("https:");
  return new Promise((resolve, reject) => {
    let writtenAt = 0;
    const outgoing = (tls ? overTls : plain)(
      url,
      { method: "POST", headers, agent: tls ? agents.tls : agents.plain, signal: AbortSignal.timeout(TIMEOUT_MS) },
      (incoming) => {
        // From the last byte sent to the first one received, as Artillery measures.
        const firstByte = performance.now() - writtenAt;
        const flat = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({
            statusCode: incoming.statusCode ?? 0,
            headers: Object.fromEntries(flat),
            timings: { phases: { firstByte } },
          }),
        );
        incoming.resume();
      },
    );
    outgoing.on("finish", () => {
      writtenAt = performance.now();
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
