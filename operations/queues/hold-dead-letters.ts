import type { QueueName } from "../../shared/messages/operators/queues.ts";
import type { Servers } from "../servers.ts";
import { queueUrl } from "./depths.ts";
import { readDeadLetters } from "./read-dead-letters.ts";
import { DEAD_LETTERS } from "./redrive-queue.ts";
import { type SqsDeadLetter, SqsDeadLetters } from "./sqs-dead-letters.ts";

/** Longer than a step, so that what a step that was cut off has received is there again soon. */
const HIDDEN_SECONDS = 30;

/**
 * Shows every dead letter of a queue while all of them are hidden, and gives back those that were not removed.
 *
 * @param servers those of a running stage
 * @param queue the queue of their origin
 * @param isOver says when to stop
 * @param look called with each
 * @param then called once they are all hidden; it may remove some
 * @returns whether every dead letter was shown
 */
export async function holdingDeadLetters(
  servers: Servers,
  queue: QueueName,
  isOver: () => boolean,
  look: (letter: SqsDeadLetter) => void,
  then: (letters: SqsDeadLetters) => Promise<void> = async () => undefined,
): Promise<{ readonly complete: boolean }> {
  const { sqs, distributed } = servers;
  const letters = new SqsDeadLetters(sqs, queueUrl(servers, DEAD_LETTERS[queue]), distributed, HIDDEN_SECONDS);
  const handles: string[] = [];
  try {
    const complete = await readDeadLetters(letters, isOver, (page) => {
      handles.push(...page.map(({ handle }) => handle));
      for (const letter of page) look(letter);
    });
    await then(letters);
    return { complete };
  } finally {
    await letters.release(handles);
  }
}
