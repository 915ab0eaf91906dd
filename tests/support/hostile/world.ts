import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadVoters, type TestEnvironment, type Voter } from "../environment.ts";
import { choiceOf } from "./bodies.ts";
import type { World } from "./contract.ts";
import type { AcceptedVote } from "./judge.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ALL = `${LETTERS}0123456789`;
/** Nothing of what these tests send is to be refused for its number. */
export const UNTHROTTLED = {
  throttleRate: 1_000_000,
  throttleBurst: 1_000_000,
  readRate: 1_000_000,
  readBurst: 1_000_000,
};

const randomCode = (alphabet: string, length: number) =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");

/**
 * Voters whose NAS and codes are recognised wherever they turn up; every other code is of letters only, as a name is.
 */
function recognisable(count: number): Voter[] {
  const first = randomInt(100_000_000, 900_000_000);
  return Array.from({ length: count }, (_, index) => ({
    nas: String(first + index * 7),
    code: randomCode(index % 2 === 0 ? LETTERS : ALL, 10 + (index % 23)),
  }));
}

/**
 * Adds laws in every state, a roll, and some votes whose receipts are final.
 *
 * @param env a separate stack
 * @param onRoll voters on the rolls
 * @param strangers voters on none
 * @returns the world and its first votes
 */
export async function buildWorld(
  env: TestEnvironment,
  onRoll: number,
  strangers: number,
): Promise<{ world: World; first: readonly AcceptedVote[] }> {
  const lawIdOf = async (law: Parameters<TestEnvironment["newLaw"]>[1] = {}) => (await env.newLaw(null, law)).lawId;
  const openLaws = [await lawIdOf(), await lawIdOf({ pepper: true })];
  const frozen = await lawIdOf();
  await env.target.laws.setFrozen(frozen, true);
  const otherLaws = [
    await lawIdOf({ opens: "2020-01-01T00:00:00Z", closes: "2020-01-02T00:00:00Z" }),
    await lawIdOf({ opens: "2090-01-01T00:00:00Z" }),
    frozen,
  ];
  const voters = recognisable(onRoll + strangers);
  await loadVoters(env.target, openLaws, voters.slice(0, onRoll));
  const answers = await Promise.all(
    openLaws.flatMap((lawId) =>
      voters.slice(0, 20).map(async (voter, index) => {
        const vote = { ...voter, lawId, choice: choiceOf(index) };
        const answer = await env.api.vote({ lawId, voter, vote: vote.choice });
        return { answer, accepted: { requestId: answer.field("request_id"), vote } };
      }),
    ),
  );
  await env.decided(answers.map(({ answer }) => answer));
  const first = answers.map(({ accepted }) => accepted);
  const issued = first.map(({ requestId }) => requestId);
  return { world: { openLaws, otherLaws, voters, onRoll, issued }, first };
}

/** The outcomes that a law's accepted votes must have. */
export interface Expected {
  readonly oui: number;
  readonly non: number;
  readonly duplicate: number;
  readonly invalid: number;
}

/**
 * Counts accepted votes as the contract says: of voters on the roll, each once.
 *
 * @param world who is on the roll
 * @param lawId the law
 * @param accepted every vote that was answered 202
 */
export function expectedOf(world: World, lawId: string, accepted: readonly AcceptedVote[]): Expected {
  const roll = new Set(world.voters.slice(0, world.onRoll).map(({ nas, code }) => `${nas}|${code}`));
  const submissions = new Map(accepted.map(({ requestId, vote }) => [requestId, vote]));
  const choices = new Map<string, string>();
  const expected = { oui: 0, non: 0, duplicate: 0, invalid: 0 };
  for (const { nas, code, choice, lawId: own } of submissions.values()) {
    const voter = `${nas}|${code}`;
    if (own !== lawId) continue;
    if (!roll.has(voter)) expected.invalid += 1;
    else if (choices.has(voter)) expected.duplicate += 1;
    else {
      choices.set(voter, choice);
      expected[choice] += 1;
    }
    if (choices.has(voter) && choices.get(voter) !== choice)
      throw new Error("a voter's votes differ: nobody can say which is first");
  }
  return expected;
}

/** Lines of the stack's logs that hold somebody's NAS or code, a voter hash, or one of some texts. */
export function tellingLines(env: TestEnvironment, voters: readonly Voter[], texts: readonly string[]): string[] {
  const secrets = new Set(voters.flatMap(({ nas, code }) => [nas, code]));
  const directory = join(env.stack.data_dir, "logs");
  return readdirSync(directory).flatMap((name) =>
    readFileSync(join(directory, name), "utf8")
      .split("\n")
      .filter((line) => {
        const words = line.match(/[A-Za-z0-9]+/g) ?? [];
        return (
          words.some((word) => secrets.has(word) || /^[0-9a-f]{64}$/.test(word)) ||
          texts.some((text) => line.includes(text))
        );
      })
      .map((line) => `${name}: ${line.slice(0, 300)}`),
  );
}
