import { randomUUID } from "node:crypto";
import { Fifo } from "../fifo.ts";
import { type ReceivedMessage, SqsQueue } from "./fauxqs.ts";
import type { QueueStorage, StoredMessage } from "./queue-file.ts";

interface InFlight {
  readonly message: StoredMessage;
  readonly receiptHandle: string;
  /** Of `performance.now()`: a clock that is set back must not hide a message for an hour. */
  visibilityDeadline: number;
}

/** Node's timers hold at most this many milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A standard queue behind fauxqs's SQS actions, in place of its own. With 100,000 messages waiting fauxqs's
 * `messages.shift()` moves them all for each one taken, every receive looks at all messages in flight, a waiting receive
 * polls every 20 ms, and with its file `ChangeMessageVisibility` to 0 fails (NOT NULL constraint). Here taking costs the
 * same however long the queue is, deadlines are looked at only when one has passed, and an idle queue costs nothing.
 *
 * What is in flight is not written down as such: after a restart it is simply visible again, because those who held it
 * have gone with the process.
 */
export class LocalQueue extends SqsQueue {
  readonly #ready = new Fifo<StoredMessage>();
  readonly #inFlight = new Map<string, InFlight>();
  readonly #storage: QueueStorage;
  readonly #deadLetters: () => LocalQueue | undefined;
  readonly #listeners = new Set<() => void>();
  #earliest = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param identity name, URL, ARN and attributes
   * @param storage where messages are kept
   * @param deadLetters finds the queue that RedrivePolicy names
   */
  constructor(
    identity: { name: string; url: string; arn: string; attributes: Record<string, string> },
    storage: QueueStorage,
    deadLetters: (arn: string) => LocalQueue | undefined,
  ) {
    super(identity.name, identity.url, identity.arn, identity.attributes);
    this.#storage = storage;
    this.#deadLetters = () => {
      const arn: unknown = JSON.parse(this.attributes["RedrivePolicy"] ?? "{}").deadLetterTargetArn;
      return typeof arn === "string" ? deadLetters(arn) : undefined;
    };
  }

  get visible(): number {
    return this.#ready.length;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Has a function called whenever messages may have become visible. */
  onVisible(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Puts a message back that was kept over a restart. */
  restore(message: StoredMessage): void {
    this.#ready.push(message);
  }

  /** The message that a receipt handle stands for; `receiveMessage` of fauxqs reads system attributes here. */
  override inflightMessages = this.#inFlight;

  override getAttribute(name: Parameters<SqsQueue["getAttribute"]>[0]): string | undefined {
    if (name === "ApproximateNumberOfMessages") return String(this.visible);
    if (name === "ApproximateNumberOfMessagesNotVisible") return String(this.inFlight);
    return super.getAttribute(name);
  }

  override enqueue(message: StoredMessage): void {
    this.#storage.insert(this.name, message);
    const waitMs = (message.delayUntil ?? 0) - Date.now();
    if (waitMs > 0) {
      const handle = `delayed-${message.messageId}`;
      this.#hide({ message, receiptHandle: handle, visibilityDeadline: performance.now() + waitMs });
      return;
    }
    this.#ready.push(message);
    this.#notify();
  }

  override dequeue(maxCount: number, visibilityTimeoutOverride?: number): ReceivedMessage[] {
    return this.take(Math.min(maxCount, 10), visibilityTimeoutOverride).map(({ message, receiptHandle }) => ({
      MessageId: message.messageId,
      ReceiptHandle: receiptHandle,
      MD5OfBody: message.md5OfBody,
      Body: message.body,
      ...(Object.keys(message.messageAttributes).length === 0
        ? {}
        : {
            MessageAttributes: message.messageAttributes,
            MD5OfMessageAttributes: message.md5OfMessageAttributes,
          }),
    }));
  }

  /**
   * Receives messages and hides them. One that was received too often goes to the dead-letter queue instead.
   *
   * @param maxCount how many at most
   * @param visibilitySeconds how long; default the queue's own
   */
  take(maxCount: number, visibilitySeconds = Number(this.attributes["VisibilityTimeout"] ?? 30)): InFlight[] {
    const policy = JSON.parse(this.attributes["RedrivePolicy"] ?? "{}");
    const mostReceives = Number(policy.maxReceiveCount ?? Number.POSITIVE_INFINITY);
    const deadLetters = this.#deadLetters();
    const hiddenUntil = performance.now() + visibilitySeconds * 1000;
    const taken: InFlight[] = [];
    while (taken.length < maxCount) {
      const message = this.#ready.shift();
      if (message === undefined) break;
      message.approximateReceiveCount += 1;
      message.approximateFirstReceiveTimestamp ??= Date.now();
      if (deadLetters !== undefined && message.approximateReceiveCount > mostReceives) {
        // The same row moves to the other queue: it is never in none and never in both.
        deadLetters.enqueue(message);
        continue;
      }
      const entry = { message, receiptHandle: randomUUID(), visibilityDeadline: hiddenUntil };
      this.#hide(entry);
      taken.push(entry);
    }
    return taken;
  }

  override deleteMessage(receiptHandle: string): boolean {
    const entry = this.#inFlight.get(receiptHandle);
    if (entry !== undefined) this.#storage.remove(entry.message);
    return this.#inFlight.delete(receiptHandle);
  }

  override changeVisibility(receiptHandle: string, timeoutSeconds: number): void {
    const entry = this.#inFlight.get(receiptHandle);
    if (entry === undefined) return;
    entry.visibilityDeadline = performance.now() + timeoutSeconds * 1000;
    this.#earliest = Math.min(this.#earliest, entry.visibilityDeadline);
    this.processTimers();
  }

  override processTimers(): void {
    const now = performance.now();
    if (now >= this.#earliest) {
      this.#earliest = Number.POSITIVE_INFINITY;
      let back = false;
      for (const [handle, entry] of this.#inFlight) {
        if (entry.visibilityDeadline <= now) {
          this.#inFlight.delete(handle);
          this.#storage.update(entry.message);
          this.#ready.push(entry.message);
          back = true;
        } else this.#earliest = Math.min(this.#earliest, entry.visibilityDeadline);
      }
      if (back) this.#notify();
    }
    this.#arm();
  }

  override waitForMessages(waitTimeSeconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitTimeSeconds * 1000);
      this.#listeners.add(done);
    });
  }

  override purge(): void {
    while (this.#ready.shift() !== undefined);
    this.#inFlight.clear();
    this.#storage.removeAll(this.name);
  }

  override inspectMessages(): ReturnType<SqsQueue["inspectMessages"]> {
    return { ready: this.#ready.toArray(), delayed: [], inflight: [...this.#inFlight.values()] };
  }

  override cancelWaiters(): void {
    clearTimeout(this.#timer);
    this.#notify();
  }

  #hide(entry: InFlight): void {
    this.#inFlight.set(entry.receiptHandle, entry);
    if (entry.visibilityDeadline < this.#earliest) {
      this.#earliest = entry.visibilityDeadline;
      this.#arm();
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#inFlight.size === 0) {
      this.#earliest = Number.POSITIVE_INFINITY;
      return;
    }
    const inMs = Math.min(Math.max(this.#earliest - performance.now(), 0) + 1, LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.processTimers(), inMs).unref();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
