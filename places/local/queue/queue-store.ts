import { ACCOUNT, type QueueModel, REGION } from "../template/model.ts";
import { type SqsQueue, SqsStore } from "./fauxqs.ts";
import { LocalQueue } from "./local-queue.ts";
import type { QueueStorage } from "./queue-file.ts";

/** The queues of a stack, as fauxqs's actions look them up. Queues are made by the template only. */
export class QueueStore extends SqsStore {
  readonly #queues = new Map<string, LocalQueue>();

  /**
   * @param models the queues
   * @param storage where messages are kept; what it holds of these queues is restored
   */
  constructor(models: readonly QueueModel[], storage: QueueStorage) {
    super();
    this.region = REGION;
    const byArn = (arn: string) => this.getQueueByArn(arn);
    for (const { name, url, arn, attributes } of models) {
      this.#queues.set(name, new LocalQueue({ name, url, arn, attributes: { ...attributes } }, storage, byArn));
    }
    for (const { queue, message } of storage.load()) {
      const target = this.#queues.get(queue);
      const retentionSeconds = Number(target?.attributes["MessageRetentionPeriod"]);
      if (target === undefined) console.error(`kept a message of ${queue}, a queue that this template does not have`);
      else if (message.sentTimestamp + retentionSeconds * 1000 < Date.now()) storage.remove(message);
      else target.restore(message);
    }
  }

  override createQueue(name: string): SqsQueue {
    throw new Error(`queue ${name}: queues are made by the template here, not by CreateQueue`);
  }

  override deleteQueue(): boolean {
    throw new Error("queues are made by the template here, and not deleted");
  }

  override getQueue(url: string): LocalQueue | undefined {
    return this.#queues.get(url.slice(url.lastIndexOf("/") + 1));
  }

  override getQueueByName(name: string): LocalQueue | undefined {
    return this.#queues.get(name);
  }

  override getQueueByArn(arn: string): LocalQueue | undefined {
    const prefix = `arn:aws:sqs:${REGION}:${ACCOUNT}:`;
    return arn.startsWith(prefix) ? this.#queues.get(arn.slice(prefix.length)) : undefined;
  }

  override allQueues(): Iterable<LocalQueue> {
    return this.#queues.values();
  }

  override listQueues(prefix = ""): { queues: SqsQueue[] } {
    return { queues: [...this.#queues.values()].filter((queue) => queue.name.startsWith(prefix)) };
  }

  override inspectQueue(name: string): ReturnType<SqsStore["inspectQueue"]> {
    const queue = this.#queues.get(name);
    return (
      queue && {
        name: queue.name,
        url: queue.url,
        arn: queue.arn,
        attributes: queue.getAllAttributes(["All"]),
        messages: queue.inspectMessages(),
      }
    );
  }

  override shutdown(): void {
    for (const queue of this.#queues.values()) queue.cancelWaiters();
  }
}
