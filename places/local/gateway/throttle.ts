import type { Route, Throttle } from "../template/apis.ts";

/**
 * The token bucket of an API Gateway stage: at most `burst` tokens, `ratePerSecond` new ones per second, one per
 * request (API Gateway Developer Guide, "Throttle requests to your REST APIs").
 */
export class TokenBucket {
  readonly #ratePerSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /**
   * @param ratePerSecond steady requests per second
   * @param burst requests at once
   * @param now milliseconds of a clock that never goes back
   */
  constructor(ratePerSecond: number, burst: number, now: () => number) {
    this.#ratePerSecond = ratePerSecond;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#at = now();
  }

  /** Takes a token. @returns false if there is none */
  take(): boolean {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#ratePerSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** The buckets of a stage: one for each method with a separate limit, and one for all other methods together. */
export class Throttles {
  readonly #buckets: ReadonlyMap<string, TokenBucket>;

  /**
   * @param throttles the limits
   * @param now milliseconds of a clock that never goes back
   */
  constructor(throttles: readonly Throttle[], now: () => number) {
    this.#buckets = new Map(
      throttles.map(({ method, path, ratePerSecond, burst }) => [
        `${method} ${path}`,
        new TokenBucket(ratePerSecond, burst, now),
      ]),
    );
  }

  /**
   * Takes a token for a request.
   *
   * @param route the request's route; undefined: none
   * @returns false if there is none
   */
  take(route: Pick<Route, "method" | "path"> | undefined): boolean {
    const own = route && this.#buckets.get(`${route.method} ${route.path}`);
    return (own ?? this.#buckets.get("* /*"))?.take() ?? true;
  }
}
