import { type ChildProcess, fork } from "node:child_process";
import { writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FunctionModel } from "../template/model.ts";
import { type FunctionPool, type FunctionResult, failure } from "./invoker.ts";
import type { FromFunction, ToFunction } from "./protocol.ts";
import type { SqsCall } from "./sqs-call.ts";

const HOST = fileURLToPath(new URL("function-host.ts", import.meta.url));
/** Lambda gives a function ten seconds to load (Developer Guide, "Lambda execution environment lifecycle"). */
const INIT_TIMEOUT_MS = 10_000;

export interface ProcessPoolOptions {
  readonly model: FunctionModel;
  readonly environment: Readonly<Record<string, string>>;
  /** Processes at most. When all are busy, another event waits for as long as its caller does. */
  readonly maximum: number;
  /** Events that a process has at the same time. */
  readonly eventsAtOnce: number;
  /** The file descriptor for the function's output. */
  readonly log: number;
  /** The priority in the operating system; a larger number yields to a smaller one. */
  readonly priority: number;
  readonly callSqs: SqsCall;
}

interface Job {
  readonly event: unknown;
  readonly settle: (result: FunctionResult) => void;
  settled: boolean;
}

/**
 * Execution environments of a function, each a process, killed at an event's time limit and kept warm. On AWS one has
 * one event at a time. Here a process may have several, where Lambda would start more: they share what a start costs.
 */
