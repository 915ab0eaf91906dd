import { type Bytes, joined } from "../encoding.ts";
import { asFields, type Fields, fieldsOf } from "../json.ts";
import { pause } from "../request.ts";
import { shouldRetry, waitMs } from "../retry.mjs";
import { textOf, utf8 } from "./bytes/text.ts";
import { isText } from "./files/json.ts";

/** Where a bundle is read from. */
export interface BundleSource {
  /**
   * Reads a file.
   *
   * @param path below the bundle, such as `tile/entries/000.p/5`
   * @returns its bytes in pieces; undefined when there is no such file
   */
  readonly read: (path: string) => Promise<AsyncIterable<Uint8Array> | undefined>;
  /** How many files are worth reading at once: more than one where each takes its time to come. */
  readonly parallel: number;
  /** Whether the log may grow while it is read. Then each file is of another moment. */
  readonly grows?: boolean;
  /** What the API tells voters of the law; undefined: nothing. */
  readonly told?: () => Promise<Fields | undefined>;
}

/** A file of a bundle cannot be read now. */
export class CannotRead extends Error {
  constructor(where: string, why: string, cause?: unknown) {
    super(`${where} cannot be read (${why}).`, { cause });
    this.name = "CannotRead";
  }
}

/** What reading from an address needs. */
export interface UrlOptions {
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds for one try until the answer begins, 30,000 when left out. */
  readonly tryTimeoutMs?: number;
  /** How many tries a file gets, 6 when left out. */
  readonly tries?: number;
  readonly signal?: AbortSignal | undefined;
}

const PARALLEL = 8;

