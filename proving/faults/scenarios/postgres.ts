import { setTimeout as pause } from "node:timers/promises";
import { judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { whileAway } from "../services.ts";
import { Voting } from "../voting.ts";
import { momentsOf, underVotes } from "./kills.ts";

const VOTES = 4_000;
const AWAY_MS = 30_000;

/** Restarts PostgreSQL at once, three times. */
async function restart(context: FaultContext, signal: NodeJS.Signals): Promise<Figures> {
  const voting = await Voting.prepare(context);
  await underVotes(context, voting, momentsOf(context, 3), async () => {
    context.say(`${signal} to PostgreSQL`);
    await whileAway(context.stack, "postgres", signal, async () => undefined);
  });
  return judge(context, voting);
}

async function away(context: FaultContext): Promise<Figures> {
  const { stack, signal, votes } = context;
  const voting = await Voting.prepare(context);
  let health: unknown;
  // Early, so that there are votes before, during and after the outage.
  const moments = context.random.moments(1, votes * 0.05, votes * 0.1);
  await underVotes(context, voting, moments, async () => {
    context.say("PostgreSQL is stopped");
    await whileAway(stack, "postgres", "SIGINT", async () => {
      // The outage. Votes are sent meanwhile.
      await pause(AWAY_MS, undefined, { signal });
      health = (await voting.client.get("/api/v1/health", 5_000)).body["services"];
    });
    context.say("PostgreSQL runs again");
  });
  const told = JSON.stringify(health)?.includes('"postgresql":"disconnected"') === true;
  return judge(context, voting, {
    note: `stopped for ${AWAY_MS / 1_000} s`,
    findings: told ? [] : [`health did not name PostgreSQL while it was away: ${JSON.stringify(health)}`],
  });
}

export const postgresScenarios: readonly FaultScenario[] = [
  {
    name: "postgres-fast",
    does: "PostgreSQL restarted (fast: SIGINT), 3 times",
    votes: VOTES,
    mistake: "a batch that is repeated is counted again: votes count twice",
    run: (context) => restart(context, "SIGINT"),
  },
  {
    name: "postgres-immediate",
    does: "PostgreSQL restarted (immediate: SIGQUIT), 3 times",
    votes: VOTES,
    run: (context) => restart(context, "SIGQUIT"),
  },
  { name: "postgres-away", does: `PostgreSQL stopped for ${AWAY_MS / 1_000} s`, votes: 2 * VOTES, run: away },
];
