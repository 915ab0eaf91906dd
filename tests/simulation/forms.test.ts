import { describe, expect, test } from "vitest";
import { FORM_SEEDS, randomHistory } from "../../proving/simulation/random-history.ts";
import { simulate } from "../../proving/simulation/run.ts";
import { tell } from "../../proving/simulation/timeline.ts";

/** A test each, so that a failure does not hide the others. */
const BLOCKS = 4;
const BLOCK = 100;
const FIRSTS = Array.from({ length: BLOCKS }, (_, index) => FORM_SEEDS + index * BLOCK + 1);

describe("open and sealed laws, whatever is put on the queues", () => {
  test.for(FIRSTS)(
    `histories %i and the ${BLOCK - 1} after it: what ingest sent is counted once, and the box has one envelope each`,
    async (first) => {
      const totals = { envelopes: 0, spoiled: 0, copies: 0, refused: 0 };
      for (let seed = first; seed < first + BLOCK; seed++) {
        const { findings, forms } = await simulate(randomHistory(seed));
        if (findings.length > 0) {
          expect.fail(await tell(randomHistory(seed), `npm run simulate -- --seed ${seed} --histories 1`));
        }
        for (const name of ["envelopes", "spoiled", "copies", "refused"] as const) totals[name] += forms[name];
      }
      // Histories in which nobody copies or forges anything would prove nothing.
      expect(totals.envelopes).toBeGreaterThan(BLOCK);
      expect(totals.spoiled).toBeGreaterThan(0);
      expect(totals.copies).toBeGreaterThan(BLOCK / 10);
      expect(totals.refused).toBeGreaterThan(BLOCK / 2);
    },
  );
});
