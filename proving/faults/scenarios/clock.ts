import { setFrozen } from "../../../operations/laws/freeze.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { StackClock } from "../clock.ts";
import { judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { Voting } from "../voting.ts";
import { killWithBatch, momentsOf, underVotes } from "./kills.ts";

const HOUR_MS = 3_600_000;
/** How far ahead the clock is set, in turn. Each value differs from the one before by an hour. */
const AHEAD_MS = [HOUR_MS, 0, -HOUR_MS, 0, HOUR_MS, 0];
/** One step in this many votes, but at least three, so that the clock is an hour behind at least once. */
const VOTES_PER_STEP = 600;
const FEWEST_STEPS = 3;
const FOLLOWS_WITHIN_MS = 10_000;

/**
 * The clock steps by an hour while votes come in and a batch is under way. Just before, the batch's consumer is killed:
 * a queue that measured time by that clock would hide the batch for an hour. At the end, a law is frozen just after a
 * step back: an ingest that remembered laws by that clock would take votes for another hour.
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
        // The same submission again: it stays the same, whenever it comes.
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
