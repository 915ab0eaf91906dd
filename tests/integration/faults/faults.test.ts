import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCENARIOS } from "../../../proving/faults/scenarios/index.ts";
import { FaultStack } from "../../../proving/faults/stack.ts";
import { seededRandom } from "../../../proving/random.ts";

/** `npm run faults` sends thousands of votes per fault. The same rules must hold with some hundreds. */
const RATE = 100;
const VOTES = {
  "kill-any": 600,
  "redis-older": 400,
  "redis-rebuilt": 400,
  hang: 500,
  crowd: 1_600,
  "file-limit": 400,
  clock: 400,
};

let stack: FaultStack;
beforeAll(async () => {
  stack = await FaultStack.start();
});
afterAll(async () => stack?.close());

describe("every accepted vote is counted, duplicate or invalid, and nobody is counted twice", () => {
  for (const [name, votes] of Object.entries(VOTES)) {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`there is no fault ${name}`);
    const missing = scenario.unavailable?.();

    test.skipIf(missing !== undefined)(`${name}: ${scenario.does}`, { tags: ["faults", "slow"] }, async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const said: string[] = [];
      const figures = await scenario.run({
        stack,
        random: seededRandom(seed),
        votes,
        rate: RATE,
        signal: new AbortController().signal,
        say: (text) => said.push(text),
      });
      const { accepted, counted, duplicate, invalid, lost, countedTwice, findings } = figures;
      // The message of a failure has the actions and the seed that repeats them.
      expect({ findings, said, seed }).toEqual({ findings: [], said, seed });
      expect({ accepted, lost, countedTwice }).toEqual({ accepted: votes, lost: 0, countedTwice: 0 });
      expect(counted + duplicate + invalid).toBe(votes);
      if (name === "crowd") expect({ counted, duplicate }).toEqual({ counted: 400, duplicate: 1_200 });
    });
  }
});
