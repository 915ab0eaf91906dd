import { type ChildProcess, fork } from "node:child_process";
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
  /** Events at the same time. Another event waits for as long as its caller does. */
  readonly maximum: number;
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

/** Execution environments of a function, each a process: one event at a time, killed at the time limit, kept warm. */
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
      if (environment.state === "starting") starting += 1;
      if (environment.state !== "idle") continue;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      environment.run(job);
    }
    if (this.#stopping) return;
    const wanted = Math.min(this.#waiting.length - starting, this.#options.maximum - this.#environments.size);
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

/** One process. */
class Environment {
  state: "starting" | "idle" | "busy" | "ended" = "starting";
  failedToStart = false;
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #options: ProcessPoolOptions;
  readonly #changed: (ended: boolean) => void;
  readonly #exited: Promise<void>;
  #job: Job | undefined;
  #timer: NodeJS.Timeout | undefined;

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
    this.#timer = setTimeout(() => this.#child.kill("SIGKILL"), INIT_TIMEOUT_MS);
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

  run(job: Job): void {
    this.state = "busy";
    this.#job = job;
    this.#timer = setTimeout(() => {
      this.#finish({ kind: "timed_out" });
      this.state = "ended";
      this.#child.kill("SIGKILL");
    }, this.#options.model.timeoutMs);
    this.#tell({ type: "event", event: job.event });
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
        clearTimeout(this.#timer);
        this.state = "idle";
        this.#changed(false);
        break;
      case "returned":
        this.#finish({ kind: "returned", value: message.value });
        break;
      case "failed":
        this.#finish({ kind: "failed", errorType: message.errorType, message: message.message });
        break;
      case "sqs": {
        const answer = await this.#options.callSqs(message.action, message.body);
        this.#tell({ type: "sqs", call: message.call, answer: answer ?? null });
        break;
      }
    }
  }

  #finish(result: FunctionResult): void {
    clearTimeout(this.#timer);
    const job = this.#job;
    this.#job = undefined;
    if (this.state === "busy") this.state = "idle";
    job?.settle(result);
    this.#changed(false);
  }

  #end(how: string): void {
    clearTimeout(this.#timer);
    this.failedToStart = this.state === "starting";
    this.state = "ended";
    if (this.#job !== undefined) {
      this.#job.settle(failure(Object.assign(new Error(`the process exited: ${how}`), { name: "Runtime.ExitError" })));
      this.#job = undefined;
    }
    this.#changed(true);
  }

  #tell(message: ToFunction): void {
    // A process that is just dying cannot receive a message; its exit ends the invocation.
    this.#child.send(message, () => undefined);
  }
}