/** The address of a law, and that of its log. */
const OF_LAW = /\/api\/v1\/(?:laws|log)\/([^/?#]+)$/;
/** Much more than the description of a law has. */
const MOST_LAW_BYTES = 1 << 20;

/**
 * A bundle below an address: `https://HOST/api/v1/log/LAW`, or that of its law, `https://HOST/api/v1/laws/LAW`. Of a law
 * that is not published yet, the API's description names the key.
 *
 * @param address the address
 * @param options fetch and time
 */
export function bundleAt(address: string, options: UrlOptions = {}): BundleSource {
  const base = address.replace(/\/+$/, "");
  const read = readerBelow(base.replace(OF_LAW, "/api/v1/log/$1"), options);
  const law = OF_LAW.test(base) ? readerBelow(base.replace(OF_LAW, "/api/v1/laws"), options) : undefined;
  const [, lawId = ""] = OF_LAW.exec(base) ?? [];
  return {
    parallel: PARALLEL,
    grows: true,
    told: async () => law && toldOf(law, lawId),
    read: async (path) => {
      const pieces = await read(path);
      return pieces === undefined && path === "key" && law !== undefined ? keyOfLaw(law, lawId) : pieces;
    },
  };
}

/** What the API says of a law. */
async function toldOf(read: BundleSource["read"], lawId: string): Promise<Fields | undefined> {
  const told = fieldsOf((await wholeText({ read, parallel: 1 }, lawId, MOST_LAW_BYTES)) ?? "");
  return told?.["law_id"] === lawId ? told : undefined;
}

/** The key of a log by the description of its law. */
async function keyOfLaw(read: BundleSource["read"], lawId: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const key = asFields((await toldOf(read, lawId))?.["log"])?.["key"];
  return isText(key)
    ? (async function* () {
        yield utf8(key);
      })()
    : undefined;
}

function readerBelow(below: string, options: UrlOptions): BundleSource["read"] {
  const { fetch = globalThis.fetch, tryTimeoutMs = 30_000, tries = 6, signal } = options;
  return async (path) => {
    const url = `${below}/${path}`;
    for (let tried = 0; ; tried++) {
      let why: string;
      let cause: unknown;
      let retryAfter: string | null = null;
      try {
        const response = await begun(fetch, url, tryTimeoutMs, signal);
        if (response.ok) return piecesOf(response.body);
        await response.body?.cancel();
        if (response.status === 404 || response.status === 403) return undefined;
        why = `answer ${response.status}`;
        if (!shouldRetry(response.status)) throw new CannotRead(url, why);
        retryAfter = response.headers.get("retry-after");
      } catch (error) {
        if (error instanceof CannotRead) throw error;
        signal?.throwIfAborted();
        [why, cause] = [messageOf(error), error];
      }
      if (tried + 1 >= tries) throw new CannotRead(url, why, cause);
      await pause(waitMs(tried, { retryAfter, nowMs: Date.now(), random: Math.random }), signal);
    }
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Sends a request. The time limit ends when the answer begins: a long file takes as long as it takes. */
async function begun(
  fetch: typeof globalThis.fetch,
  url: string,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${limitMs} ms`)), limitMs);
  signal?.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  try {
    return await fetch(url, { signal: controller.signal, credentials: "omit" });
  } finally {
    clearTimeout(timer);
  }
}

/** Not every browser can iterate over a stream. */
async function* piecesOf(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (stream === null) return;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

/** How often a small file is read again when it breaks off. */
const AGAIN = 3;

/**
 * Reads a whole file.
 *
 * @param source the bundle
 * @param path of the file
 * @param most how many bytes it has at most
 * @returns undefined when there is no such file
 * @throws CannotRead when it is longer, or breaks off again and again
 */
export async function wholeFile(source: BundleSource, path: string, most: number): Promise<Bytes | undefined> {
  for (let tried = 1; ; tried++) {
    try {
      return await wholeOnce(source, path, most);
    } catch (error) {
      if (error instanceof CannotRead || tried === AGAIN) throw error;
    }
  }
}

async function wholeOnce(source: BundleSource, path: string, most: number): Promise<Bytes | undefined> {
  const pieces = await source.read(path);
  if (pieces === undefined) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > most) throw new CannotRead(path, `it has more than ${most} bytes`);
    parts.push(piece);
  }
  return joined(...parts);
}

/** Digits in the name of a part. */
const PART_DIGITS = 9;

/**
 * Reads a list that is one file, such as `submissions.ndjson`, or is published in parts: `submissions/000000001.ndjson`
 * and so on.
 *
 * @param source the bundle
 * @param path of the one file
 * @returns its bytes in pieces; undefined when there is neither
 */
export async function readList(source: BundleSource, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const whole = await source.read(path);
  if (whole !== undefined) return whole;
  const part = (number: number) =>
    source.read(path.replace(/\.(\w+)$/, `/${String(number).padStart(PART_DIGITS, "0")}.$1`));
  const first = await part(1);
  return first && joinedParts(first, part);
}

async function* joinedParts(
  first: AsyncIterable<Uint8Array>,
  part: (number: number) => Promise<AsyncIterable<Uint8Array> | undefined>,
): AsyncGenerator<Uint8Array> {
  let number = 1;
  for (let now: AsyncIterable<Uint8Array> | undefined = first; now !== undefined; now = await part(++number))
    yield* now;
}

/** The same as text. A file that is no text is read as an empty one, which has no form. */
export async function wholeText(source: BundleSource, path: string, most: number): Promise<string | undefined> {
  const bytes = await wholeFile(source, path, most);
  try {
    return bytes && textOf(bytes);
  } catch {
    return "";
  }
}

/**
 * Does jobs in order, and begins some of them early.
 *
 * @param jobs begin when they are called
 * @param parallel how many are under way at most
 * @returns their results, in order
 */
export async function* inOrder<T>(jobs: Iterable<() => Promise<T>>, parallel: number): AsyncGenerator<T> {
  const underWay: Promise<T>[] = [];
  for (const job of jobs) {
    const begun = job();
    // Whoever waits for it learns of a failure; until then nobody does.
    begun.catch(() => undefined);
    underWay.push(begun);
    const first = underWay.length >= parallel ? underWay.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const rest of underWay) yield await rest;
}
