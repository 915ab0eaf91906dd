import { connect, type Socket } from "node:net";

/** An answer as it stood on the connection. */
export interface WireAnswer {
  readonly status: number;
  /** Status line and headers, as they came. */
  readonly head: string;
  /** By name in lower case; a header that came twice has two values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/** What came back for some bytes: nothing is an empty list. */
export interface Exchange {
  readonly answers: readonly WireAnswer[];
  /** Whether the server ended the connection. */
  readonly closed: boolean;
}

const ANSWER_WITHIN_MS = 20_000;
const SEEMS_TO_WAIT_MS = 60;
const END_OF_HEAD = "\r\n\r\n";

/** A connection that bytes are written to as they are; it is made anew when the server has ended it. */
export class Wire {
  readonly #port: number;
  readonly #host: string;
  #socket: Socket | undefined;

  /** @param baseUrl where the API is */
  constructor(baseUrl: string) {
    const { hostname, port } = new URL(baseUrl);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /**
   * Sends one request and waits for its answer; the connection is kept.
   *
   * @param bytes a whole request
   * @param isHead whether its answer has no body
   */
  async ask(bytes: Uint8Array, isHead = false): Promise<WireAnswer> {
    const { answers } = await this.#exchange(bytes, (received) => received.length > 0, isHead);
    const [answer] = answers;
    if (answer === undefined) throw new Error("the server ended the connection without an answer");
    return answer;
  }

  /**
   * Sends bytes that may be no request, or several, and nothing after them; waits until the server ends the connection.
   * It is told of the end after its first answer, or when it seems to wait for more.
   *
   * @param bytes anything
   */
  async sendAll(bytes: Uint8Array): Promise<Exchange> {
    this.close();
    const exchange = await this.#exchange(bytes, () => false, false, true);
    this.close();
    return exchange;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #exchange(
    bytes: Uint8Array,
    isEnough: (answers: readonly WireAnswer[]) => boolean,
    isHead: boolean,
    endsAfter = false,
  ): Promise<Exchange> {
    const socket = this.#socket ?? connect({ port: this.#port, host: this.#host, noDelay: true });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      let pending: Buffer = Buffer.alloc(0);
      const answers: WireAnswer[] = [];
      const finish = (closed: boolean, error?: Error) => {
        clearTimeout(timer);
        clearTimeout(patience);
        socket.removeAllListeners("data").removeAllListeners("close").removeAllListeners("error");
        // Errors that come after the answer are no matter of this exchange.
        socket.on("error", () => undefined);
        if (closed || endsClosed(answers)) this.close();
        if (error === undefined) resolve({ answers, closed });
        else reject(error);
      };
      const timer = setTimeout(
        () => finish(true, new Error(`no end within ${ANSWER_WITHIN_MS / 1000} s; so far ${answers.length} answers`)),
        ANSWER_WITHIN_MS,
      );
      socket.on("data", (chunk: Buffer) => {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
        try {
          for (let read = readAnswer(pending, isHead); read !== undefined; read = readAnswer(pending, isHead)) {
            pending = pending.subarray(read.length);
            if (read.answer.status >= 200) answers.push(read.answer);
          }
        } catch (error) {
          finish(true, error instanceof Error ? error : new Error(String(error)));
          return;
        }
        if (isEnough(answers)) finish(false);
        else if (endsAfter && answers.length > 0) socket.end();
      });
      socket.on("close", () =>
        finish(true, pending.length > 0 ? new Error(`half an answer: ${pending.toString("latin1")}`) : undefined),
      );
      // A server that refuses may end the connection before everything was written: "close" follows.
      socket.on("error", () => undefined);
      const patience = endsAfter ? setTimeout(() => socket.end(), SEEMS_TO_WAIT_MS) : undefined;
      socket.write(bytes);
    });
  }
}

function endsClosed(answers: readonly WireAnswer[]): boolean {
  return answers.at(-1)?.headers.get("connection")?.includes("close") === true;
}

function readAnswer(bytes: Buffer, isHead: boolean): { answer: WireAnswer; length: number } | undefined {
  const endOfHead = bytes.indexOf(END_OF_HEAD);
  if (endOfHead < 0) return undefined;
  const head = bytes.toString("latin1", 0, endOfHead);
  const [statusLine = "", ...lines] = head.split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw new Error(`no status line: ${statusLine}`);
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  const bodyless = isHead || status < 200 || status === 204 || status === 304;
  const bodyLength = bodyless ? 0 : Number(headers.get("content-length")?.[0]);
  if (Number.isNaN(bodyLength)) throw new Error(`an answer without its length: ${head}`);
  const bodyAt = endOfHead + END_OF_HEAD.length;
  if (bytes.length < bodyAt + bodyLength) return undefined;
  const body = bytes.toString("utf8", bodyAt, bodyAt + bodyLength);
  return { answer: { status, head, headers, body }, length: bodyAt + bodyLength };
}
