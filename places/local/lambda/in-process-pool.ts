import { pathToFileURL } from "node:url";
import { Fifo } from "../fifo.ts";
import type { FunctionModel } from "../template/model.ts";
import { invocationContext } from "./context.ts";
import { type FunctionPool, type FunctionResult, failure } from "./invoker.ts";

type Handler = (event: unknown, context: unknown) => unknown;

/**
 * Execution environments of a function in the front's process, each an instance of the bundle's module, so that an
 * event is not copied to another process. Each takes one event at a time. Where Lambda would start more environments,
 * an event waits for a free one, because all of them share one thread anyway. An event is throttled only when as many
 * wait as an account may run at the same time. An environment cannot be killed at its time limit: it is not used again.
 */
export class InProcessPool implements FunctionPool {
  readonly #model: FunctionModel;
  readonly #maximum: number;
  readonly #waitingLimit: number;
  readonly #idle: Handler[] = [];
  readonly #waiting = new Fifo<() => void>();
  readonly #running = new Set<{ readonly deadline: number; timeOut: () => void }>();
  #instances = 0;
  #loaded = 0;
  #sweeper: NodeJS.Timeout | undefined;

  /**
   * @param model the function; its environment must have been put into `process.env`
   * @param maximum the largest number of instances
   * @param waitingLimit the largest number of waiting events
   */
  constructor(model: FunctionModel, maximum: number, waitingLimit: number) {
    this.#model = model;
    this.#maximum = maximum;
    this.#waitingLimit = waitingLimit;
  }

  async invoke(event: unknown): Promise<FunctionResult> {
    let handler = this.#idle.pop();
    while (handler === undefined) {
      if (this.#instances < this.#maximum) {
        try {
          handler = await this.#load();
        } catch (error) {
          return logged(error);
        }
      } else {
        if (this.#waiting.length >= this.#waitingLimit) return { kind: "throttled" };
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        handler = this.#idle.pop();
      }
    }
    return this.#run(handler, event);
  }

  pids(): number[] {
    return [];
  }

  async warm(count: number): Promise<void> {
    while (this.#instances < Math.min(count, this.#maximum)) this.#idle.push(await this.#load());
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweeper);
  }

  async #load(): Promise<Handler> {
    this.#instances += 1;
    try {
      const url = pathToFileURL(this.#model.modulePath);
      this.#loaded += 1;
      url.searchParams.set("instance", String(this.#loaded));
      const module: Record<string, unknown> = await import(url.href);
      const found = module[this.#model.exportName];
      if (typeof found !== "function") throw new Error(`the bundle exports no function ${this.#model.exportName}`);
      return (event, context) => Reflect.apply(found, undefined, [event, context]);
    } catch (error) {
      this.#instances -= 1;
      this.#waiting.shift()?.();
      throw error;
    }
  }

  #run(handler: Handler, event: unknown): Promise<FunctionResult> {
    return new Promise((resolve) => {
      const startedAt = performance.now();
      const job = {
        deadline: startedAt + this.#model.timeoutMs,
        timeOut: () => {
          this.#running.delete(job);
          this.#instances -= 1;
          this.#waiting.shift()?.();
          process.stdout.write(`the function did not end within ${this.#model.timeoutMs / 1000} s\n`);
          resolve({ kind: "timed_out" });
        },
      };
      this.#running.add(job);
      this.#sweeper ??= setInterval(() => this.#sweep(), 250);
      const done = (result: FunctionResult) => {
        if (!this.#running.delete(job)) return;
        this.#idle.push(handler);
        this.#waiting.shift()?.();
        resolve(result);
      };
      const run = async (): Promise<unknown> => handler(event, invocationContext(this.#model, startedAt));
      run().then(
        (value) => done({ kind: "returned", value }),
        (error: unknown) => done(logged(error)),
      );
    });
  }

  /** One timer for all time limits. There is none while nothing runs. */
  #sweep(): void {
    if (this.#running.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
      return;
    }
    const now = performance.now();
    for (const job of this.#running) if (job.deadline <= now) job.timeOut();
  }
}

/** Standard output is the function's log. The caller does not learn the cause. */
function logged(error: unknown): FunctionResult {
  process.stdout.write(`the function failed: ${error instanceof Error ? `${error.name}: ${error.message}` : error}\n`);
  return failure(error);
}
