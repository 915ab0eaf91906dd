import { describe, expect, test } from "vitest";
import { COUNTING_SEEDS, randomHistory } from "../../proving/simulation/random-history.ts";
import { simulate } from "../../proving/simulation/run.ts";
import { tell } from "../../proving/simulation/timeline.ts";

/** A test each, so that a failure does not hide the others. */
const BLOCKS = 5;
const BLOCK = 100;
const FIRSTS = Array.from({ length: BLOCKS }, (_, index) => COUNTING_SEEDS + index * BLOCK + 1);

describe("whoever counts a law, and whatever happens meanwhile", () => {
  test.for(FIRSTS)(
    `histories %i and the ${BLOCK - 1} after it: every accepted vote is in the count, and nothing changes it afterwards`,
    async (first) => {
      let during = 0;
      const faults = new Set<string>();
      for (let seed = first; seed < first + BLOCK; seed++) {
        const { findings, steps, healedFrom } = await simulate(randomHistory(seed), true);
        if (findings.length > 0) {
          expect.fail(await tell(randomHistory(seed), `npm run simulate -- --seed ${seed} --histories 1`));
        }
        const ended = steps.filter(({ label }) => label.includes("end the recording"));
        expect(ended.length, "with nothing wrong, every law can be counted").toBeGreaterThan(0);
        if (ended.some(({ number }) => number < healedFrom)) during += 1;
        for (const { process, fault } of steps) {
          if (fault !== undefined && process.includes("count-law")) faults.add(fault);
        }
      }
      // Histories in which counting is never disturbed, or never comes before the end, would prove nothing.
      expect(during).toBeGreaterThan(BLOCK / 4);
      expect([...faults]).toEqual(
        expect.arrayContaining(["crash before", "crash after", "error before", "error after"]),
      );
    },
  );
});
