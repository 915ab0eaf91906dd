import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../../commands/faults/random.ts";
import { SCENARIOS } from "../../../commands/faults/scenarios/index.ts";
import { FaultStack } from "../../../commands/faults/stack.ts";

/** `npm run faults` sends thousands of votes for each; what must hold is the same with some hundreds. */
const RATE = 100;

let stack: FaultStack;
beforeAll(async () => {
  stack = await FaultStack.start();
});
afterAll(async () => stack.close());

describe("under votes, with nothing lost and nobody counted twice", { tags: ["faults", "slow"] }, () => {
  test.each([
    ["kill-any", 600],
    ["redis-older", 400],
    ["redis-rebuilt", 400],
    ["hang", 500],
    ["crowd", 1_600],
    ["file-limit", 400],
    ["clock", 400],
  ] as const)("%s", async (name, votes) => {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`there is no fault ${name}`);
    const said: string[] = [];
    const seed = Math.floor(Math.random() * 2 ** 31);
    const figures = await scenario.run({
      stack,
      random: seededRandom(seed),
      votes,
      rate: RATE,
      signal: new AbortController().signal,
      say: (text) => said.push(text),
    });
    expect({ ...figures, findings: figures.findings, said, seed }).toMatchObject({ findings: [] });
    expect(figures).toMatchObject({ accepted: votes, lost: 0, countedTwice: 0 });
    expect(figures.counted + figures.duplicate + figures.invalid).toBe(votes);
  });
});
