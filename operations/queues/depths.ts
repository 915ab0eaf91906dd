import { setTimeout as pause } from "node:timers/promises";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { QueueDepths } from "../../shared/domain/ledger.ts";
import type { Servers } from "../servers.ts";

/**
 * The outputs that name the queues, in the order of a vote's way. A vote enters the next queue before it leaves one.
 */
const OUTPUTS = {
  votes: "VotesQueueUrl",
  outcomes: "OutcomesQueueUrl",
  votesDeadLetters: "VotesDlqUrl",
  outcomesDeadLetters: "OutcomesDlqUrl",
} as const satisfies Record<keyof QueueDepths, string>;

/** SQS's counts are approximate on AWS, so a queue counts as empty only after several readings without a message. */
const AWS_READINGS = 4;
const AWS_PAUSE_MS = 5_000;
const LOCAL_PAUSE_MS = 200;

/** The number of waiting messages of a queue, and of messages in flight. */
export interface QueueState {
  readonly waiting: number;
  readonly underWay: number;
}

/**
 * Reads the depth of one queue.
 *
 * @param servers those of a running stage
 * @param queue which one
 */
export async function queueState(servers: Servers, queue: keyof QueueDepths): Promise<QueueState> {
  const { Attributes } = await servers.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: servers.output(OUTPUTS[queue]),
      AttributeNames: [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
      ],
    }),
  );
  const figure = (name: keyof NonNullable<typeof Attributes>) => Number(Attributes?.[name] ?? 0);
  return {
    waiting: figure("ApproximateNumberOfMessages") + figure("ApproximateNumberOfMessagesDelayed"),
    underWay: figure("ApproximateNumberOfMessagesNotVisible"),
  };
}

/**
 * For how long a message that a consumer has received is hidden.
 *
 * @param servers those of a running stage
 * @param queue which one
 * @returns seconds
 */
export async function queueVisibility(servers: Servers, queue: keyof QueueDepths): Promise<number> {
  const { Attributes } = await servers.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: servers.output(OUTPUTS[queue]), AttributeNames: ["VisibilityTimeout"] }),
  );
  const seconds = Number(Attributes?.["VisibilityTimeout"]);
  if (!Number.isFinite(seconds)) throw new Error(`the queue ${queue} says no visibility timeout`);
  return seconds;
}

/**
 * Reads how many messages are in each queue.
 *
 * @param servers those of a running stage
 */
export async function queueDepths(servers: Servers): Promise<QueueDepths> {
  const depths = { votes: 0, outcomes: 0, votesDeadLetters: 0, outcomesDeadLetters: 0 };
  for (const queue of ["votes", "outcomes", "votesDeadLetters", "outcomesDeadLetters"] as const) {
    const { waiting, underWay } = await queueState(servers, queue);
    depths[queue] = waiting + underWay;
  }
  return depths;
}

/**
 * Waits until queues are empty.
 *
 * @param servers those of a running stage
 * @param queues which ones
 * @param timeoutMs the longest wait
 * @param onDepth called with the number of messages left
 * @param signal ends the wait
 * @returns how many messages there were at the end: 0 when they are empty
 */
export async function waitUntilEmpty(
  servers: Servers,
  queues: readonly (keyof QueueDepths)[],
  timeoutMs: number,
  onDepth: (messages: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<number> {
  const deadlineMs = Date.now() + timeoutMs;
  const needed = servers.distributed ? AWS_READINGS : 1;
  for (let empty = 0; ; ) {
    let messages = 0;
    for (const queue of queues) {
      const { waiting, underWay } = await queueState(servers, queue);
      messages += waiting + underWay;
    }
    onDepth(messages);
    empty = messages === 0 ? empty + 1 : 0;
    if (empty >= needed || Date.now() >= deadlineMs) return messages;
    await pause(servers.distributed ? AWS_PAUSE_MS : LOCAL_PAUSE_MS, undefined, signal && { signal });
  }
}

/**
 * The address of a queue.
 *
 * @param servers those of a running stage
 * @param queue which one
 */
export function queueUrl(servers: Servers, queue: keyof QueueDepths): string {
  return servers.output(OUTPUTS[queue]);
}
