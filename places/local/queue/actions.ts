/**
 * The actions of SQS that the functions, commands and tests call, with the checks and limits of the SQS API reference.
 * There are only standard queues without message attributes. Anything else in a request is refused by name, never
 * ignored.
 */
import { z } from "zod";
import type { LocalQueue, Receipt } from "./local-queue.ts";
import { newMessage } from "./message.ts";
import type { QueueStore } from "./queue-store.ts";
import { SqsError } from "./sqs-error.ts";

const LARGEST_BATCH = 10;
const LARGEST_BATCH_BYTES = 1_048_576;
/** Characters that XML 1.0 cannot hold (SendMessage, "MessageBody"). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are allowed.
const REFUSED_CHARACTER = /[^\x09\x0A\x0D\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

const toQueue = { QueueUrl: z.string() };
const visibility = z.int().min(0).max(43_200);
const delay = z.int().min(0).max(900).optional();
const names = z.array(z.string()).nullish();
const entryId = { Id: z.string() };

/** A batch of at most ten entries with different ids. */
function batchOf<T extends z.ZodRawShape>(entry: T) {
  return z.strictObject({ ...toQueue, Entries: z.array(z.strictObject({ ...entryId, ...entry })).default([]) });
}

/** How one action is read and answered. `signal` aborts when the caller has gone. */
type Action = (body: unknown, store: QueueStore, signal?: AbortSignal) => object | Promise<object>;

function action<T>(schema: z.ZodType<T>, run: (input: T, store: QueueStore, signal?: AbortSignal) => object): Action {
  return (body, store, signal) => {
    const input = schema.safeParse(body);
    if (input.success) return run(input.data, store, signal);
    const [issue] = input.error.issues;
    const missing = issue?.code === "invalid_type" && issue.input === undefined;
    const where = issue?.path.join(".") || "the request";
    throw new SqsError(missing ? "MissingParameter" : "InvalidParameterValue", `${where}: ${issue?.message}`);
  };
}

/** An action on one queue. */
function onQueue<T extends { QueueUrl: string }>(
  schema: z.ZodType<T>,
  run: (queue: LocalQueue, input: T, signal?: AbortSignal) => object,
): Action {
  return action(schema, (input, store, signal) => run(queueOf(store.getQueue(input.QueueUrl)), input, signal));
}

/** An action on each entry of a batch. If an entry is refused, only that entry fails. */
function onEach<T extends { Id: string }>(
  schema: z.ZodType<{ QueueUrl: string; Entries: T[] }>,
  check: (entries: readonly T[]) => void,
  run: (queue: LocalQueue, entry: T) => object,
): Action {
  return onQueue(schema, (queue, { Entries }) => {
    checkBatch(Entries);
    check(Entries);
    const Successful: object[] = [];
    const Failed: object[] = [];
    for (const entry of Entries) {
      try {
        Successful.push({ Id: entry.Id, ...run(queue, entry) });
      } catch (error) {
        if (!(error instanceof SqsError)) throw error;
        Failed.push({ Id: entry.Id, SenderFault: true, Code: error.code, Message: error.message });
      }
    }
    return { Successful, Failed };
  });
}

function queueOf(queue: LocalQueue | undefined): LocalQueue {
  if (queue === undefined) throw new SqsError("QueueDoesNotExist", "The specified queue does not exist.");
  return queue;
}

function checkBatch(entries: readonly { Id: string }[]): void {
  if (entries.length === 0) throw new SqsError("EmptyBatchRequest", "The batch has no entries.");
  if (entries.length > LARGEST_BATCH)
    throw new SqsError("TooManyEntriesInBatchRequest", `A batch has at most ${LARGEST_BATCH} entries.`);
  if (entries.some(({ Id }) => !/^[\w-]{1,80}$/.test(Id)))
    throw new SqsError("InvalidBatchEntryId", "An entry's id is 1 to 80 letters, digits, hyphens and underscores.");
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    throw new SqsError("BatchEntryIdsNotDistinct", "Two entries of the batch have the same id.");
}

function checkBatchSize(entries: readonly { MessageBody: string }[]): void {
  const bytes = entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0);
  if (bytes > LARGEST_BATCH_BYTES)
    throw new SqsError("BatchRequestTooLong", `A batch has at most ${LARGEST_BATCH_BYTES} bytes.`);
}

const message = { MessageBody: z.string(), DelaySeconds: delay };

function send(
  queue: LocalQueue,
  { MessageBody, DelaySeconds }: { MessageBody: string; DelaySeconds?: number | undefined },
) {
  if (MessageBody === "") throw new SqsError("MissingParameter", "MessageBody: is empty");
  if (REFUSED_CHARACTER.test(MessageBody))
    throw new SqsError("InvalidMessageContents", "The body holds a character that SQS does not take.");
  const largest = queue.numberOf("MaximumMessageSize");
  if (Buffer.byteLength(MessageBody) > largest)
    throw new SqsError("InvalidParameterValue", `MessageBody: must be shorter than ${largest} bytes`);
  const sent = newMessage(MessageBody);
  queue.enqueue(sent, DelaySeconds ?? queue.numberOf("DelaySeconds"));
  return { MessageId: sent.messageId, MD5OfMessageBody: sent.md5OfBody };
}

