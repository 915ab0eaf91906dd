import type { LocalQueue } from "../../places/local/queue/local-queue.ts";
import { IN_MEMORY, type QueueStorage } from "../../places/local/queue/queue-file.ts";
import { QueueStore } from "../../places/local/queue/queue-store.ts";

/** A message that was received more often is a dead letter. */
export const MOST_RECEIVES = 2;

/**
 * A queue of the local stack with its dead-letter queue: a message that was received comes back after half a
 * minute.
 *
 * @param storage where messages are kept
 */
export function aLocalQueue(storage: QueueStorage = IN_MEMORY): { work: LocalQueue; dead: LocalQueue } {
  const arn = (name: string) => `arn:aws:sqs:ca-central-1:000000000000:${name}`;
  const model = (name: string, attributes: Record<string, string>) => ({
    name,
    url: `http://x/000000000000/${name}`,
    arn: arn(name),
    attributes: { VisibilityTimeout: "30", MessageRetentionPeriod: "345600", ...attributes },
  });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: MOST_RECEIVES });
  const models = [model("work", { RedrivePolicy }), model("dead", { MessageRetentionPeriod: "1209600" })];
  const store = new QueueStore(models, storage);
  const work = store.getQueueByName("work");
  const dead = store.getQueueByName("dead");
  if (work === undefined || dead === undefined) throw new Error("no queues");
  return { work, dead };
}
