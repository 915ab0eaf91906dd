import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import { record } from "../../functions/aggregate/record.ts";
import { decide } from "../../functions/validate/decide.ts";
import type { LawForm } from "../../shared/domain/law.ts";
import { readOutcome } from "../../shared/messages/queue.ts";
import { BatchFailedError } from "../../shared/runtime/batch.ts";
import { RedisClaimStore } from "../../shared/stores/claims.ts";
import { type Queue, SqsQueue } from "../../shared/stores/queue.ts";
import { DynamoReceiptStore } from "../../shared/stores/receipts.ts";
import { dynamoDbClient } from "./models/dynamodb.ts";
import { outcomeStore } from "./models/postgres-ports.ts";
import { redisClient } from "./models/redis.ts";
import { type Delivery, type SimQueue, sqsClient, toRecord } from "./models/sqs.ts";
import type { Process } from "./scheduler.ts";
import { Crashed } from "./steps.ts";
import type { World } from "./world.ts";

type Handler = (process: Process, records: readonly SQSRecord[]) => Promise<SQSBatchResponse>;

/** The real `validate` on simulated servers. */
function validate(world: World): Handler {
  return (process, records) => {
    const client = sqsClient(process, world.queues);
    const onError = () => undefined;
    return decide(records, {
      keys: { holding: async () => world.keys },
      claims: new RedisClaimStore(redisClient(process, world.redis), formsOf(world)),
      outcomes: noted(world, new SqsQueue(client, "outcomes", onError)),
      deadLetters: new SqsQueue(client, "votes-dlq", onError),
      onError,
      onDecided: () => undefined,
    });
  };
}

/** What an execution environment knows of the forms of laws: in some histories all, in others each is new. */
function formsOf({ history, laws }: World): Map<string, LawForm | "none"> {
  if (history.forms !== undefined && history.seed % 2 === 0) return new Map();
  return new Map(laws.map(({ lawId, form }) => [lawId, form ?? "none"]));
}

/** A queue that notes each decision on its messages. */
function noted(world: World, queue: Queue): Queue {
  const note = (body: string) => {
    const decided = readOutcome(body);
    if (decided === undefined) return;
    const decisions = world.decisions.get(decided.requestId) ?? new Set();
    world.decisions.set(decided.requestId, decisions.add(decided.outcome));
  };
  return {
    send: (body) => queue.send(body),
    sendAll: (bodies) => {
      for (const body of bodies) note(body);
      return queue.sendAll(bodies);
    },
  };
}

/** The real `aggregate` on simulated servers. */
function aggregate(world: World): Handler {
  return (process, records) => {
    const onError = () => undefined;
    return record(records, {
      keys: { holding: async () => world.keys },
      outcomes: outcomeStore(world.scheduler, process, world.postgres, world.time),
      receipts: new DynamoReceiptStore(dynamoDbClient(process, world.dynamoDb), "receipts", {
        onError,
        pause: (milliseconds) => process.sleep(milliseconds),
      }),
      deadLetters: new SqsQueue(sqsClient(process, world.queues), "outcomes-dlq", onError),
      now: () => world.scheduler.now,
      pause: (milliseconds) => process.sleep(milliseconds),
      onError,
      onRecorded: () => undefined,
      onBatch: () => undefined,
    });
  };
}

/** Starts the pollers that AWS would run: several per queue, each with one invocation at a time. */
export function startConsumers(world: World): void {
  const { votesBatch, outcomesBatch, functions } = world.history.sizes;
  for (let index = 1; index <= functions; index++) {
    start(world, `validate ${index}`, world.queue("votes"), votesBatch, validate(world), () => !world.isPaused);
    start(
      world,
      `aggregate ${index}`,
      world.queue("outcomes"),
      outcomesBatch,
      aggregate(world),
      () => !world.isAggregatePaused,
    );
  }
}

function start(
  world: World,
  name: string,
  queue: SimQueue,
  batch: number,
  handler: Handler,
  isOn: () => boolean,
): void {
  const { scheduler } = world;
  const { windowMs } = world.history.sizes;
  scheduler.start(`poller of ${name}`, async (poller) => {
    for (;;) {
      const ready = () => isOn() && queue.hasVisible();
      if (windowMs > 0) {
        await poller.step(`sees messages on ${queue.name}`, () => undefined, { ready });
        await poller.sleep(windowMs);
      }
      const deliveries = await poller.step(`receive from ${queue.name}`, () => queue.receive(batch), { ready });
      if (deliveries.length === 0) continue;
      const done = await invoke(world, name, handler, deliveries);
      if (done.length === 0) continue;
      await poller
        .step(`delete ${done.length} from ${queue.name}`, () => remove(queue, done), {
          faults: ["error before", "error after", "part"],
          part: () => remove(queue, done.slice(1)),
        })
        // The deletion may not reach SQS; then the messages are delivered again.
        .catch(() => undefined);
    }
  });
}

function remove(queue: SimQueue, deliveries: readonly Delivery[]): void {
  for (const { receiptHandle } of deliveries) queue.delete(receiptHandle);
}

/**
 * Calls the function, and reads its answer as an event source mapping does: a failure, or the id of a record that was
 * not in the batch, gives the whole batch back (AWS Lambda, "Implementing partial batch responses").
 *
 * @returns the deliveries to delete
 */
async function invoke(
  world: World,
  name: string,
  handler: Handler,
  deliveries: readonly Delivery[],
): Promise<readonly Delivery[]> {
  const { scheduler, findings } = world;
  world.invocations += 1;
  try {
    const answer = await scheduler.spawn(name, (process) => handler(process, deliveries.map(toRecord)));
    const failed = new Set(answer.batchItemFailures.map((failure) => failure.itemIdentifier));
    const known = new Set(deliveries.map((delivery) => delivery.messageId));
    if ([...failed].some((messageId) => !known.has(messageId))) return [];
    return deliveries.filter((delivery) => !failed.has(delivery.messageId));
  } catch (error) {
    // The functions answer for every record even if a server fails, or say that nothing of the batch was done. Only
    // that and their death return a whole batch.
    if (!(error instanceof Crashed || error instanceof BatchFailedError))
      findings.push(`${name} threw: ${String(error)}`);
    return [];
  } finally {
    world.invocations -= 1;
  }
}
