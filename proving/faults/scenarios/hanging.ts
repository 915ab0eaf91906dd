import { setTimeout as pause } from "node:timers/promises";
import { processExists, signalAll } from "../../../machine/processes.ts";
import { holdsWithin } from "../../../shared/runtime/wait.ts";
import { judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { CONSUMERS } from "../stack.ts";
import { Voting } from "../voting.ts";
import { batchTaken, momentsOf, underVotes } from "./kills.ts";

/** One hang in this many votes, so that there are votes for each; at least one per consumer. */
const VOTES_PER_HANG = 1_000;
const VOTES = 4_000;
/** At some moment within the batch. */
const INTO_THE_BATCH_MS = 20;
/** The functions' time limit is two seconds. A function that has just finished its batch hangs in the next one. */
const ENDED_WITHIN_MS = 8_000;

/** A function hangs in a batch until the runtime ends it at its time limit. */
async function hang(context: FaultContext): Promise<Figures> {
  const { random, signal, say } = context;
  const hangs = Math.max(CONSUMERS.length, Math.round(context.votes / VOTES_PER_HANG));
  const voting = await Voting.prepare(context);
  let timedOut = 0;
  await underVotes(context, voting, momentsOf(context, hangs), async (index) => {
    const name = CONSUMERS[index % CONSUMERS.length] ?? "validate";
    const later = random.next() * INTO_THE_BATCH_MS;
    const { pids } = await batchTaken(context, name);
    await pause(later);
    const frozen = signalAll(pids, "SIGSTOP");
    try {
      const ended = () => frozen.some((pid) => !processExists(pid));
      if (await holdsWithin(ended, { withinMs: ENDED_WITHIN_MS, signal })) timedOut += 1;
      say(`${name} hung, and ${frozen.filter((pid) => !processExists(pid)).length} of its processes were ended`);
    } finally {
      signalAll(frozen, "SIGCONT");
    }
  });
  return judge(context, voting, {
    note: `${timedOut} of ${hangs} hangs lasted until the time limit`,
    findings: timedOut === 0 ? ["no function reached its time limit: the fault was not tried"] : [],
  });
}

export const hangingScenarios: readonly FaultScenario[] = [
  {
    name: "hang",
    does: `a function hangs in a batch until its time limit, ${VOTES / VOTES_PER_HANG} times`,
    votes: VOTES,
    run: hang,
  },
];
