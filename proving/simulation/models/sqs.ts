import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import type { Random } from "../../random.ts";
import type { Process } from "../scheduler.ts";
import type { FaultKind } from "../steps.ts";

/** How long a message that was received stays invisible, in simulated milliseconds. */
export const VISIBILITY_MS = 30_000;
/** Faults of a function's request: the function may die, or get no answer. */
export const CALL_FAULTS: readonly FaultKind[] = [
  "crash before",
  "crash after",
  "error before",
  "error after",
  "stall",
];

interface Message {
  readonly id: string;
  readonly body: string;
  visibleAt: number;
  receives: number;
  /** The handle of the latest delivery. */
  handle: string;
}

/** A delivery of a message. */
export interface Delivery {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly receives: number;
}

export interface SimQueueOptions {
  readonly name: string;
  readonly random: Random;
  readonly now: () => number;
  /** The queue for messages that were received too often. */
  readonly deadLetters?: { readonly queue: SimQueue; readonly mostReceives: number };
}

/**
 * A standard queue of SQS. It delivers at least once, in any order, and some messages late. A received message is
 * invisible for a while, and comes back unless it was deleted. A message that was received too often moves to the
 * dead-letter queue.
 */
export class SimQueue {
  readonly name: string;
  /** Every body that was ever sent to this queue. */
  readonly everSent: string[] = [];
  /** Is called with every message just before it is deleted. */
  onDelete: (body: string) => void = () => undefined;
  readonly #options: SimQueueOptions;
  #messages: Message[] = [];
  #next = 0;

