import { describe, expect, test } from "vitest";
import { limitOf } from "../../commands/test/tags.ts";
import { randomHistory } from "../../proving/simulation/random-history.ts";
import { simulate } from "../../proving/simulation/run.ts";
import { tell } from "../../proving/simulation/timeline.ts";

/** A test each, so that a failure does not hide the others. */
const BLOCKS = 10;
const BLOCK = 300;
/** A history in which a restore is called away just after it has marked receipts, which is rare. */
const RARE = 3_468;

/** What happened in the histories of a block. */
interface Block {
  accepted: number;
  steps: number;
  lost: number;
  /** The history with findings, if there is one; it is the last of its block. */
  failed: number | undefined;
  /** Which process met which fault. */
  readonly faults: Set<string>;
}

const blocks = new Map<number, Promise<Block>>();

/** Simulates a block once, for the tests that look at it. */
function blockFrom(first: number): Promise<Block> {
  const block = blocks.get(first) ?? simulateBlock(first);
  blocks.set(first, block);
  return block;
}

async function simulateBlock(first: number, size = BLOCK): Promise<Block> {
  const block: Block = { accepted: 0, steps: 0, lost: 0, failed: undefined, faults: new Set() };
  for (let seed = first; seed < first + size && block.failed === undefined; seed++) {
    const verdict = await simulate(randomHistory(seed), true);
    if (verdict.findings.length > 0) block.failed = seed;
    block.accepted += verdict.accepted;
    block.steps += verdict.stepCount;
    block.lost += verdict.lost;
    for (const { process, fault } of verdict.steps) {
      if (fault !== undefined) block.faults.add(`${process.replaceAll(/ \d+$/g, "").replaceAll(/.* /g, "")}: ${fault}`);
    }
  }
  return block;
}

const FIRSTS = Array.from({ length: BLOCKS }, (_, index) => index * BLOCK + 1);

describe("whatever happens in whatever order", () => {
  test.for(FIRSTS)(
    `histories %i and the ${BLOCK - 1} after it: every vote is counted once or has a reason`,
    { timeout: limitOf(240) },
    async (first) => {
      const { failed, accepted, steps, lost } = await blockFrom(first);
      if (failed !== undefined) {
        expect.fail(await tell(randomHistory(failed), `npm run simulate -- --seed ${failed} --histories 1`));
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

  test("injects every kind of fault, in every part of the system", {
    // Alone it simulates the blocks itself.
    timeout: limitOf(240),
  }, async () => {
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
    for (const fault of (await simulateBlock(RARE, 1)).faults) missing.delete(fault);
    for (const first of FIRSTS) {
      if (missing.size === 0) break;
      for (const fault of (await blockFrom(first)).faults) missing.delete(fault);
    }
    expect([...missing]).toEqual([]);
  });
});
