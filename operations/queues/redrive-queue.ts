import type { QueueName } from "../../shared/messages/operators/queues.ts";
import { readOutcome, readVote } from "../../shared/messages/queue.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import type { Clock } from "../clock.ts";
import type { Servers } from "../servers.ts";
import { type QueueState, queueState, queueUrl } from "./depths.ts";
import { type Redriven, type RedriveOptions, redrive } from "./redrive.ts";
import { SqsDeadLetters } from "./sqs-dead-letters.ts";

/** The dead-letter queue of each queue, as the ledger names it. */
export const DEAD_LETTERS = { votes: "votesDeadLetters", outcomes: "outcomesDeadLetters" } as const;
/** How each queue's messages are read. */
export const READERS = { votes: readVote, outcomes: readOutcome } as const;

/**
 * Moves the dead letters of a queue back.
 *
 * @param servers those of a running stage
 * @param name which queue
 * @param options how many, and whether to move unreadable ones as well
 */
export function redriveQueue(servers: Servers, name: QueueName, options: RedriveOptions): Promise<Redriven> {
  return redrive(
    {
      deadLetters: new SqsDeadLetters(servers.sqs, queueUrl(servers, DEAD_LETTERS[name]), servers.distributed),
      source: new SqsQueue(servers.sqs, queueUrl(servers, name), () => undefined),
      isReadable: (body) => READERS[name](body) !== undefined,
    },
    options,
  );
}

/**
 * Counts the dead letters: those that wait, and those that are hidden because an interrupted run received them.
 *
 * @param servers those of a running stage
 * @param name the queue of their origin
 */
export function deadLettersOf(servers: Servers, name: QueueName): Promise<QueueState> {
  return queueState(servers, DEAD_LETTERS[name]);
}

/** What of a queue's dead letters was moved so far, and how many are received at most. */
export interface Redriving extends Redriven {
  /** Messages that may still be received. A run ends although unreadable ones come round again. */
  readonly budget: number;
}

interface RedriveStepOptions extends Pick<RedriveOptions, "limit" | "evenUnreadable"> {
  readonly deadline: number;
  readonly clock: Clock;
}

/** For how long a step hides what it leaves: the next steps pass it over. */
const LEFT_SECONDS = 60;

/**
 * Goes on with moving the dead letters of a queue back.
 *
 * @param servers those of a running stage
 * @param name which queue
 * @param so how far it has come; absent: the first step
 * @param options how many at most, whether to move unreadable ones, and when the step should end (milliseconds of
 *   its clock)
 * @returns how far it has come, and whether it has ended
 */
export async function redriveStep(
  servers: Servers,
  name: QueueName,
  so: Redriving | undefined,
  { limit, evenUnreadable, deadline, clock }: RedriveStepOptions,
): Promise<{ readonly so: Redriving; readonly ended: boolean }> {
  const before = so ?? { moved: 0, unreadable: 0, unconfirmed: 0, budget: await budgetOf(servers, name) };
  const letters = new SqsDeadLetters(
    servers.sqs,
    queueUrl(servers, DEAD_LETTERS[name]),
    servers.distributed,
    LEFT_SECONDS,
  );
  const left: string[] = [];
  let received = 0;
  let isOver = false;
  const redriven = await redrive(
    {
      deadLetters: {
        receive: async (most) => {
          const found = await letters.receive(Math.min(most, Math.max(before.budget - received, 1)));
          received += found.length;
          isOver = found.length === 0 || received >= before.budget;
          return found;
        },
        remove: (handles) => letters.remove(handles),
        hide: (handles) => letters.hide(handles),
        // Only the last step shows them again.
        release: async (handles) => void left.push(...handles),
      },
      source: new SqsQueue(servers.sqs, queueUrl(servers, name), () => undefined),
      isReadable: (body) => READERS[name](body) !== undefined,
    },
    {
      limit: limit === undefined ? undefined : Math.max(limit - before.moved, 0),
      evenUnreadable,
      signal: {
        get aborted() {
          return isOver || clock.now() > deadline;
        },
      },
    },
  );
  const now = {
    moved: before.moved + redriven.moved,
    unreadable: before.unreadable + redriven.unreadable,
    unconfirmed: before.unconfirmed + redriven.unconfirmed,
    budget: Math.max(before.budget - received, 0),
  };
  const ended = isOver || clock.now() <= deadline || now.moved === limit;
  if (ended) await letters.release(left);
  return { so: now, ended };
}

/** On AWS the number of messages is approximate; some more may be received. */
async function budgetOf(servers: Servers, name: QueueName): Promise<number> {
  const { waiting, underWay } = await deadLettersOf(servers, name);
  return servers.distributed ? 2 * (waiting + underWay) + 1_000 : waiting + underWay;
}