  constructor(options: SimQueueOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get depth(): number {
    return this.#messages.length;
  }

  /** Received and neither deleted nor visible again. */
  get underWay(): number {
    const now = this.#options.now();
    return this.#messages.filter((message) => message.handle !== "" && message.visibleAt > now).length;
  }

  get bodies(): readonly string[] {
    return this.#messages.map((message) => message.body);
  }

  /** Puts a message here, which may be delayed. */
  put(body: string, delayMs = 0): void {
    const id = `${this.name}-${this.#next++}`;
    this.everSent.push(body);
    this.#messages.push({ id, body, visibleAt: this.#options.now() + delayMs, receives: 0, handle: "" });
  }

  /** Makes a message visible that is in flight, so that it is delivered twice. */
  redeliver(): void {
    const { random, now } = this.#options;
    const underWay = this.#messages.filter((message) => message.visibleAt > now());
    const message = underWay[random.below(underWay.length)];
    if (message !== undefined) message.visibleAt = now();
  }

  hasVisible(): boolean {
    const now = this.#options.now();
    return this.#messages.some((message) => message.visibleAt <= now);
  }

  /** When the next invisible message becomes visible. */
  nextVisibleAt(): number | undefined {
    let next: number | undefined;
    for (const { visibleAt } of this.#messages) {
      if (visibleAt > this.#options.now() && (next === undefined || visibleAt < next)) next = visibleAt;
    }
    return next;
  }

  /** Takes up to `limit` visible messages, in any order. */
  receive(limit: number, hiddenMs = VISIBILITY_MS): Delivery[] {
    const { random, now, deadLetters } = this.#options;
    const visible = random.shuffled(this.#messages.filter((message) => message.visibleAt <= now())).slice(0, limit);
    return visible.flatMap((message) => {
      message.receives += 1;
      if (deadLetters !== undefined && message.receives > deadLetters.mostReceives) {
        this.#messages.splice(this.#messages.indexOf(message), 1);
        deadLetters.queue.put(message.body);
        return [];
      }
      message.visibleAt = now() + hiddenMs;
      message.handle = `${message.id}:${message.receives}`;
      const { id: messageId, handle: receiptHandle, body, receives } = message;
      return [{ messageId, receiptHandle, body, receives }];
    });
  }

  /** Deletes by handle. With the handle of an earlier delivery a message may stay, as SQS says. */
  delete(handle: string): void {
    const { random } = this.#options;
    const at = this.#messages.findIndex(
      (message) => message.handle === handle || (handle.startsWith(`${message.id}:`) && random.below(2) === 0),
    );
    const message = this.#messages[at];
    if (message === undefined) return;
    this.onDelete(message.body);
    this.#messages.splice(at, 1);
  }

  /** Hides a delivery for a time from now on. */
  hide(handle: string, hiddenMs: number): void {
    const message = this.#messages.find((one) => one.handle === handle);
    if (message !== undefined) message.visibleAt = this.#options.now() + hiddenMs;
  }

  /** Makes a delivery visible again at once. */
  release(handle: string): void {
    this.hide(handle, 0);
  }
}

/** A delivery in the form that a function gets. */
export function toRecord(delivery: Delivery): SQSRecord {
  return {
    messageId: delivery.messageId,
    receiptHandle: delivery.receiptHandle,
    body: delivery.body,
    attributes: {
      ApproximateReceiveCount: String(delivery.receives),
      SentTimestamp: "0",
      SenderId: "simulation",
      ApproximateFirstReceiveTimestamp: "0",
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-west-3:000000000000:simulation",
    awsRegion: "eu-west-3",
  };
}

/**
 * SQS with the interface of the SDK's client, for one process. The URL of a queue is its name.
 *
 * @param process whose calls these are
 * @param queues by name
 */
export function sqsClient(process: Process, queues: ReadonlyMap<string, SimQueue>): SQSClient {
  const queueOf = (url: string | undefined) => {
    const queue = queues.get(url ?? "");
    if (queue === undefined) throw new Error(`there is no queue ${url}`);
    return queue;
  };
  // One message in eight comes late.
  const put = (queue: SimQueue, body: string) =>
    queue.put(body, process.random.below(8) === 0 ? process.random.below(60_000) : 0);
  const send = (command: unknown): Promise<unknown> => {
    if (command instanceof SendMessageCommand) {
      const queue = queueOf(command.input.QueueUrl);
      return process.step(`send to ${queue.name}`, () => put(queue, command.input.MessageBody ?? ""), {
        faults: CALL_FAULTS,
      });
    }
    if (command instanceof SendMessageBatchCommand) {
      const queue = queueOf(command.input.QueueUrl);
      const entries = command.input.Entries ?? [];
      const take = (taken: typeof entries) => {
        for (const entry of taken) put(queue, entry.MessageBody ?? "");
        const Failed = entries
          .filter((entry) => !taken.includes(entry))
          .map(({ Id }) => ({ Id, Code: "InternalError", SenderFault: false }));
        // The order of an answer is not that of the request.
        return { Successful: process.random.shuffled(taken).map(({ Id }) => ({ Id })), Failed };
      };
      return process.step(`send ${entries.length} to ${queue.name}`, () => take(entries), {
        faults: [...CALL_FAULTS, "part"],
        part: () => take(entries.filter(() => process.random.below(2) === 0)),
      });
    }
    return operatorsCommand(process, queueOf, command);
  };
  return { send } as unknown as SQSClient;
}

/** What only operators' acts ask of a queue. */
function operatorsCommand(
  process: Process,
  queueOf: (url: string | undefined) => SimQueue,
  command: unknown,
): Promise<unknown> {
  const call = <T>(label: string, effect: () => T) => process.step(label, effect, { faults: CALL_FAULTS });
  if (command instanceof ReceiveMessageCommand) {
    const { QueueUrl, MaxNumberOfMessages = 1, VisibilityTimeout = 30 } = command.input;
    const queue = queueOf(QueueUrl);
    return call(`receive from ${queue.name}`, () => ({
      Messages: queue
        .receive(MaxNumberOfMessages, VisibilityTimeout * 1_000)
        .map(({ body, receiptHandle, messageId }) => ({
          Body: body,
          ReceiptHandle: receiptHandle,
          MessageId: messageId,
        })),
    }));
  }
  if (command instanceof DeleteMessageBatchCommand) {
    const { QueueUrl, Entries = [] } = command.input;
    const queue = queueOf(QueueUrl);
    return call(`delete ${Entries.length} from ${queue.name}`, () => {
      for (const { ReceiptHandle } of Entries) queue.delete(ReceiptHandle ?? "");
    });
  }
  if (command instanceof ChangeMessageVisibilityBatchCommand) {
    const { QueueUrl, Entries = [] } = command.input;
    const queue = queueOf(QueueUrl);
    return call(`hide or show ${Entries.length} of ${queue.name}`, () => {
      for (const { ReceiptHandle, VisibilityTimeout = 0 } of Entries)
        queue.hide(ReceiptHandle ?? "", VisibilityTimeout * 1_000);
    });
  }
  if (command instanceof GetQueueAttributesCommand) {
    const queue = queueOf(command.input.QueueUrl);
    return call(`count ${queue.name}`, () => ({
      Attributes: {
        ApproximateNumberOfMessages: String(queue.depth - queue.underWay),
        ApproximateNumberOfMessagesNotVisible: String(queue.underWay),
        VisibilityTimeout: String(VISIBILITY_MS / 1_000),
      },
    }));
  }
  throw new Error("the simulated SQS does not know this command");
}
