import type { z } from "zod";
import type { OperatorsApi } from "../../places/operators/client.ts";
import * as queues from "../../shared/messages/operators/queues.ts";
import { UserError } from "../../terminal/errors.ts";

/** What is in the dead-letter queue of a queue. */
export type DeadLetters = z.output<typeof queues.deadLetters.result>;

/**
 * Reads which queues a user named.
 *
 * @param name what was typed; absent: both
 * @throws UserError when there is no such queue
 */
export function queuesNamed(name: string | undefined): queues.QueueName[] {
  const names = queues.QUEUE_NAMES.filter((one) => name === undefined || name === one);
  if (names.length > 0) return names;
  throw new UserError(`There is no queue ${name}; use ${queues.QUEUE_NAMES.join(" or ")}.`, 2);
}

/**
 * Looks at the dead letters of a queue, which stay where they are. On AWS one look may miss some.
 *
 * @param api the operators' API
 * @param queue the queue of their origin
 */
export function deadLettersIn(api: Pick<OperatorsApi, "look">, queue: queues.QueueName): Promise<DeadLetters> {
  return api.look(queues.deadLetters, { queue });
}

/**
 * How many messages cannot be read.
 *
 * @param found what a look has found
 */
export function unreadableIn({ unreadable }: DeadLetters): number {
  return unreadable.reduce((total, { messages }) => total + messages, 0);
}
