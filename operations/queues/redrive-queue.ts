import { readOutcome, readVote } from "../../shared/messages/queue.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import type { Servers } from "../servers.ts";
import { type QueueState, queueState, queueUrl } from "./depths.ts";
import { type Redriven, type RedriveOptions, redrive } from "./redrive.ts";
import { SqsDeadLetters } from "./sqs-dead-letters.ts";

/** The queues, as operators name them. */
export const QUEUE_NAMES = ["votes", "outcomes"] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

const DEAD_LETTERS = { votes: "votesDeadLetters", outcomes: "outcomesDeadLetters" } as const;
const READERS = { votes: readVote, outcomes: readOutcome } as const;

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