export class ProcessPool implements FunctionPool {
  readonly #options: ProcessPoolOptions;
  readonly #environments = new Set<Environment>();
  #waiting: Job[] = [];
  #stopping = false;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
  }

  invoke(event: unknown, timeoutMs?: number): Promise<FunctionResult> {
    return new Promise((resolve) => {
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => job.settle({ kind: "timed_out" }), timeoutMs);
      const job: Job = {
        event,
        settled: false,
        settle: (result) => {
          clearTimeout(timer);
          job.settled = true;
          resolve(result);
        },
      };
      this.#waiting.push(job);
      this.#dispatch();
    });
  }

  pids(): number[] {
    return [...this.#environments].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  async warm(count: number): Promise<void> {
    const missing = Math.min(count, this.#options.maximum) - this.#environments.size;
    await Promise.all(Array.from({ length: Math.max(0, missing) }, () => this.#add().ready));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const job of this.#waiting) job.settle({ kind: "throttled" });
    this.#waiting = [];
    await Promise.all([...this.#environments].map((environment) => environment.stop()));
  }

  #dispatch(): void {
    this.#waiting = this.#waiting.filter((job) => !job.settled);
    let starting = 0;
    // The one that was used last comes first, so that the others can be idle.
    for (const environment of [...this.#environments].reverse()) {
      if (environment.state === "starting") starting += this.#options.eventsAtOnce;
      while (environment.hasRoom) {
        const job = this.#waiting.shift();
        if (job === undefined) return;
        environment.run(job);
      }
    }
    if (this.#stopping) return;
    const missing = Math.ceil((this.#waiting.length - starting) / this.#options.eventsAtOnce);
    const wanted = Math.min(missing, this.#options.maximum - this.#environments.size);
    for (let at = 0; at < wanted; at += 1) this.#add();
  }

  #add(): Environment {
    const environment = new Environment(this.#options, (ended) => {
      if (ended) this.#environments.delete(environment);
      if (ended && environment.failedToStart) {
        const job = this.#waiting.shift();
        job?.settle({ kind: "failed", errorType: "Runtime.InitError", message: "the function could not be loaded" });
      }
      this.#dispatch();
    });
    this.#environments.add(environment);
    return environment;
  }
}

interface Running {
  readonly job: Job;
  readonly timer: NodeJS.Timeout;
}

/** One process. */
class Environment {
  state: "starting" | "ready" | "ended" = "starting";
  failedToStart = false;
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #options: ProcessPoolOptions;
  readonly #changed: (ended: boolean) => void;
  readonly #exited: Promise<void>;
  readonly #running = new Map<number, Running>();
  readonly #initTimer: NodeJS.Timeout;
  #lastId = 0;

  constructor(options: ProcessPoolOptions, changed: (ended: boolean) => void) {
    this.#options = options;
    this.#changed = changed;
    const { model } = options;
    const { NODE_COMPILE_CACHE } = process.env;
    this.#child = fork(HOST, [String(options.priority)], {
      // The last is for Node.js, which reads it as it starts; the host takes it away before it loads the function.
      env: { ...options.environment, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }) },
      execArgv: [],
      stdio: ["ignore", options.log, options.log, "ipc"],
      // Outside of the terminal's process group: Ctrl-C is for the supervisor, which lets events finish.
      detached: true,
    });
    this.#exited = new Promise((resolve) => this.#child.once("exit", () => resolve()));
    this.ready = new Promise((resolve) => {
      this.#child.on("message", (message: FromFunction) => {
        if (message.type === "ready") resolve();
        void this.#receive(message);
      });
      this.#child.once("exit", () => resolve());
    });
    this.#child.once("exit", (code, signal) => this.#end(signal ?? `code ${code}`));
    this.#child.on("error", (error) => this.#end(error.message));
    this.#initTimer = setTimeout(() => this.#child.kill("SIGKILL"), INIT_TIMEOUT_MS);
    const { name, arn, memoryMiB, timeoutMs } = model;
    this.#tell({
      type: "start",
      identity: { name, arn, memoryMiB, timeoutMs },
      modulePath: model.modulePath,
      exportName: model.exportName,
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it takes one more event now. */
  get hasRoom(): boolean {
    return this.state === "ready" && this.#running.size < this.#options.eventsAtOnce;
  }

  run(job: Job): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const timer = setTimeout(() => {
      const { log, model } = this.#options;
      const message = `the function did not end within ${model.timeoutMs / 1_000} s, so its process was ended`;
      // In the form of the functions' lines, so that npm run logs has a time to put it in order by.
      const line = { level: "ERROR", message, timestamp: new Date().toISOString() };
      writeSync(log, `${JSON.stringify(line)}\n`);
      // The other events of this process are lost with it.
      this.state = "ended";
      this.#finish(id, { kind: "timed_out" });
      this.#child.kill("SIGKILL");
    }, this.#options.model.timeoutMs);
    this.#running.set(id, { job, timer });
    this.#tell({ type: "event", id, event: job.event });
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 1_000);
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#exited;
    clearTimeout(timer);
  }

  async #receive(message: FromFunction): Promise<void> {
    switch (message.type) {
      case "ready":
        clearTimeout(this.#initTimer);
        this.state = "ready";
        this.#changed(false);
        break;
      case "returned":
        this.#finish(message.id, { kind: "returned", value: message.value });
        break;
      case "failed":
        this.#finish(message.id, { kind: "failed", errorType: message.errorType, message: message.message });
        break;
      case "sqs": {
        const answer = await this.#options.callSqs(message.action, message.body);
        this.#tell({ type: "sqs", call: message.call, answer: answer ?? null });
        break;
      }
    }
  }

  #finish(id: number, result: FunctionResult): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    clearTimeout(running.timer);
    this.#running.delete(id);
    running.job.settle(result);
    this.#changed(false);
  }

  #end(how: string): void {
    clearTimeout(this.#initTimer);
    this.failedToStart = this.state === "starting";
    this.state = "ended";
    const error = Object.assign(new Error(`the process exited: ${how}`), { name: "Runtime.ExitError" });
    for (const id of [...this.#running.keys()]) this.#finish(id, failure(error));
    this.#changed(true);
  }

  #tell(message: ToFunction): void {
    // A process that is just dying cannot receive a message; its exit ends the invocation.
    this.#child.send(message, () => undefined);
  }
}
