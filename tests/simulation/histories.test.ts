import { describe, expect, test } from "vitest";
import { BASELINES, crashPoints } from "../../proving/simulation/crash-points.ts";
import { randomHistory } from "../../proving/simulation/history.ts";
import { simulate } from "../../proving/simulation/run.ts";
import { tell } from "../../proving/simulation/timeline.ts";

/** A test each, so that a failure does not hide the others. */
const BLOCKS = 10;
const BLOCK = 300;

describe("at whatever step a fault happens", () => {
  test.for(Object.entries(BASELINES))("%s: every vote is counted once or has a reason", async ([name, baseline]) => {
    const histories = await crashPoints(baseline);
    // Fewer would mean that the history no longer does what it is there for.
    expect(histories.length).toBeGreaterThan(100);
    for (const history of histories) {
      const { findings } = await simulate(history);
      if (findings.length > 0) expect.fail(await tell(history, `"${name}" with ${JSON.stringify(history.faults)}`));
    }
  });
});

describe("whatever happens in whatever order", () => {
  test.for(Array.from({ length: BLOCKS }, (_, index) => index * BLOCK + 1))(
    `histories %i and the ${BLOCK - 1} after it: every vote is counted once or has a reason`,
    async (first) => {
      let accepted = 0;
      let steps = 0;
      let lost = 0;
      for (let seed = first; seed < first + BLOCK; seed++) {
        const verdict = await simulate(randomHistory(seed));
        if (verdict.findings.length > 0) {
          expect.fail(await tell(randomHistory(seed), `npm run simulate -- --seed ${seed} --histories 1`));
        }
        accepted += verdict.accepted;
        steps += verdict.stepCount;
        lost += verdict.lost;
      }
      // Histories in which nothing happens would prove nothing.
      expect(accepted).toBeGreaterThan(3 * BLOCK);
      expect(steps).toBeGreaterThan(100 * BLOCK);
      expect(lost).toBeGreaterThan(BLOCK / 100);
    },
  );
});

describe("a simulation", () => {
  test("is the same every time, to the last step", async () => {
    for (const seed of [7, 77, 777]) {
      const history = randomHistory(seed);
      expect(await simulate(history, true)).toEqual(await simulate(randomHistory(seed), true));
    }
  });

  test("injects every kind of fault, in every part of the system", async () => {
    const expected = [
      ...["crash before", "crash after", "error before", "error after", "part", "stall"].map(
        (one) => `validate: ${one}`,
      ),
      ...["crash before", "crash after", "error before", "error after", "part", "stall"].map(
        (one) => `aggregate: ${one}`,
      ),
      ...["crash before", "error before"].map((one) => `session: ${one}`),
      // Operators' commands, and the functions of the operators' API by the act that they do.
      ...["load", "rebuild", "redrive", "begin-load", "load-chunk", "finish-load", "rebuild-rolls"].flatMap((name) =>
        ["crash before", "crash after", "error before", "error after"].map((one) => `${name}: ${one}`),
      ),
      ...["settle", "freeze", "freeze-law", "close-law"].map((name) => `${name}: error before`),
      ...["crash before", "crash after", "error before", "error after", "part", "stall"].map(
        (one) => `restore: ${one}`,
      ),
    ];
    const missing = new Set(expected);
    for (let seed = 1; seed <= 3_000 && missing.size > 0; seed++) {
      for (const { process, fault } of (await simulate(randomHistory(seed), true)).steps) {
        if (fault !== undefined) missing.delete(`${process.replaceAll(/ \d+$/g, "").replaceAll(/.* /g, "")}: ${fault}`);
      }
    }
    expect([...missing]).toEqual([]);
  });
});
