import { Agent, request } from "node:http";

/** The answer; without a status, there was none in time. */
export interface Reply {
  readonly status: number | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

const NO_REPLY: Reply = { status: undefined, body: {} };

/** A voter's client. It keeps connections, and gives up on an answer that does not come in time. */
export class Client {
  readonly #url: string;
  readonly #agent: Agent;

  /**
   * @param url of the API
   * @param connections how many at the same time
   */
  constructor(url: string, connections = 1_024) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /**
   * Sends a vote.
   *
   * @param vote the request's body
   * @param idempotencyKey names the submission, however often it is sent
   * @param timeoutMs after which the answer is given up
   */
  vote(vote: Readonly<Record<string, string>>, idempotencyKey: string, timeoutMs: number): Promise<Reply> {
    const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey };
    return this.#send("POST", "/api/v1/vote", headers, JSON.stringify(vote), timeoutMs);
  }

  /**
   * Sends a GET request.
   *
   * @param path below the API's URL
   * @param timeoutMs after which the answer is given up
   */
  get(path: string, timeoutMs: number): Promise<Reply> {
    return this.#send("GET", path, {}, "", timeoutMs);
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    timeoutMs: number,
  ): Promise<Reply> {
    return new Promise((resolve) => {
      const outgoing = request(`${this.#url}${path}`, { method, agent: this.#agent, headers }, (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (part: string) => {
          text += part;
        });
        incoming.on("end", () => done(replyOf(incoming.statusCode, text)));
        incoming.on("error", () => done(NO_REPLY));
      });
      // Counted from the call, including the wait for a free connection.
      const timer = setTimeout(() => outgoing.destroy(new Error("no answer in time")), timeoutMs);
      const done = (reply: Reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      outgoing.on("error", () => done(NO_REPLY));
      outgoing.on("close", () => done(NO_REPLY));
      outgoing.end(body);
    });
  }
}

function replyOf(status: number | undefined, text: string): Reply {
  try {
    const body: unknown = JSON.parse(text);
    return { status, body: typeof body === "object" && body !== null ? { ...body } : {} };
  } catch {
    return NO_REPLY; // Cut off in the middle.
  }
}
