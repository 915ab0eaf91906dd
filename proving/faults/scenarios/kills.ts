import { setTimeout as pause } from "node:timers/promises";
import { signalAll } from "../../../machine/processes.ts";
import type { FrontStatus } from "../../../places/local/local-status.ts";
import { holdsWithin, waitUntil } from "../../../shared/runtime/wait.ts";
import { judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { CONSUMERS, type ConsumerName, STACK_PROCESSES, type StackProcess } from "../stack.ts";
import { Voting } from "../voting.ts";

const QUEUE_OF = { validate: "votes", aggregate: "outcomes" } as const;
/** A function has its batch for some tens of milliseconds; the kill comes at some moment within them. */
const INTO_THE_BATCH_MS = 20;
/** While votes come in, there is about one batch per second. */
const BATCH_WITHIN_MS = 4_000;
const REPLACED_WITHIN_MS = 30_000;
/** The supervisor gives up on a process that ends six times within a minute. */
const MOST_OF_ONE = 3;

/** The first and the last votes meet no fault, because votes before and after a fault must be right as well. */
export function momentsOf({ random, votes }: FaultContext, count: number): number[] {
  return random.moments(count, Math.floor(votes * 0.05), Math.floor(votes * 0.9));
}

/**
 * Waits until a consumer has just taken a batch, or until it is clear that none comes any more.
 *
 * @param context the stack
 * @param name which consumer
 * @returns its processes, and a function that says how many messages of the batch are still under way
 */
export async function batchTaken({ stack, signal }: FaultContext, name: ConsumerName) {
  const underWay = ({ queues }: FrontStatus) =>
    queues.find((queue) => queue.name.endsWith(QUEUE_OF[name]))?.in_flight ?? 0;
  // Batches of earlier kills are also under way until they come back. Only a rise shows a batch that was just taken.
  let before = Number.POSITIVE_INFINITY;
  let status = await stack.status();
  const taken = async () => {
    before = underWay(status);
    status = await stack.status();
    return underWay(status) > before;
  };
  await holdsWithin(taken, { withinMs: BATCH_WITHIN_MS, everyMs: 1, signal });
  return { pids: stack.pidsOf(status)[name], held: async () => Math.max(0, underWay(await stack.status()) - before) };
}

/**
 * Kills (kill -9) all processes of a consumer somewhere in a batch.
 *
 * @param context the stack
 * @param name which consumer
 * @returns how many messages it held; they are delivered again after the visibility timeout
 */
export async function killWithBatch(context: FaultContext, name: ConsumerName): Promise<number> {
  const later = context.random.next() * INTO_THE_BATCH_MS;
  const { pids, held } = await batchTaken(context, name);
  await pause(later);
  signalAll(pids, "SIGKILL");
  return held();
}

const VOTES = 4_000;
/** How many kills there are in each run. */
const KILLS = 5;

/**
 * Kills (kill -9) a service and waits until another process has replaced it.
 *
 * @param context the stack
 * @param name which one
 */
async function killService({ stack, signal }: FaultContext, name: StackProcess): Promise<void> {
  const before = (await stack.pids())[name];
  signalAll([before], "SIGKILL");
  const replaced = async () => (await stack.pids())[name] !== before;
  await waitUntil(`${name} was started again`, replaced, { withinMs: REPLACED_WITHIN_MS, signal });
}

/** Sends votes, and does something each time the given number of them has been sent. */
export async function underVotes(
  context: FaultContext,
  voting: Voting,
  moments: readonly number[],
  fault: (index: number) => Promise<void>,
): Promise<void> {
  const driving = voting.drive();
  // If the faults fail first, the signal ends the votes, and nobody waits for them.
  driving.catch(() => undefined);
  for (const [index, moment] of moments.entries()) {
    await Promise.race([voting.sent(moment), driving]);
    context.signal.throwIfAborted();
    await fault(index);
  }
  await driving;
}

async function killConsumer(context: FaultContext, name: ConsumerName): Promise<Figures> {
  const voting = await Voting.prepare(context);
  const held: number[] = [];
  await underVotes(context, voting, momentsOf(context, KILLS), async () => {
    held.push(await killWithBatch(context, name));
    context.say(`kill -9 ${name}, which held ${held.at(-1)} messages`);
  });
  const hit = held.filter((messages) => messages > 0).length;
  const findings = hit === 0 ? ["no kill hit a batch: the fault was not tried"] : [];
  return judge(context, voting, { note: `${hit} of ${held.length} kills hit a batch`, findings });
}

async function killServiceOften(context: FaultContext, name: StackProcess): Promise<Figures> {
  const voting = await Voting.prepare(context);
  await underVotes(context, voting, momentsOf(context, KILLS), async () => {
    context.say(`kill -9 ${name}`);
    await killService(context, name);
  });
  return judge(context, voting);
}

async function killAnything(context: FaultContext): Promise<Figures> {
  const { random, stack, say } = context;
  const voting = await Voting.prepare(context);
  const killed: string[] = [];
  await underVotes(context, voting, momentsOf(context, KILLS), async () => {
    const all = [...STACK_PROCESSES, ...CONSUMERS, "supervisor"] as const;
    const name = random.pick(all.filter((one) => killed.filter((other) => other === one).length < MOST_OF_ONE));
    killed.push(name);
    say(`kill -9 ${name}`);
    if (name === "supervisor") {
      await stack.stop("SIGKILL");
      await stack.startAgain();
    } else if (name === "validate" || name === "aggregate") signalAll((await stack.pids())[name], "SIGKILL");
    else await killService(context, name);
  });
  return judge(context, voting, { note: `killed: ${killed.join(", ")}` });
}

export const killScenarios: readonly FaultScenario[] = [
  {
    name: "kill-validate",
    does: "kill -9 of the validators in a batch, 5 times",
    votes: VOTES,
    mistake: "a voter is marked as voted before the vote is published: votes are lost",
    run: (context) => killConsumer(context, "validate"),
  },
  {
    name: "kill-aggregate",
    does: "kill -9 of the aggregators in a batch, 5 times",
    votes: VOTES,
    mistake: "a batch is acknowledged before it is committed: votes are lost",
    run: (context) => killConsumer(context, "aggregate"),
  },
  ...STACK_PROCESSES.map((name) => ({
    name: `kill-${name}`,
    does: `kill -9 of ${name === "front" ? "the front: ingest and the queues" : name}, ${KILLS} times`,
    votes: VOTES,
    run: (context: FaultContext) => killServiceOften(context, name),
  })),
  { name: "kill-any", does: "kill -9 of any process, 5 times in one run", votes: VOTES, run: killAnything },
];
