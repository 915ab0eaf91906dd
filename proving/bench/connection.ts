import { createConnection, type Socket } from "node:net";

/** Told the status and the body; status 0 when the connection broke before the answer was there. */
type OnAnswer = (statusCode: number, body: string) => void;

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const STATUS = /^HTTP\/1\.1 (\d{3}) /;
/** Answers that have no body, whatever their head says (RFC 9110 §8.6). */
const BODILESS = new Set([204, 304]);

/**
 * A kept connection that asks one thing after the other. It reads just enough of HTTP/1.1 for answers that state their
 * length, at a fraction of what `node:http` costs: a load generator shares the machine with what it measures.
 */
export class Connection {
  readonly #socket: Socket;
  #onAnswer: OnAnswer | undefined;
  #received: Buffer | undefined;
  #open = true;

  constructor(host: string, port: number) {
    this.#socket = createConnection({ host, port, noDelay: true });
    this.#socket.on("data", (chunk) => this.#receive(chunk));
    this.#socket.on("error", () => this.#broken());
    this.#socket.on("close", () => this.#broken());
  }

  /** False once the other side has closed it. */
  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * Asks. The answer before must have come.
   *
   * @param request the whole request
   * @param onAnswer called once
   */
  send(request: string, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer;
    this.#socket.write(request, "utf8");
  }

  /** Ends it. What was asked last and is not answered is never told. */
  end(): void {
    this.#onAnswer = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const received = this.#received === undefined ? chunk : Buffer.concat([this.#received, chunk]);
    const endOfHead = received.indexOf(END_OF_HEAD);
    if (endOfHead < 0) {
      this.#received = received;
      return;
    }
    const head = received.toString("latin1", 0, endOfHead);
    const statusCode = Number(STATUS.exec(head)?.[1] ?? 0);
    const length = BODILESS.has(statusCode) ? 0 : Number(LENGTH.exec(head)?.[1] ?? Number.NaN);
    // Not HTTP, or an answer of a length that only its end would show: nothing here sends one.
    if (statusCode === 0 || Number.isNaN(length)) {
      this.#socket.destroy();
      this.#broken();
      return;
    }
    const end = endOfHead + END_OF_HEAD.length + length;
    if (received.length < end) {
      this.#received = received;
      return;
    }
    this.#received = undefined;
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    onAnswer?.(statusCode, received.toString("utf8", endOfHead + END_OF_HEAD.length, end));
  }

  #broken(): void {
    this.#open = false;
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    onAnswer?.(0, "");
  }
}
