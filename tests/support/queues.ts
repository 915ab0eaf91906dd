import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { queueUrl } from "../../operations/queues/depths.ts";
import type { Target } from "../../places/target.ts";
import type { QueueDepths } from "../../shared/domain/ledger.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";

/** Puts messages on a queue as they are. */
export async function putOn(target: Target, queue: keyof QueueDepths, bodies: readonly string[]): Promise<void> {
  const fail = (error: unknown) => {
    throw error;
  };
  const taken = await new SqsQueue(target.sqs, queueUrl(target, queue), fail).sendAll(bodies);
  if (!taken.every(Boolean)) throw new Error(`${queue} did not take every message`);
}

/**
 * Takes one message off a dead-letter queue, and leaves the others.
 *
 * @returns whether it was there
 */
export async function takeOff(target: Target, queue: keyof QueueDepths, body: string): Promise<boolean> {
  const QueueUrl = queueUrl(target, queue);
  const { Messages = [] } = await target.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
  );
  const found = Messages.filter((message) => message.Body === body);
  for (const { ReceiptHandle } of found) await target.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return found.length > 0;
}
