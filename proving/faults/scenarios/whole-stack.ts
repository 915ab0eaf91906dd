import { judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { Voting } from "../voting.ts";
import { momentsOf, underVotes } from "./kills.ts";

const VOTES = 4_000;
/** Container engines kill a process that has not ended ten seconds after SIGTERM. */
const ENGINE_PATIENCE_S = 10;

/** Ends the whole stack in the middle of the votes and starts it again on the same data. */
async function endAndStartAgain(context: FaultContext, signal: NodeJS.Signals): Promise<Figures> {
  const { stack } = context;
  const voting = await Voting.prepare(context);
  const notes: string[] = [];
  const findings: string[] = [];
  await underVotes(context, voting, momentsOf(context, 1), async () => {
    context.say(`${signal} to the supervisor`);
    const { seconds, how } = await stack.stop(signal);
    notes.push(`ended after ${seconds.toFixed(1)} s (${how})`);
    if (signal === "SIGTERM" && (how !== "exit code 0" || seconds > ENGINE_PATIENCE_S)) {
      findings.push(`after SIGTERM it ended with ${how} in ${seconds.toFixed(1)} s`);
    }
    const startedMs = performance.now();
    await stack.startAgain();
    notes.push(`took votes again ${((performance.now() - startedMs) / 1_000).toFixed(1)} s later`);
  });
  return judge(context, voting, { note: notes.join(", "), findings });
}

export const wholeStackScenarios: readonly FaultScenario[] = [
  {
    name: "kill-supervisor",
    does: "kill -9 of the supervisor, then a start on the same data",
    votes: VOTES,
    run: (context) => endAndStartAgain(context, "SIGKILL"),
  },
  {
    name: "sigterm",
    does: "SIGTERM, then a start on the same data",
    votes: VOTES,
    mistake: "a process does not end on SIGTERM and is killed: votes in its memory are lost",
    run: (context) => endAndStartAgain(context, "SIGTERM"),
  },
];
