import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 50;

export interface WaitOptions {
  /** The longest wait. */
  readonly withinMs: number;
  /** The time between two checks. */
  readonly everyMs?: number | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until a condition holds. If a check fails, for example because a server was just killed, it is repeated.
 *
 * @param what the condition in words, for the error
 * @param holds checks the condition
 * @param options the longest wait, and the time between two checks
 * @throws Error when it does not hold in time, with the last error of a check
 */
export async function waitUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  options: WaitOptions,
): Promise<void> {
  let why = "";
  const asked = async () => {
    try {
      why = "";
      return await holds();
    } catch (error) {
      why = ` (${error instanceof Error ? error.message : String(error)})`;
      return false;
    }
  };
  if (!(await holdsWithin(asked, options))) throw new Error(`${what}: not within ${options.withinMs / 1000} s${why}`);
}

/**
 * Waits for a condition that may not become true.
 *
 * @param holds whether it holds
 * @param options how long, how often
 * @returns whether it held in time
 */
export async function holdsWithin(
  holds: () => boolean | Promise<boolean>,
  { withinMs, everyMs = POLL_MS, signal }: WaitOptions,
): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) return false;
    await pause(everyMs);
  }
  return true;
}
