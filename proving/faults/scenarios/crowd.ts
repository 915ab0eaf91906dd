import { whileFrozen } from "../../../machine/processes.ts";
import { rollPorts } from "../../../operations/roll/stores/roll-ports.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { VALIDATE_BATCH, VALIDATORS } from "../stack.ts";
import { type Submission, submissionOf, Voting } from "../voting.ts";

/** How often each voter posts at the same time. */
const POSTS = 4;
const TAKEN_WITHIN_MS = 20_000;

/**
 * Voters post four times at the same time. Three validators are stopped until each of them has a batch, so that they
 * begin at the same moment.
 */
async function crowd(context: FaultContext): Promise<Figures> {
  const { stack, random, votes, signal, say } = context;
  const voting = await Voting.prepare(context, {
    voters: votes / POSTS,
    plan: (voters): Submission[] =>
      random.shuffled(voters.flatMap((voter) => Array.from({ length: POSTS }, () => submissionOf(voter)))),
  });
  let atOnce = 0;
  await stack.withTarget(async (target) => {
    const { consumer } = rollPorts(target);
    await consumer.pause();
    try {
      await voting.driveAtOnce();
      const { validate } = await stack.pids();
      const wanted = Math.min(VALIDATORS * VALIDATE_BATCH, votes);
      await whileFrozen(validate, async () => {
        await consumer.resume();
        const taken = async () => {
          const { queues } = await stack.status();
          const held = queues.find(({ name }) => name.endsWith("-votes"))?.in_flight ?? 0;
          atOnce = Math.ceil(held / VALIDATE_BATCH);
          return held >= wanted;
        };
        await waitUntil(`${VALIDATORS} validators have a batch`, taken, { withinMs: TAKEN_WITHIN_MS, signal });
      });
    } finally {
      await consumer.resume();
    }
  });
  say(`${atOnce} validators began in the same moment`);
  return judge(context, voting, ({ audit }) => ({
    note: `${audit.counted} counted of ${votes / POSTS} voters who posted ${POSTS} times each; ${atOnce} validators at once`,
  }));
}

export const crowdScenarios: readonly FaultScenario[] = [
  {
    name: "crowd",
    does: `400 voters post ${POSTS} times at the same time, to ${VALIDATORS} validators`,
    votes: 400 * POSTS,
    mistake: "check and mark are two steps: more votes than voters are counted",
    run: crowd,
  },
];
