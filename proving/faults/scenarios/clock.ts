import { setFrozen } from "../../../operations/laws/freeze.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { StackClock } from "../clock.ts";
import { judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { Voting } from "../voting.ts";
import { killWithBatch, momentsOf, underVotes } from "./kills.ts";

const HOUR_MS = 3_600_000;
/** How far ahead the clock is set, one after the other: from each to the next it steps by an hour, forth or back. */
const AHEAD_MS = [HOUR_MS, 0, -HOUR_MS, 0, HOUR_MS, 0];
/** A step for so many votes; at least as far as the hour that it is behind. */
const VOTES_PER_STEP = 600;
const FEWEST_STEPS = 3;
const FOLLOWS_WITHIN_MS = 10_000;

/**
 * The clock steps by an hour while votes come in and a batch is in hand: its consumer is killed just before, so that a
 * queue which measures time by that clock would hide the batch for an hour. At the end a law is frozen just after a step
 * back, so that an ingest which remembers laws by that clock would go on to take votes for an hour.
 */
async function stepClock(context: FaultContext): Promise<Figures> {
  const { stack, say, votes } = context;
  const steps = AHEAD_MS.slice(0, Math.max(FEWEST_STEPS, Math.round(votes / VOTES_PER_STEP)));
  const clock = await StackClock.start(stack);
  try {
    const voting = await Voting.prepare(context);
    const [first] = voting.submissions;
    await underVotes(context, voting, momentsOf(context, steps.length), async (index) => {
      const aheadMs = steps[index] ?? 0;
      await killWithBatch(context, index % 2 === 0 ? "validate" : "aggregate");
      await clock.set(aheadMs);
      const followed = async () => {
        // The same submission once more: whenever it comes, it stays the same.
        if (first !== undefined) await voting.send(first);
        return Math.abs(voting.clockAheadMs - aheadMs) < HOUR_MS / 2;
      };
      await waitUntil("ingest has the new time", followed, { withinMs: FOLLOWS_WITHIN_MS, signal: context.signal });
      say(`the clock is ${aheadMs / HOUR_MS} h ahead`);
    });
    const figures = await judge(context, voting, {
      note: "shifted: every Node process (ingest, queues, gateway, functions, DynamoDB's emulator); not Redis and PostgreSQL",
    });
    await clock.set(-HOUR_MS);
    const late = await stack.withTarget(async (target) => {
      await setFrozen(target, voting.lawId, true);
      return voting.client.vote(
        { nas: "123456789", code: "ABC123", law_id: voting.lawId, vote: "oui" },
        voting.lawId,
        5_000,
      );
    });
    return late.status === 409
      ? figures
      : { ...figures, findings: [...figures.findings, `a frozen law took a vote after a step back: ${late.status}`] };
  } finally {
    await clock.end();
  }
}

export const clockScenarios: readonly FaultScenario[] = [
  {
    name: "clock",
    does: `the clock of all Node processes is set forward and back by an hour, ${AHEAD_MS.length} times`,
    votes: 4_000,
    run: stepClock,
  },
];
