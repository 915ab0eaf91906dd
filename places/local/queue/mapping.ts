import type { FunctionPool, FunctionResult } from "../lambda/invoker.ts";
import type { MappingModel } from "../template/model.ts";
import { handlesToDelete, sqsEvent } from "./batch.ts";
import type { LocalQueue } from "./local-queue.ts";

/**
 * How often to look for messages if there is no window, like Lambda's pollers. Otherwise every vote would be a batch,
 * and an invocation costs as much CPU as some thirty votes.
 */
const POLL_MS = 50;

/** The states that an event source mapping can have here. */
export type MappingState = "Enabled" | "Disabling" | "Disabled";

/**
 * An event source mapping: gathers messages into batches and hands them to the function, up to a number of batches at
 * the same time. Messages stay in the queue while they are gathered. A batch is then received at once, and its
 * visibility timeout starts at that moment.
 */
export class Mapping {
  readonly model: MappingModel;
  readonly #queue: LocalQueue;
  readonly #pool: FunctionPool;
  #enabled: boolean;
  #changedAt: Date;
  #running = new Set<Promise<void>>();
  #gatheringSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  /**
   * @param model batch size, window and concurrency
   * @param queue where messages come from
   * @param pool the function
   * @param enabled false for a mapping that was paused before a restart
   * @param changedAt when it was paused or resumed last
   */
  constructor(model: MappingModel, queue: LocalQueue, pool: FunctionPool, enabled: boolean, changedAt: Date) {
    this.model = model;
    this.#queue = queue;
    this.#pool = pool;
    this.#enabled = enabled;
    this.#changedAt = changedAt;
    queue.onVisible(() => this.#look());
  }

  get state(): MappingState {
    if (this.#enabled) return "Enabled";
    return this.#running.size > 0 ? "Disabling" : "Disabled";
  }

  /** When it was paused or resumed last. */
  get changedAt(): Date {
    return this.#changedAt;
  }

  /** Pauses or resumes it; batches that are under way are finished. */
  setEnabled(enabled: boolean): void {
    if (enabled !== this.#enabled) this.#changedAt = new Date();
    this.#enabled = enabled;
    this.#look();
  }

  /** Starts to look for messages. */
  start(): void {
    this.#look();
  }

  /** Takes no more batches, and waits for those under way. The function's time limit bounds that wait. */
  async stop(): Promise<void> {
    this.#enabled = false;
    clearTimeout(this.#timer);
    await Promise.all(this.#running);
  }

  /** Hands over a batch when it is full, or when the window of the first message has passed. */
  #look(): void {
    const { batchSize, maximumConcurrency } = this.model;
    const windowMs = Math.max(this.model.windowMs, POLL_MS);
    while (this.#enabled && this.#queue.visible > 0 && this.#running.size < maximumConcurrency) {
      const now = performance.now();
      this.#gatheringSince ??= now;
      const waitMs = this.#gatheringSince + windowMs - now;
      if (this.#queue.visible < batchSize && waitMs > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.#look();
        }, waitMs);
        return;
      }
      this.#gatheringSince = undefined;
      this.#deliver();
    }
  }

  #deliver(): void {
    const items = this.#queue.take(this.model.batchSize);
    if (items.length === 0) return;
    const running = this.#pool.invoke(sqsEvent(items, this.model.queueArn)).then(async (result) => {
      for (const handle of handlesToDelete(items, result, this.model.reportsItemFailures)) {
        this.#queue.deleteMessage(handle);
      }
      const fault = faultOf(result);
      if (fault !== undefined) console.error(`${this.model.functionName}: a batch of ${items.length} ${fault}`);
      await this.#backOff(result.kind === "returned");
      this.#running.delete(running);
      this.#look();
    });
    this.#running.add(running);
  }

  /** A function that fails is called less often, as Lambda's pollers do. */
  async #backOff(succeeded: boolean): Promise<void> {
    this.#failures = succeeded ? 0 : this.#failures + 1;
    if (succeeded || !this.#enabled) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** this.#failures, 2_000)));
  }
}

/** What became of a batch that the function did not return from. */
function faultOf(result: FunctionResult): string | undefined {
  switch (result.kind) {
    case "failed":
      return `failed: ${result.message}`;
    case "timed_out":
      return "was not done within the function's time limit; its messages come again";
    case "throttled":
      return "found no room; its messages come again";
    case "returned":
      return undefined;
  }
}
