import { rm } from "node:fs/promises";
import { processExists, signalAll } from "../../machine/processes.ts";
import { makeTemporaryDirectory } from "../../machine/temporary-directory.ts";
import { withTarget } from "../../places/find-target.ts";
import { type FrontStatus, frontStatus, localStatus } from "../../places/local/local-status.ts";
import { choosePorts } from "../../places/local/ports.ts";
import { type StartedStack, startStack } from "../../places/local/starter.ts";
import type { Target } from "../../places/target.ts";
import { waitUntil } from "../../shared/runtime/wait.ts";

const RESTART_DEADLINE_MS = 60_000;
const LEFT_ALONE_DEADLINE_MS = 60_000;

/** How many validators there are, and how many votes each of them takes at a time. */
export const VALIDATORS = 3;
export const VALIDATE_BATCH = 10;

/**
 * Like the stage `local`, except that a batch whose consumer died comes back within seconds, nothing is throttled, and
 * there are three validators.
 */
const SETTINGS = {
  api: { throttleRate: 10_000, throttleBurst: 10_000, readRate: 10_000, readBurst: 10_000 },
  functions: { validate: { timeoutSeconds: 2 }, aggregate: { timeoutSeconds: 2 } },
  validate: {
    visibilityTimeoutSeconds: 12,
    maxReceiveCount: 600,
    maximumConcurrency: VALIDATORS,
    batchSize: VALIDATE_BATCH,
  },
  aggregate: { visibilityTimeoutSeconds: 12, maxReceiveCount: 600 },
};

/** Processes of a stack that can be killed and are started again. */
export const STACK_PROCESSES = ["front", "redis", "postgres", "dynamodb"] as const;
export const CONSUMERS = ["validate", "aggregate"] as const;
export type StackProcess = (typeof STACK_PROCESSES)[number];
export type ConsumerName = (typeof CONSUMERS)[number];
export type StackPids = Readonly<Record<StackProcess, number> & Record<ConsumerName, readonly number[]>>;

/** A local stack for trying faults. It keeps its port, and is started again on the same data. */
export class FaultStack {
  readonly dataDir: string;
  readonly apiUrl: string;
  readonly #port: number;
  #stack: StartedStack | undefined;
  #lambdaEndpoint = "";
  #seen = new Set<number>();

  private constructor(dataDir: string, port: number) {
    this.dataDir = dataDir;
    this.#port = port;
    this.apiUrl = `http://127.0.0.1:${port}`;
  }

  /**
   * Starts a stack with a separate data directory.
   *
   * @throws UserError with its last words when it does not start
   */
  static async start(): Promise<FaultStack> {
    const { api } = await choosePorts(0);
    const stack = new FaultStack(await makeTemporaryDirectory("stack"), api);
    try {
      await stack.startAgain();
      return stack;
    } catch (error) {
      await stack.close();
      throw error;
    }
  }

  /** The supervisor's process. */
  get supervisor(): number {
    const pid = this.#stack?.process.pid;
    if (pid === undefined) throw new Error("the stack is not running");
    return pid;
  }

  /** Whether the supervisor runs; it ends by itself when a process dies again and again. */
  get runs(): boolean {
    const child = this.#stack?.process;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /**
   * A signal that fires when the current run of the stack ends, for whatever reason.
   *
   * @param signal fires it too
   */
  untilItEnds(signal: AbortSignal): AbortSignal {
    const ended = new AbortController();
    const end = () => ended.abort(new Error("the stack has ended by itself"));
    if (this.runs) this.#stack?.process.once("exit", end);
    else end();
    return AbortSignal.any([signal, ended.signal]);
  }

  /**
   * Starts it on the existing data.
   *
   * @param environment variables that are added to its environment
   */
  async startAgain(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#stack = await startStack({ dataDir: this.dataDir, port: this.#port, settings: SETTINGS, environment });
    this.#lambdaEndpoint = (await localStatus(this.dataDir)).lambda_endpoint;
    await this.pids();
  }

  /**
   * Ends the supervisor. If it can handle the signal, it ends the other processes as well.
   *
   * @param signal which one
   * @returns how long it took, and how it ended
   */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<{ readonly seconds: number; readonly how: string }> {
    const startedMs = performance.now();
    await this.#stack?.stop(signal);
    const child = this.#stack?.process;
    return {
      seconds: (performance.now() - startedMs) / 1_000,
      how: child?.signalCode ?? `exit code ${child?.exitCode}`,
    };
  }

  /** Stops it, waits until all of its processes are gone, and removes its data. */
  async close(): Promise<void> {
    // A process that was frozen when something went wrong could not stop.
    signalAll([...(this.runs ? [this.supervisor] : []), ...this.#seen], "SIGCONT");
    await this.stop();
    // Without their supervisor, the other processes end by themselves. None may be left.
    const gone = () => ![...this.#seen].some(processExists);
    await waitUntil("the stack's processes are gone", gone, { withinMs: LEFT_ALONE_DEADLINE_MS }).catch(() => {
      signalAll([...this.#seen], "SIGKILL");
    });
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The current status of the front. Waits while the front is being started again. */
  async status(): Promise<FrontStatus> {
    let status: FrontStatus | undefined;
    await waitUntil(
      "the front says what there is",
      async () => {
        status = await frontStatus(this.#lambdaEndpoint);
        return true;
      },
      { withinMs: RESTART_DEADLINE_MS },
    );
    if (status === undefined) throw new Error("the front said nothing");
    return status;
  }

  /** The processes as they are now, by name. */
  async pids(): Promise<StackPids> {
    return this.pidsOf(await this.status());
  }

  /** The processes that a status names. */
  pidsOf({ pids }: FrontStatus): StackPids {
    const one = (name: StackProcess) => {
      const pid = pids[name];
      if (typeof pid !== "number" || pid <= 0) throw new Error(`the front does not say which process ${name} is`);
      return pid;
    };
    const { validate = [], aggregate = [] } = pids.functions;
    const found = {
      front: one("front"),
      redis: one("redis"),
      postgres: one("postgres"),
      dynamodb: one("dynamodb"),
      validate,
      aggregate,
    };
    // Only the last ids: an older id may belong to another process by now.
    this.#seen = new Set(Object.values(found).flat());
    return found;
  }

  /** Does something with the stack's stores and closes the connections. */
  withTarget<T>(work: (target: Target) => Promise<T>): Promise<T> {
    return withTarget({ data: this.dataDir }, work);
  }
}
