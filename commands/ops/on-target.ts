import type { Law } from "../../shared/domain/law.ts";
import { readOutcome, readVote } from "../../shared/messages/queue.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import { type QueueState, queueState, queueUrl, waitUntilEmpty } from "../ledger/queues.ts";
import { rollPorts } from "../roll/load-file.ts";
import type { Target } from "../target.ts";
import { type RebuildOptions, type Rebuilt, rebuildRoll } from "./rebuild-roll.ts";
import { type Redriven, type RedriveOptions, redrive } from "./redrive.ts";
import { SqsDeadLetters } from "./sqs-dead-letters.ts";

/** The queues, as operators name them. */
export const QUEUE_NAMES = ["votes", "outcomes"] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

const DEAD_LETTERS = { votes: "votesDeadLetters", outcomes: "outcomesDeadLetters" } as const;
const READERS = { votes: readVote, outcomes: readOutcome } as const;

/** How long a rebuild waits for decided votes to be recorded. */
const OUTCOMES_TIMEOUT_MS = 60_000;

/**
 * Moves the dead letters of a queue back.
 *
 * @param target a running stack
 * @param name which queue
 * @param options how many, and whether unreadable ones too
 */
export function redriveQueue(target: Target, name: QueueName, options: RedriveOptions): Promise<Redriven> {
  return redrive(
    {
      deadLetters: new SqsDeadLetters(target.sqs, queueUrl(target, DEAD_LETTERS[name]), target.onAws),
      source: new SqsQueue(target.sqs, queueUrl(target, name), () => undefined),
      isReadable: (body) => READERS[name](body) !== undefined,
    },
    options,
  );
}

/**
 * How many dead letters wait, and how many nobody sees at present because a run that was cut off had received them.
 *
 * @param target a running stack
 * @param name the queue that they came from
 */
export function deadLettersOf(target: Target, name: QueueName): Promise<QueueState> {
  return queueState(target, DEAD_LETTERS[name]);
}

/**
 * Makes rolls in Redis again.
 *
 * @param target a running stack
 * @param laws which ones
 * @param options interruption, progress, and who is told what the operator should know
 */
export function rebuildRolls(
  target: Target,
  laws: readonly Law[],
  options: RebuildOptions & { readonly onWarning?: ((text: string) => void) | undefined },
): Promise<readonly Rebuilt[]> {
  const outcomesRecorded = async () => {
    const left = await waitUntilEmpty(target, ["outcomes"], OUTCOMES_TIMEOUT_MS, undefined, options.signal);
    if (left > 0) {
      options.onWarning?.(
        `${left} decided votes are still to be recorded; the rebuild goes on, because PostgreSQL has the last word.`,
      );
    }
    return left === 0;
  };
  return rebuildRoll({ ...rollPorts(target), outcomesRecorded }, laws, options);
}
