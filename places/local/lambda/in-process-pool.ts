import { pathToFileURL } from "node:url";
import { Fifo } from "../fifo.ts";
import type { FunctionModel } from "../template/model.ts";
import { invocationContext } from "./context.ts";
import { type FunctionPool, type FunctionResult, failure } from "./invoker.ts";

type Handler = (event: unknown, context: unknown) => unknown;

/**
 * The execution environment of a function in the front's process, so that an event is not copied to another process. It
 * is one instance of the bundle's module, and has several events at the same time, where Lambda would start more
 * environments: all of them would share one thread, and code that is loaded eight times is compiled, optimized and kept
 * eight times. Further events wait, and an event is throttled only when as many wait as an account may run at the same
 * time. An environment cannot be killed at its time limit: it ends its other events, and the next event gets a new one.
 */
export class InProcessPool implements FunctionPool {
  readonly #model: FunctionModel;
  readonly #eventsAtOnce: number;
  readonly #waitingLimit: number;
  readonly #waiting = new Fifo<() => void>();
  readonly #running = new Set<{ readonly deadline: number; timeOut: () => void }>();
  /** The handler of the environment that the next event gets. */
  #handler: Promise<Handler> | undefined;
  #taken = 0;
  #loaded = 0;
  #sweeper: NodeJS.Timeout | undefined;

  /**
   * @param model the function; its environment must have been put into `process.env`
   * @param eventsAtOnce the largest number of events at the same time
   * @param waitingLimit the largest number of waiting events
   */
  constructor(model: FunctionModel, eventsAtOnce: number, waitingLimit: number) {
    this.#model = model;
    this.#eventsAtOnce = eventsAtOnce;
    this.#waitingLimit = waitingLimit;
  }

  async invoke(event: unknown): Promise<FunctionResult> {
    if (this.#taken < this.#eventsAtOnce) this.#taken += 1;
    else if (this.#waiting.length >= this.#waitingLimit) return { kind: "throttled" };
    // Whoever ends hands its place over.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const handler = this.#warm();
      return await this.#run(handler, await handler, event);
    } catch (error) {
      return logged(error);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken -= 1;
      else next();
    }
  }

  pids(): number[] {
    return [];
  }

  async warm(count: number): Promise<void> {
    if (count > 0) await this.#warm();
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweeper);
  }

  #warm(): Promise<Handler> {
    if (this.#handler !== undefined) return this.#handler;
    const handler = this.#load();
    this.#handler = handler;
    // The next event tries again.
    handler.catch(() => this.#end(handler));
    return handler;
  }

  #end(handler: Promise<Handler>): void {
    if (this.#handler === handler) this.#handler = undefined;
  }

  async #load(): Promise<Handler> {
    const url = pathToFileURL(this.#model.modulePath);
    this.#loaded += 1;
    url.searchParams.set("instance", String(this.#loaded));
    const module: Record<string, unknown> = await import(url.href);
    const found = module[this.#model.exportName];
    if (typeof found !== "function") throw new Error(`the bundle exports no function ${this.#model.exportName}`);
    return (event, context) => Reflect.apply(found, undefined, [event, context]);
  }

  #run(environment: Promise<Handler>, handler: Handler, event: unknown): Promise<FunctionResult> {
    return new Promise((resolve) => {
      const startedAt = performance.now();
      const job = {
        deadline: startedAt + this.#model.timeoutMs,
        timeOut: () => {
          this.#running.delete(job);
          this.#end(environment);
          say(`the function did not end within ${this.#model.timeoutMs / 1000} s`);
          resolve({ kind: "timed_out" });
        },
      };
      this.#running.add(job);
      this.#sweeper ??= setInterval(() => this.#sweep(), 250);
      const done = (result: FunctionResult) => {
        if (this.#running.delete(job)) resolve(result);
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

/** The caller does not learn the cause. */
function logged(error: unknown): FunctionResult {
  say(`the function failed: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
  return failure(error);
}

/** Standard output is the function's log. */
function say(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}
