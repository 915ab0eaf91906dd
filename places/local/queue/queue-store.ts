import { ACCOUNT, type QueueModel, REGION } from "../template/model.ts";
import { LocalQueue } from "./local-queue.ts";
import type { QueueStorage } from "./queue-file.ts";

/** The queues of a stack. Only the template makes queues. */
export class QueueStore {
  readonly #queues = new Map<string, LocalQueue>();

  /**
   * @param models the queues
   * @param storage keeps messages; those of these queues are restored from it
   */
  constructor(models: readonly QueueModel[], storage: QueueStorage) {
    const byArn = (arn: string) => this.getQueueByArn(arn);
    for (const model of models) this.#queues.set(model.name, new LocalQueue(model, storage, byArn));
    for (const { queue, message } of storage.load()) {
      const target = this.#queues.get(queue);
      if (target === undefined) console.error(`kept a message of ${queue}, a queue that this template does not have`);
      else if (message.sentTimestamp + target.numberOf("MessageRetentionPeriod") * 1000 < Date.now())
        storage.remove(message);
      else target.restore(message);
    }
  }

  /** @param url a queue's URL */
  getQueue(url: string): LocalQueue | undefined {
    return this.#queues.get(url.slice(url.lastIndexOf("/") + 1));
  }

  /** @param name a queue's name */
  getQueueByName(name: string): LocalQueue | undefined {
    return this.#queues.get(name);
  }

  /** @param arn a queue's ARN */
  getQueueByArn(arn: string): LocalQueue | undefined {
    const prefix = `arn:aws:sqs:${REGION}:${ACCOUNT}:`;
    return arn.startsWith(prefix) ? this.#queues.get(arn.slice(prefix.length)) : undefined;
  }

  /**
   * Forgets a queue with all its messages, until the next start makes it again from the template.
   *
   * @param queue one of its queues
   */
  remove(queue: LocalQueue): void {
    queue.purge();
    this.#queues.delete(queue.name);
  }

  allQueues(): Iterable<LocalQueue> {
    return this.#queues.values();
  }
}
