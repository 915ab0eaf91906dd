import { expect, test } from "vitest";
import { LIFE_SEEDS, randomHistory } from "../../proving/simulation/random-history.ts";
import { simulate } from "../../proving/simulation/run.ts";
import { tell } from "../../proving/simulation/timeline.ts";

/** A test each, so that a failure does not hide the others. */
const BLOCKS = 3;
const BLOCK = 120;
const FIRSTS = Array.from({ length: BLOCKS }, (_, index) => LIFE_SEEDS + index * BLOCK + 1);
/** Acts that a block must have done while faults happen. */
const ACTS = ["add-law", "seal-roll", "open-law", "close-law", "find-voter", "restore-acts"];

test.for(FIRSTS)(
  `drafts and ends that move in histories %i and the ${BLOCK - 1} after it: no vote before the seal, none outside the windows`,
  async (first) => {
    let accepted = 0;
    const acts = new Set<string>();
    for (let seed = first; seed < first + BLOCK; seed++) {
      const verdict = await simulate(randomHistory(seed), true);
      if (verdict.findings.length > 0) {
        expect.fail(await tell(randomHistory(seed), `npm run simulate -- --seed ${seed} --histories 1`));
      }
      accepted += verdict.accepted;
      for (const { number, process } of verdict.steps) {
        if (number < verdict.healedFrom) acts.add(process.slice(process.indexOf(": ") + 2));
      }
    }
    // Histories in which no draft becomes a law that takes votes would prove nothing.
    expect(accepted).toBeGreaterThan(3 * BLOCK);
    expect([...acts]).toEqual(expect.arrayContaining(ACTS));
  },
);
