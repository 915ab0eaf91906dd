import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { DeadLetter, DeadLetterQueue } from "./redrive.ts";

/** Long enough to send ten messages. If a run is killed, its messages are visible again after this time. */
const RECEIVED_SECONDS = 10;
/** Longer than a run receives messages. At its end a run releases what it did not move. */
const HIDDEN_SECONDS = 600;
/** SQS takes at most ten entries per call. */
const BATCH_LIMIT = 10;
/** On AWS a receive asks only some of SQS's servers, so one empty answer, even with long polling, proves nothing. */
const AWS_EMPTY_RECEIVES = 3;

/** A message of a dead-letter queue in SQS. */
export interface SqsDeadLetter extends DeadLetter {
  readonly messageId: string;
}

/** A dead-letter queue in SQS. */
export class SqsDeadLetters implements DeadLetterQueue {
  readonly #client: SQSClient;
  readonly #url: string;
  readonly #distributed: boolean;
  readonly #hiddenSeconds: number;

  /**
   * @param client SQS
   * @param url the queue's address
   * @param distributed whether many machines answer
   * @param hiddenSeconds for how long `hide` hides a message
   */
  constructor(client: SQSClient, url: string, distributed: boolean, hiddenSeconds = HIDDEN_SECONDS) {
    this.#client = client;
    this.#url = url;
    this.#distributed = distributed;
    this.#hiddenSeconds = hiddenSeconds;
  }

  async receive(limit: number): Promise<readonly SqsDeadLetter[]> {
    for (let tries = this.#distributed ? AWS_EMPTY_RECEIVES : 1; tries > 0; tries--) {
      const { Messages } = await this.#client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#url,
          MaxNumberOfMessages: limit,
          VisibilityTimeout: RECEIVED_SECONDS,
          WaitTimeSeconds: this.#distributed ? 2 : 0,
        }),
      );
      const letters = (Messages ?? []).flatMap(({ Body, ReceiptHandle, MessageId = "" }) =>
        Body === undefined || ReceiptHandle === undefined
          ? []
          : [{ body: Body, handle: ReceiptHandle, messageId: MessageId }],
      );
      if (letters.length > 0) return letters;
    }
    return [];
  }

  async remove(handles: readonly string[]): Promise<void> {
    await eachBatch(handles, (Entries) =>
      this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#url, Entries })),
    );
  }

  hide(handles: readonly string[]): Promise<void> {
    return this.#changeVisibility(handles, this.#hiddenSeconds);
  }

  release(handles: readonly string[]): Promise<void> {
    return this.#changeVisibility(handles, 0);
  }

  async #changeVisibility(handles: readonly string[], VisibilityTimeout: number): Promise<void> {
    await eachBatch(handles, (entries) =>
      this.#client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.#url,
          Entries: entries.map((entry) => ({ ...entry, VisibilityTimeout })),
        }),
      ),
    );
  }
}

async function eachBatch(
  handles: readonly string[],
  send: (entries: { Id: string; ReceiptHandle: string }[]) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < handles.length; at += BATCH_LIMIT) {
    const batch = handles.slice(at, at + BATCH_LIMIT);
    await send(batch.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })));
  }
}
