import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FaultStack } from "./stack.ts";

/** The variable that names the file with the milliseconds by which the clock is ahead. */
export const CLOCK_FILE = "REFERENDUM_FAULT_CLOCK";
/** How often the file is read. */
export const CLOCK_FOLLOWS_MS = 50;

/** The clock of a stack's Node processes. Redis and PostgreSQL keep the machine's. */
export class StackClock {
  readonly #file: string;
  readonly #stack: FaultStack;

  private constructor(stack: FaultStack) {
    this.#stack = stack;
    this.#file = join(stack.dataDir, "clock");
  }

  /**
   * Starts the stack again with a clock that can be set.
   *
   * @param stack which runs
   */
  static async start(stack: FaultStack): Promise<StackClock> {
    const clock = new StackClock(stack);
    await clock.set(0);
    await stack.stop();
    const preload = new URL("clock-preload.ts", import.meta.url).href;
    await stack.startAgain({ NODE_OPTIONS: `--import=${preload}`, [CLOCK_FILE]: clock.#file });
    return clock;
  }

  /**
   * Sets it.
   *
   * @param aheadMs how far ahead of the machine's clock; negative: behind
   */
  async set(aheadMs: number): Promise<void> {
    await writeFile(this.#file, String(aheadMs));
  }

  /** Starts the stack again with the machine's clock. */
  async end(): Promise<void> {
    await this.#stack.stop();
    await rm(this.#file, { force: true });
    await this.#stack.startAgain();
  }
}
