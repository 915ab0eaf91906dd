import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** A queue that messages are put on. */
export interface Queue {
  /**
   * Puts one message on the queue.
   *
   * @param body the message
   * @throws when the queue did not confirm the message, which may have arrived nevertheless
   */
  send(body: string): Promise<void>;

  /**
   * Puts many messages on the queue, in any order.
   *
   * @param bodies the messages
   * @returns for each message whether the queue confirmed it; other messages may have arrived nevertheless
   */
  sendAll(bodies: readonly string[]): Promise<readonly boolean[]>;
}

/** SQS takes at most ten messages per call, and this many bytes (the oldest limit that is still in use). */
const BATCH_LIMIT = 10;
const BATCH_BYTES = 256 * 1024;

/** Called with the error when `sendAll` returns `false` for a message. */
export type ErrorSink = (error: unknown) => void;

/** A queue in SQS. */
export class SqsQueue implements Queue {
  readonly #client: SQSClient;
  readonly #url: string;
  readonly #onError: ErrorSink;

  constructor(client: SQSClient, url: string, onError: ErrorSink) {
    this.#client = client;
    this.#url = url;
    this.#onError = onError;
  }

  async send(body: string): Promise<void> {
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.#url, MessageBody: body }));
  }

  async sendAll(bodies: readonly string[]): Promise<readonly boolean[]> {
    return (await Promise.all(callsFor(bodies).map((chunk) => this.#sendChunk(chunk)))).flat();
  }

  async #sendChunk(bodies: readonly string[]): Promise<boolean[]> {
    try {
      const answer = await this.#client.send(
        new SendMessageBatchCommand({
          QueueUrl: this.#url,
          Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
        }),
      );
      for (const failed of answer.Failed ?? []) {
        this.#onError(new Error(`the queue refused a message: ${failed.Code ?? "no code"} ${failed.Message ?? ""}`));
      }
      // A message counts as sent only if the queue lists it as successful.
      const taken = new Set((answer.Successful ?? []).map((entry) => entry.Id));
      return bodies.map((_, index) => taken.has(String(index)));
    } catch (error) {
      this.#onError(error);
      return bodies.map(() => false);
    }
  }
}

/**
 * Divides messages into calls, in their order. A message that is too large for any call goes alone, and SQS refuses it.
 */
function callsFor(bodies: readonly string[]): readonly (readonly string[])[] {
  const calls: string[][] = [];
  let bytes = 0;
  for (const body of bodies) {
    const size = Buffer.byteLength(body);
    const last = calls.at(-1);
    if (last === undefined || last.length >= BATCH_LIMIT || bytes + size > BATCH_BYTES) {
      calls.push([body]);
      bytes = size;
    } else {
      last.push(body);
      bytes += size;
    }
  }
  return calls;
}
