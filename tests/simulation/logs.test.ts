import { expect, test } from "vitest";
import { LOG_SEEDS, randomHistory } from "../../proving/simulation/random-history.ts";
import { simulate } from "../../proving/simulation/run.ts";
import { tell } from "../../proving/simulation/timeline.ts";

/** A test each, so that a failure does not hide the others. */
const BLOCKS = 3;
const BLOCK = 60;
const FIRSTS = Array.from({ length: BLOCKS }, (_, index) => LOG_SEEDS + index * BLOCK + 1);

test.for(FIRSTS)(
  `public logs of histories %i and the ${BLOCK - 1} after it say what happened, once, and extend what they have said`,
  async (first) => {
    let lost = 0;
    for (let seed = first; seed < first + BLOCK; seed++) {
      const verdict = await simulate(randomHistory(seed));
      if (verdict.findings.length > 0) {
        expect.fail(await tell(randomHistory(seed), `npm run simulate -- --seed ${seed} --histories 1`));
      }
      lost += verdict.lost;
    }
    // Restores that lose nothing would prove nothing.
    expect(lost).toBeGreaterThan(0);
  },
);
