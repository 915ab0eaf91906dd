import { cp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { existingLaws } from "../../../operations/laws/existing-laws.ts";
import { rebuildRolls } from "../../../operations/roll/rebuild-rolls.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { DRAINED_WITHIN_MS, judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { whileAway } from "../services.ts";
import { Voting } from "../voting.ts";
import { underVotes } from "./kills.ts";

const VOTES = 4_000;
/** More second votes than usual, because this fault is about forgotten claims. */
const DUPLICATES = 0.1;
/** So many claims at least are younger than the older state. Some of their voters vote again, and are known again. */
const FORGOTTEN = 20;
const RESULTS_TIMEOUT_MS = 5_000;

/** Redis comes back with an older state: it has forgotten who has voted since. */
async function olderSnapshot(context: FaultContext, rebuild: boolean): Promise<Figures> {
  const { stack, random, votes } = context;
  const voting = await Voting.prepare(context, { duplicates: DUPLICATES });
  const directory = join(stack.dataDir, "redis");
  const older = join(stack.dataDir, "redis-older");
  const moments = [...random.moments(1, votes * 0.1, votes * 0.3), ...random.moments(1, votes * 0.5, votes * 0.8)];
  let sentBefore = 0;
  try {
    await underVotes(context, voting, moments, async (index) => {
      if (index === 0) {
        await cp(directory, older, { recursive: true });
        sentBefore = voting.sentSoFar;
        return;
      }
      // The older state can have the claims of the votes that were sent before it, and of no others.
      await waitUntil(
        "votes are counted that the older state does not know",
        async () => (await countedOf(voting)) >= sentBefore + FORGOTTEN,
        { withinMs: DRAINED_WITHIN_MS, signal: context.signal },
      );
      context.say(`Redis is given back what it had ${(moments[1] ?? 0) - (moments[0] ?? 0)} votes ago`);
      await whileAway(stack, "redis", "SIGTERM", async () => {
        await rm(directory, { recursive: true });
        await rename(older, directory);
      });
      if (rebuild) await rebuildRoll(context, voting.lawId);
    });
  } finally {
    await rm(older, { recursive: true, force: true });
  }
  return judge(context, voting, ({ cache }) => {
    const note = `${cache.claimsMissing} counted voters had no claim in Redis at the end`;
    if (!rebuild) return { note, findings: cache.claimsMissing === 0 ? ["Redis had forgotten nobody: no fault"] : [] };
    return { note, findings: cache.claimsMissing > 0 ? [`after a rebuild ${note}`] : [] };
  });
}

/** How many votes of the law are counted by now, from the public results. */
async function countedOf({ client, lawId }: Voting): Promise<number> {
  const { body } = await client.get(`/api/v1/results/${lawId}`, RESULTS_TIMEOUT_MS);
  return Number(body["total_votes"] ?? 0);
}

/** The steps of the runbook for a lost Redis. */
async function rebuildRoll({ stack, say }: FaultContext, lawId: string): Promise<void> {
  await stack.withTarget(async (target) => {
    const [rebuilt] = await rebuildRolls(target, await existingLaws(target, [lawId]));
    say(`rebuilt: ${rebuilt?.claims} claims of ${rebuilt?.voters} voters`);
    if (rebuilt?.complete !== true) throw new Error("the roll in Redis is not complete after the rebuild");
  });
}

export const redisScenarios: readonly FaultScenario[] = [
  {
    name: "redis-older",
    does: "Redis comes back with an older snapshot",
    votes: VOTES,
    run: (context) => olderSnapshot(context, false),
  },
  {
    name: "redis-rebuilt",
    does: "Redis comes back with an older snapshot, then rebuild-roll",
    votes: VOTES,
    run: (context) => olderSnapshot(context, true),
  },
];