function changeVisibility(queue: LocalQueue, input: { ReceiptHandle: string; VisibilityTimeout: number }): object {
  if (!queue.changeVisibility(input.ReceiptHandle, input.VisibilityTimeout))
    throw new SqsError("MessageNotInflight", "The message does not exist or is not in flight.");
  return {};
}

function deleteMessage(queue: LocalQueue, { ReceiptHandle }: { ReceiptHandle: string }): object {
  // As on AWS, a handle that is no longer valid is not an error.
  queue.deleteMessage(ReceiptHandle);
  return {};
}

const receive = z.strictObject({
  ...toQueue,
  MaxNumberOfMessages: z.int().min(1).max(LARGEST_BATCH).default(1),
  VisibilityTimeout: visibility.optional(),
  WaitTimeSeconds: z.int().min(0).max(20).optional(),
  AttributeNames: names,
  MessageSystemAttributeNames: names,
  MessageAttributeNames: names,
});

async function receiveMessages(queue: LocalQueue, input: z.output<typeof receive>, signal?: AbortSignal) {
  const waitSeconds = input.WaitTimeSeconds ?? queue.numberOf("ReceiveMessageWaitTimeSeconds");
  await queue.untilVisible(waitSeconds, signal);
  // The caller has gone and would not get the messages.
  if (signal?.aborted) return {};
  const wanted = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
  const received = queue.take(input.MaxNumberOfMessages, input.VisibilityTimeout);
  return received.length === 0 ? {} : { Messages: received.map((receipt) => describe(receipt, wanted)) };
}

function describe({ message: { body, messageId, md5OfBody, ...times }, receiptHandle }: Receipt, wanted: string[]) {
  const all: Record<string, string> = {
    SenderId: "000000000000",
    SentTimestamp: String(times.sentTimestamp),
    ApproximateReceiveCount: String(times.approximateReceiveCount),
    ApproximateFirstReceiveTimestamp: String(times.approximateFirstReceiveTimestamp ?? times.sentTimestamp),
  };
  const Attributes = wanted.includes("All")
    ? all
    : Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)));
  return {
    MessageId: messageId,
    ReceiptHandle: receiptHandle,
    MD5OfBody: md5OfBody,
    Body: body,
    ...(Object.keys(Attributes).length === 0 ? {} : { Attributes }),
  };
}

/** Actions by name. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ["SendMessage", onQueue(z.strictObject({ ...toQueue, ...message }), send)],
  ["SendMessageBatch", onEach(batchOf(message), checkBatchSize, send)],
  ["ReceiveMessage", onQueue(receive, receiveMessages)],
  ["DeleteMessage", onQueue(z.strictObject({ ...toQueue, ReceiptHandle: z.string() }), deleteMessage)],
  ["DeleteMessageBatch", onEach(batchOf({ ReceiptHandle: z.string() }), () => undefined, deleteMessage)],
  [
    "ChangeMessageVisibility",
    onQueue(z.strictObject({ ...toQueue, ReceiptHandle: z.string(), VisibilityTimeout: visibility }), changeVisibility),
  ],
  [
    "ChangeMessageVisibilityBatch",
    onEach(
      batchOf({ ReceiptHandle: z.string(), VisibilityTimeout: visibility.default(0) }),
      () => undefined,
      changeVisibility,
    ),
  ],
  [
    "GetQueueAttributes",
    onQueue(z.strictObject({ ...toQueue, AttributeNames: names }), (queue, { AttributeNames }) => ({
      Attributes: queue.describe(AttributeNames ?? []),
    })),
  ],
  [
    "GetQueueUrl",
    action(z.strictObject({ QueueName: z.string() }), ({ QueueName }, store) => ({
      QueueUrl: queueOf(store.getQueueByName(QueueName)).url,
    })),
  ],
  [
    "ListQueues",
    action(z.strictObject({ QueueNamePrefix: z.string().default("") }), ({ QueueNamePrefix }, store) => ({
      QueueUrls: [...store.allQueues()].filter(({ name }) => name.startsWith(QueueNamePrefix)).map(({ url }) => url),
    })),
  ],
  [
    "PurgeQueue",
    onQueue(z.strictObject(toQueue), (queue) => {
      queue.purge();
      return {};
    }),
  ],
  [
    "DeleteQueue",
    action(z.strictObject(toQueue), ({ QueueUrl }, store) => {
      store.remove(queueOf(store.getQueue(QueueUrl)));
      return {};
    }),
  ],
]);
