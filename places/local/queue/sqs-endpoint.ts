import type { SqsAnswer } from "../lambda/sqs-call.ts";
import { buildApp, S3Store, SnsStore, sendMessage, sendMessageBatch } from "./fauxqs.ts";
import type { QueueStorage } from "./queue-file.ts";
import type { QueueStore } from "./queue-store.ts";

/** SQS: over HTTP for commands and tests, by a call in process for the functions' sends. */
export class SqsEndpoint {
  readonly #app: ReturnType<typeof buildApp>;
  readonly #store: QueueStore;
  readonly #storage: QueueStorage;

  constructor(store: QueueStore, storage: QueueStorage) {
    this.#store = store;
    this.#storage = storage;
    const stores = { sqsStore: store, snsStore: new SnsStore(), s3Store: new S3Store() };
    this.#app = buildApp({ logger: false, stores });
    // A message counts as sent when it is in the file.
    this.#app.addHook("onSend", async () => this.#storage.flushed());
  }

  /** @param port the port on 127.0.0.1 */
  async listen(port: number): Promise<void> {
    await this.#app.listen({ port, host: "127.0.0.1" });
  }

  /**
   * Sends a message, or a batch of them, without a socket.
   *
   * @param action `SendMessage` or `SendMessageBatch`
   * @param body the call's parameters as JSON
   * @returns undefined when the action is another one, which goes over HTTP
   */
  async call(action: string, body: string): Promise<SqsAnswer | undefined> {
    if (action !== "SendMessage" && action !== "SendMessageBatch") return undefined;
    try {
      const act = action === "SendMessage" ? sendMessage : sendMessageBatch;
      const answer = await act(JSON.parse(body), this.#store);
      await this.#storage.flushed();
      return { statusCode: 200, body: JSON.stringify(answer) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const code = error instanceof Error && "code" in error ? String(error.code) : "InternalFailure";
      return { statusCode: 400, body: JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message }) };
    }
  }

  async close(): Promise<void> {
    await this.#app.close();
  }
}
