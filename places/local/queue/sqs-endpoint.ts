import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SqsAnswer } from "../lambda/sqs-call.ts";
import { ACTIONS } from "./actions.ts";
import type { QueueStorage } from "./queue-file.ts";
import type { QueueStore } from "./queue-store.ts";
import { SqsError } from "./sqs-error.ts";

/** The size of the largest batch if each of its characters is written as an escape. */
const LARGEST_REQUEST_BYTES = 8 * 1_048_576;
const TARGET_PREFIX = "AmazonSQS.";

/** SQS in its JSON protocol: over HTTP for commands and tests, by a call in process for the functions' sends. */
export class SqsEndpoint {
  readonly #server: Server;
  readonly #store: QueueStore;
  readonly #storage: QueueStorage;

  constructor(store: QueueStore, storage: QueueStorage) {
    this.#store = store;
    this.#storage = storage;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /**
   * @param port the port on 127.0.0.1; 0 for any
   * @returns the port that it listens on
   */
  async listen(port: number): Promise<number> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * Sends a message, or a batch of them, without a socket.
   *
   * @param action `SendMessage` or `SendMessageBatch`
   * @param body the call's parameters as JSON
   * @returns undefined for any other action, which goes over HTTP
   */
  async call(action: string, body: string): Promise<SqsAnswer | undefined> {
    if (action !== "SendMessage" && action !== "SendMessageBatch") return undefined;
    return this.#answer(action, body);
  }

  /** Ends the calls that wait for messages, and listens no more. */
  async close(): Promise<void> {
    for (const queue of this.#store.allQueues()) queue.stop();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const { statusCode, body, queryError } = await this.#read(request, gone.signal);
    if (response.destroyed) return;
    response.writeHead(statusCode, {
      "content-type": "application/x-amz-json-1.0",
      "content-length": Buffer.byteLength(body),
      ...(queryError === undefined ? {} : { "x-amzn-query-error": queryError }),
    });
    response.end(body);
  }

  async #read(request: IncomingMessage, signal: AbortSignal): Promise<SqsAnswer> {
    const target = String(request.headers["x-amz-target"] ?? "");
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of request) {
        bytes += chunk.length;
        if (bytes <= LARGEST_REQUEST_BYTES) chunks.push(chunk);
      }
    } catch {
      return refusal(new SqsError("InvalidParameterValue", "The request was cut off."));
    }
    if (bytes > LARGEST_REQUEST_BYTES) return refusal(new SqsError("BatchRequestTooLong", "The request is too large."));
    return this.#answer(
      target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : "",
      `${Buffer.concat(chunks)}`,
      signal,
    );
  }

  async #answer(name: string, text: string, signal?: AbortSignal): Promise<SqsAnswer> {
    try {
      const act = ACTIONS.get(name);
      if (act === undefined)
        throw new SqsError("InvalidAction", `The local runtime does not emulate the SQS action ${name}.`);
      const answer = await act(JSON.parse(text), this.#store, signal);
      // A message counts as sent when it is in the file.
      await this.#storage.flushed();
      return { statusCode: 200, body: JSON.stringify(answer) };
    } catch (error) {
      if (error instanceof SqsError) return refusal(error);
      if (error instanceof SyntaxError) return refusal(new SqsError("InvalidParameterValue", "The body is not JSON."));
      console.error(`SQS ${name}:`, error);
      return { statusCode: 500, body: JSON.stringify({ __type: "com.amazonaws.sqs#InternalFailure", message: "" }) };
    }
  }
}

function refusal(error: SqsError): SqsAnswer {
  return { statusCode: 400, body: error.body, queryError: error.queryError };
}
