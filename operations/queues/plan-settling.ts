import { readOutcome } from "../../shared/messages/queue.ts";
import type { KeySource } from "../../shared/runtime/key-ring.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";
import { holdingDeadLetters } from "./hold-dead-letters.ts";
import { earliest, genuineOf, type Letter } from "./settle.ts";
import { countedBy } from "./settle-law.ts";

/** What settling a law would do, if nothing changes until then. */
export interface SettlePlan {
  /** Dead letters of outcomes that are of this law. */
  readonly deadLetters: number;
  /** Voters whose earliest submission would be counted, because none of theirs is. */
  readonly wouldCount: number;
  /** Dead letters that would be sent back: duplicates of a counted vote, and first votes that failed. */
  readonly wouldSendBack: number;
  /** Left: their voters have no counted vote, and an earlier release wrote them without their choice. */
  readonly withoutChoice: number;
  /** False when there are more dead letters than could be looked at within the time. */
  readonly complete: boolean;
}

/**
 * Looks at what settling a law would do (settle-steps.ts). The dead letters stay where they are.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param deadline when to stop, in milliseconds of `performance.now()`
 * @param keys the keys of outcomes
 * @throws Refusal when there is no such law
 */
export async function planSettling(
  servers: Servers,
  lawId: string,
  deadline: number,
  keys: KeySource<"macOutcome">,
): Promise<SettlePlan> {
  await existingLaws(servers, [lawId]);
  const found: Letter[] = [];
  const { complete } = await holdingDeadLetters(
    servers,
    "outcomes",
    () => performance.now() > deadline,
    (letter) => {
      const vote = readOutcome(letter.body);
      if (vote?.lawId === lawId) found.push({ ...letter, vote });
    },
  );
  const { letters } = await genuineOf(found, keys);
  const voters = [...new Set(letters.map(({ vote }) => vote.voterHash))];
  const counted = await countedBy(servers.pool, lawId, voters);
  const failed = letters.filter(({ vote }) => vote.outcome !== "duplicate");
  // A first vote that failed is sent back before its duplicates, and is counted when aggregate can record it.
  const hasFirst = new Set([...counted.keys(), ...failed.map(({ vote }) => vote.voterHash)]);
  const uncounted = letters.filter(({ vote }) => !hasFirst.has(vote.voterHash));
  const first = earliest(uncounted);
  const settled = new Set(first.map(({ vote }) => vote.voterHash));
  const withoutChoice = uncounted.filter(({ vote }) => !settled.has(vote.voterHash)).length;
  return {
    deadLetters: letters.length,
    wouldCount: first.length,
    wouldSendBack: letters.length - first.length - withoutChoice,
    withoutChoice,
    complete,
  };
}
