import { randomUUID } from "node:crypto";
import { Fifo } from "../fifo.ts";
import type { QueueModel } from "../template/model.ts";
import type { StoredMessage } from "./message.ts";
import type { QueueStorage } from "./queue-file.ts";
import { SqsError } from "./sqs-error.ts";

/** A received message, and the handle for deleting it. */
export interface Receipt {
  readonly message: StoredMessage;
  readonly receiptHandle: string;
}

interface InFlight extends Receipt {
  /** In terms of `performance.now()`, so that a clock that is set back does not hide a message for an hour. */
  visibilityDeadline: number;
}

/** Defaults of attributes that the template does not set (SQS API reference, CreateQueue). */
const DEFAULTS = {
  VisibilityTimeout: "30",
  DelaySeconds: "0",
  MaximumMessageSize: "1048576",
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
};

/** The longest time of a Node timer, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A standard queue. Taking a message costs the same at any length of the queue, deadlines are checked only when one has
 * passed, and an idle queue costs nothing.
 *
 * The file does not say which messages are in flight. After a restart they are visible again, because their consumers
 * have ended with the process.
 */
export class LocalQueue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  readonly #attributes: Readonly<Record<string, string>>;
  readonly #mostReceives: number;
  readonly #ready = new Fifo<StoredMessage>();
  readonly #inFlight = new Map<string, InFlight>();
  readonly #storage: QueueStorage;
  readonly #deadLetters: () => LocalQueue | undefined;
  readonly #listeners = new Set<() => void>();
  #earliest = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  readonly #stopped = new AbortController();

  /**
   * @param model name, URL, ARN and attributes
   * @param storage where messages are kept
   * @param deadLetters finds the queue that RedrivePolicy names
   */
  constructor(model: QueueModel, storage: QueueStorage, deadLetters: (arn: string) => LocalQueue | undefined) {
    this.name = model.name;
    this.url = model.url;
    this.arn = model.arn;
    this.#attributes = { ...DEFAULTS, ...model.attributes };
    this.#storage = storage;
    const policy = JSON.parse(this.#attributes["RedrivePolicy"] ?? "{}");
    this.#mostReceives = Number(policy.maxReceiveCount ?? Number.POSITIVE_INFINITY);
    const arn: unknown = policy.deadLetterTargetArn;
    this.#deadLetters = () => (typeof arn === "string" ? deadLetters(arn) : undefined);
  }

  get visible(): number {
    return this.#ready.length;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** When the oldest of its messages was sent, in milliseconds since the epoch; undefined: it is empty. */
  get oldestMs(): number | undefined {
    // What was given back is not where it was, so the first is not always the oldest.
    let oldest = Number.POSITIVE_INFINITY;
    for (const { sentTimestamp } of this.#ready) oldest = Math.min(oldest, sentTimestamp);
    for (const { message } of this.#inFlight.values()) oldest = Math.min(oldest, message.sentTimestamp);
    return oldest === Number.POSITIVE_INFINITY ? undefined : oldest;
  }

  /** Registers a function that is called whenever messages may have become visible. */
  onVisible(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Restores a message that was kept over a restart. */
  restore(message: StoredMessage): void {
    this.#ready.push(message);
  }

  /**
   * An attribute that is a number.
   *
   * @param name an attribute that every queue has
   */
  numberOf(name: keyof typeof DEFAULTS): number {
    return Number(this.#attributes[name]);
  }

  /**
   * The answer to GetQueueAttributes.
   *
   * @param wanted names of attributes, or `All`
   * @throws SqsError when there is no attribute of such a name
   */
  describe(wanted: readonly string[]): Record<string, string> {
    const all: Record<string, string> = {
      ...this.#attributes,
      QueueArn: this.arn,
      ApproximateNumberOfMessages: String(this.visible),
      ApproximateNumberOfMessagesNotVisible: String(this.inFlight),
      ApproximateNumberOfMessagesDelayed: "0",
    };
    if (wanted.includes("All")) return all;
    const unknown = wanted.find((name) => !(name in all));
    if (unknown !== undefined) throw new SqsError("InvalidAttributeName", `Unknown attribute ${unknown}.`);
    return Object.fromEntries(wanted.map((name) => [name, all[name] ?? ""]));
  }

  /**
   * Puts a message on the queue.
   *
   * @param message a new message, or one from the queue whose dead-letter queue this is
   * @param delaySeconds how long it stays hidden
   */
  enqueue(message: StoredMessage, delaySeconds = 0): void {
    this.#storage.insert(this.name, message);
    if (delaySeconds > 0) {
      const visibilityDeadline = performance.now() + delaySeconds * 1000;
      this.#hide({ message, receiptHandle: `delayed-${message.messageId}`, visibilityDeadline });
      return;
    }
    this.#ready.push(message);
    this.#notify();
  }

  /**
   * Receives messages and hides them. A message that was received too often goes to the dead-letter queue instead.
   *
   * @param maxCount the largest number of messages
   * @param visibilitySeconds how long to hide them; the queue's visibility timeout by default
   */
  take(maxCount: number, visibilitySeconds = this.numberOf("VisibilityTimeout")): Receipt[] {
    const deadLetters = this.#deadLetters();
    const hiddenUntil = performance.now() + visibilitySeconds * 1000;
    const taken: Receipt[] = [];
    while (taken.length < maxCount) {
      const message = this.#ready.shift();
      if (message === undefined) break;
      message.approximateReceiveCount += 1;
      message.approximateFirstReceiveTimestamp ??= Date.now();
      if (deadLetters !== undefined && message.approximateReceiveCount > this.#mostReceives) {
        // The row moves to the other queue, so that the message is always in exactly one of them.
        deadLetters.enqueue(message);
        continue;
      }
      const entry = { message, receiptHandle: randomUUID(), visibilityDeadline: hiddenUntil };
      this.#hide(entry);
      taken.push(entry);
    }
    return taken;
  }

  /** Removes a received message. A handle that is no longer valid does nothing. */
  deleteMessage(receiptHandle: string): void {
    const entry = this.#inFlight.get(receiptHandle);
    if (entry !== undefined) this.#storage.remove(entry.message);
    this.#inFlight.delete(receiptHandle);
  }

  /**
   * Sets when a received message comes back.
   *
   * @param receiptHandle its handle
   * @param timeoutSeconds from now on; 0: at once
   * @returns false when the handle is no longer valid
   */
  changeVisibility(receiptHandle: string, timeoutSeconds: number): boolean {
    const entry = this.#inFlight.get(receiptHandle);
    if (entry === undefined) return false;
    entry.visibilityDeadline = performance.now() + timeoutSeconds * 1000;
    this.#earliest = Math.min(this.#earliest, entry.visibilityDeadline);
    this.#giveBack();
    return true;
  }

  #giveBack(): void {
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

  /**
   * Waits until there are messages.
   *
   * @param withinSeconds the longest wait
   * @param signal ends the wait
   */
  async untilVisible(withinSeconds: number, signal?: AbortSignal): Promise<void> {
    if (this.visible > 0 || withinSeconds <= 0 || this.#stopped.signal.aborted) return;
    const late = AbortSignal.timeout(withinSeconds * 1000);
    const over = AbortSignal.any([late, this.#stopped.signal, ...(signal === undefined ? [] : [signal])]);
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.visible === 0 && !over.aborted) return;
        this.#listeners.delete(look);
        over.removeEventListener("abort", look);
        resolve();
      };
      this.#listeners.add(look);
      over.addEventListener("abort", look);
      if (over.aborted) look();
    });
  }

  /** Removes every message. */
  purge(): void {
    while (this.#ready.shift() !== undefined);
    this.#inFlight.clear();
    this.#storage.removeAll(this.name);
  }

  /** The bodies of all its messages, both waiting and in flight. */
  get bodies(): string[] {
    return [...this.#ready.toArray(), ...[...this.#inFlight.values()].map(({ message }) => message)].map(
      ({ body }) => body,
    );
  }

  /** Ends the calls that wait for messages. No message comes back any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
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
    this.#timer = setTimeout(() => this.#giveBack(), inMs).unref();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
