import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { waitUntil } from "../../../shared/runtime/wait.ts";

/** A process that the supervisor keeps running. */
export interface ServiceDefinition {
  readonly name: string;
  /** Starts the process. */
  spawn(): ChildProcess;
  /** Resolves when it serves. Tries until then, or until the process ends. */
  ready(child: ChildProcess): Promise<void>;
  /** Asks it to stop. */
  stop(child: ChildProcess): void;
  /** How long it may take to stop before it is killed. */
  readonly stopDeadlineMs: number;
  readonly logFile: string;
}

const GIVE_UP_AFTER = 5;
const STEADY_MS = 60_000;
const READY_TIMEOUT_MS = 30_000;

/** Starts a process, starts it again when it ends, and gives up when it ends too often. */
export class Service {
  readonly definition: ServiceDefinition;
  #child: ChildProcess | undefined;
  #stopping = false;
  #recentEnds: number[] = [];
  readonly #onChange: (event: "restarted" | "gone", detail: string) => void;

  /**
   * @param definition the process
   * @param onChange called when it runs again after an end, and when it is given up
   */
  constructor(definition: ServiceDefinition, onChange: (event: "restarted" | "gone", detail: string) => void) {
    this.definition = definition;
    this.#onChange = onChange;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get child(): ChildProcess | undefined {
    return this.#child;
  }

  /**
   * Starts the process and waits until it serves.
   *
   * @throws Error naming its log when it ends before, or is not ready within 30 s
   */
  async start(): Promise<void> {
    const { name, logFile } = this.definition;
    const child = this.definition.spawn();
    this.#child = child;
    const ended = new Promise<never>((_resolve, reject) => {
      child.once("error", (error) => reject(new Error(`${name} could not be started: ${error.message}`)));
      child.once("exit", (code, signal) =>
        reject(new Error(`${name} ended at once (${signal ?? `code ${code}`}); its log is ${logFile}`)),
      );
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${name} did not become ready; its log is ${logFile}`)),
        READY_TIMEOUT_MS,
      );
    });
    try {
      await Promise.race([this.definition.ready(child), ended, late]);
    } catch (error) {
      // One that runs and does not serve would keep the port of the next one.
      if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) await once(child, "exit");
      throw error;
    } finally {
      clearTimeout(timer);
      ended.catch(() => undefined);
      late.catch(() => undefined);
    }
    child.removeAllListeners("exit");
    if (child.exitCode !== null || child.signalCode !== null) return this.#ended(child);
    child.once("exit", () => void this.#ended(child));
  }

  /** Stops the process and waits until it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    this.definition.stop(child);
    const timer = setTimeout(() => child.kill("SIGKILL"), this.definition.stopDeadlineMs);
    await gone;
    clearTimeout(timer);
  }

  /** Kills it. */
  kill(): void {
    this.#stopping = true;
    this.#child?.kill("SIGKILL");
  }

  async #ended(child: ChildProcess): Promise<void> {
    if (this.#stopping) return;
    const { name, logFile } = this.definition;
    const how = child.signalCode ?? `code ${child.exitCode}`;
    const now = performance.now();
    this.#recentEnds = [...this.#recentEnds.filter((at) => now - at < STEADY_MS), now];
    while (!this.#stopping) {
      if (this.#recentEnds.length > GIVE_UP_AFTER) {
        this.#onChange("gone", `${name} ended ${this.#recentEnds.length} times within a minute; its log is ${logFile}`);
        return;
      }
      // Starts it at once the first time, and then after growing pauses.
      await new Promise((resolve) => setTimeout(resolve, 250 * (this.#recentEnds.length - 1)));
      if (this.#stopping) return;
      try {
        await this.start();
        this.#onChange("restarted", `${name} ended (${how}) and was started again`);
        return;
      } catch {
        this.#recentEnds.push(performance.now());
      }
    }
  }
}

/**
 * Waits until a service answers, because nothing else shows when a server listens. Gives up when its process ends.
 *
 * @param works sends it a request; throws while it does not answer
 * @param child its process
 */
export async function untilItAnswers(works: () => Promise<unknown>, child: ChildProcess): Promise<void> {
  const ended = new AbortController();
  child.once("exit", () => ended.abort(new Error("its process has ended")));
  const answers = async () => {
    await works();
    return true;
  };
  const often = { withinMs: READY_TIMEOUT_MS, everyMs: 25, signal: ended.signal };
  await waitUntil("the service answers", answers, often);
}
