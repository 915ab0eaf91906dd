import { createHash } from "node:crypto";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { headerValues } from "./http.ts";

/** An answer that is ready to be sent. */
export interface CachedAnswer {
  readonly body: string;
  readonly etag: string;
}

interface Entry {
  readonly answer: Promise<CachedAnswer | undefined>;
  readonly readAtMs: number;
}

/**
 * Remembers answers for a short time, so that many readers cost the stores one read per period. It also remembers that
 * something does not exist. Requests that come while an answer is being read wait for that answer.
 */
export class AnswerCache {
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  /** Limits how much memory made-up names can fill. */
  static readonly MAX_ENTRIES = 1_000;

  /**
   * @param lifetimeMs how old an answer may be
   * @param now milliseconds of a clock that is never set back
   */
  constructor(lifetimeMs: number, now: () => number) {
    this.#lifetimeMs = lifetimeMs;
    this.#now = now;
  }

  /** How long caches on the way may keep an answer: no longer than this one does, in whole seconds. */
  get maxAgeSeconds(): number {
    return Math.floor(this.#lifetimeMs / 1_000);
  }

  /**
   * Gives an answer, from memory if it is young enough.
   *
   * @param name the name of the answer
   * @param read reads it from the stores; undefined if there is none of that name. A failure is not remembered
   * @returns the answer, and its age: 0 when it was read for this request, else milliseconds since its reading began
   */
  async get(
    name: string,
    read: () => Promise<CachedAnswer | undefined>,
  ): Promise<{ readonly answer: CachedAnswer | undefined; readonly ageMs: number }> {
    const now = this.#now();
    const known = this.#entries.get(name);
    if (known !== undefined && now - known.readAtMs < this.#lifetimeMs) {
      return { answer: await known.answer, ageMs: this.#now() - known.readAtMs };
    }
    if (this.#entries.size >= AnswerCache.MAX_ENTRIES) this.#entries.clear();
    const answer = read();
    const entry = { answer, readAtMs: now };
    this.#entries.set(name, entry);
    try {
      return { answer: await answer, ageMs: 0 };
    } catch (error) {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
      throw error;
    }
  }
}

/**
 * Makes an answer of an object, with an ETag of its content.
 *
 * @param body what is serialized
 */
export function answerOf(body: object): CachedAnswer {
  const text = JSON.stringify(body);
  return { body: text, etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"` };
}

/**
 * The HTTP answer: it may be this many seconds old, counted from when it was read. Age says how much of that is over,
 * rounded up, so that no cache on the way keeps it longer (RFC 9111 §4.2). An unchanged body is not sent again.
 *
 * @param event the request
 * @param answer what is answered
 * @param ageMs milliseconds since it was read
 * @param lifetimeSeconds how old it may be
 */
export function cacheable(
  event: APIGatewayProxyEvent,
  { body, etag }: CachedAnswer,
  ageMs: number,
  lifetimeSeconds: number,
): APIGatewayProxyResult {
  const headers = {
    "content-type": "application/json",
    etag,
    "cache-control": `public, max-age=${lifetimeSeconds}`,
    age: String(Math.ceil(ageMs / 1_000)),
  };
  const known = headerValues(event, "if-none-match").flatMap((value) => value.split(",").map((tag) => tag.trim()));
  if (known.includes(etag) || known.includes(`W/${etag}`)) {
    const { "content-type": _, ...validators } = headers;
    return { statusCode: 304, headers: validators, body: "" };
  }
  return { statusCode: 200, headers, body };
}
