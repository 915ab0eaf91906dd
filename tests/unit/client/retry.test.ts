import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BACK_OFF,
  backOffMs,
  mayHaveArrived,
  pollMs,
  retryAfterMs,
  shouldRetry,
  waitMs,
} from "../../../client/retry.mjs";

/** Repeated from run to run: a failure names the counterexample, and this seed brings it back. */
const SEED = 20_251_006;
const retries = fc.nat(2_000);
/** What Math.random may return. */
const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const NOW = Date.UTC(2025, 9, 6, 15, 4, 5, 678);

function holds<T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>): void {
  fc.assert(property, { seed: SEED, numRuns: 2_000 });
}

/** Numbers as Math.random gives them, the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("what is sent again", () => {
  test("is 429, 502, 503 and 504, and nothing else", () => {
    const statuses = Array.from({ length: 500 }, (_, index) => 100 + index);
    expect(statuses.filter(shouldRetry)).toEqual([429, 502, 503, 504]);
  });

  test("can only have arrived if no 4xx refused it", () => {
    const statuses = Array.from({ length: 500 }, (_, index) => 100 + index);
    expect(statuses.filter((status) => !mayHaveArrived(status))).toEqual(
      Array.from({ length: 100 }, (_, index) => 400 + index),
    );
  });
});

describe("the back-off", () => {
  test("is between 0 and a bound that doubles up to the cap, for every random number", () => {
    holds(
      fc.property(retries, dice, (retry, roll) => {
        const wait = backOffMs(retry, () => roll);
        const bound = Math.min(BACK_OFF.capMs, BACK_OFF.baseMs * 2 ** retry);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(bound);
        expect(wait).toBe(roll * bound);
      }),
    );
  });

  test("has the bounds 250, 500, … 8,000 and then 10,000 ms", () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 7, 2_000].map((retry) => backOffMs(retry, () => 1));
    expect(bounds).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  });

  test("spreads clients that were refused together evenly over the whole time", () => {
    const random = seeded(SEED);
    const tenths = new Array<number>(10).fill(0);
    for (let client = 0; client < 10_000; client += 1) {
      const tenth = Math.floor(backOffMs(2, random) / 100);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe("Retry-After", () => {
  test.each([
    ["0", 0],
    ["2", 2_000],
    [" 120 ", 120_000],
    ["Mon, 06 Oct 2025 15:04:15 GMT", 9_322],
    ["Monday, 06-Oct-25 15:04:15 GMT", 9_322],
    ["Mon Oct  6 15:04:15 2025", 9_322],
    ["Mon, 06 Oct 2025 15:04:05 GMT", 0],
    ["Wed, 21 Oct 2015 07:28:00 GMT", 0],
  ])("%j is %d ms from now", (value, expected) => expect(retryAfterMs(value, NOW)).toBe(expected));

  test.each([["", "-1", "1.5", "2e3", "0x10", "soon", "2025-10-06", "Mon, 32 Oct 2025 99:04:15 GMT", null, undefined]])(
    "that cannot be read counts as missing: %j, …",
    (...values) => {
      expect(values.map((value) => retryAfterMs(value, NOW))).toEqual(values.map(() => undefined));
    },
  );

  test("in seconds is read for every number, and is never negative", () => {
    holds(
      fc.property(fc.nat(), fc.string(), (seconds, text) => {
        expect(retryAfterMs(String(seconds), NOW)).toBe(seconds * 1_000);
        expect(retryAfterMs(text, NOW) ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("as a date is read in every time zone of the client", () => {
    const dates = fc.date({ min: new Date(NOW), max: new Date(NOW + 1e10), noInvalidDate: true });
    holds(
      fc.property(dates, (date) => {
        const wholeSeconds = Math.floor(date.getTime() / 1_000) * 1_000;
        expect(retryAfterMs(date.toUTCString(), NOW)).toBe(Math.max(0, wholeSeconds - NOW));
      }),
    );
  });

  test("is the shortest wait, and the back-off is added to it", () => {
    holds(
      fc.property(retries, dice, fc.nat(3_600), (retry, roll, seconds) => {
        const of = { retryAfter: String(seconds), nowMs: NOW, random: () => roll };
        const wait = waitMs(retry, of);
        expect(wait).toBeGreaterThanOrEqual(seconds * 1_000);
        expect(wait).toBeCloseTo(seconds * 1_000 + backOffMs(retry, () => roll));
        expect(waitMs(retry, { ...of, retryAfter: null })).toBe(backOffMs(retry, () => roll));
      }),
    );
  });
});

describe("looking at a receipt", () => {
  test("happens at most four times per second, and at least once in five seconds", () => {
    holds(
      fc.property(retries, dice, (poll, roll) => {
        const wait = pollMs(poll, () => roll);
        expect(wait).toBeGreaterThanOrEqual(poll === 0 ? 250 : 500);
        expect(wait).toBeLessThanOrEqual(5_000);
      }),
    );
  });
});
