import { type Fields, fieldsOf } from "./json.ts";

/** The path to which votes are sent. */
export const VOTE_PATH = "/api/v1/vote";
/** The path below which laws are described. */
export const LAWS_PATH = "/api/v1/laws";

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** A JSON object; undefined for anything else, such as a page of some proxy, where only the status counts. */
  readonly body: Fields | undefined;
}

/** What a request and the waits between requests need. */
export interface Surroundings {
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Replaces `Math.random`. */
  readonly random?: () => number;
  /** Ends everything early. */
  readonly signal?: AbortSignal;
}

/**
 * Sends one request and reads the whole answer within a time limit.
 *
 * @param url where to
 * @param init method, headers and body
 * @param limitMs milliseconds until the last byte of the answer
 * @param surroundings fetch and signal
 * @throws the reason why there is no answer: no connection, a broken connection, the time limit, the signal
 */
export async function request(
  url: string,
  init: RequestInit,
  limitMs: number,
  { fetch = globalThis.fetch, signal }: Surroundings,
): Promise<Answer> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${Math.round(limitMs)} ms`)), limitMs);
  const stop = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", stop);
  try {
    const response = await fetch(url, {
      ...init,
      signal: controller.signal,
      // NAS and code go to this address only, and no cache keeps them.
      redirect: "error",
      credentials: "omit",
      cache: "no-store",
    });
    return { status: response.status, headers: response.headers, body: fieldsOf(await response.text()) };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * Waits.
 *
 * @param ms how long
 * @param signal ends the wait early
 * @throws the signal's reason
 */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * The address of a path of the API. It is below the API's address, which may have a path as well.
 *
 * @param api the API's address
 * @param path from the root of the API
 */
export function below(api: string, path: string): string {
  return `${new URL(api).href.replace(/\/+$/, "")}${path}`;
}

/**
 * The address of a receipt.
 *
 * @param api the API's address
 * @param reference the text in an answer to a vote, relative to the vote's address (RFC 3986 §5.2). Version 1.0.0 of
 *   the API named it from its own root, which is not the server's root on a deployed stage
 */
export function receiptAt(api: string, reference: string): string {
  return reference.startsWith("/") ? below(api, reference) : new URL(reference, below(api, VOTE_PATH)).href;
}
