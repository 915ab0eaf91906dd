/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** A JSON object, or undefined for anything else. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
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
 * Sends one request and reads the whole answer, in the time it may take.
 *
 * @param url where to
 * @param init method, headers and body
 * @param limitMs milliseconds until the last byte of the answer
 * @param surroundings fetch and signal
 * @throws whatever kept an answer away: no connection, a connection that broke, the time that is over, the signal
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
    return { status: response.status, headers: response.headers, body: objectOf(await response.text()) };
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
 * The address of something the API names by its path: below the API's own address, which may have a path as well.
 *
 * @param api the API's address
 * @param path as the API wrote it, from the root; a whole address stays what it is
 */
export function below(api: string, path: string): string {
  const base = new URL(api).href.replace(/\/+$/, "");
  return path.startsWith("/") ? `${base}${path}` : new URL(path, base).href;
}

function objectOf(text: string): Answer["body"] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // A page of some proxy. The status says what is to be done.
  }
}
