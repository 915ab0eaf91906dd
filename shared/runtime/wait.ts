import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 50;

export interface WaitOptions {
  /** How long at most. */
  readonly withinMs: number;
  /** How often it is asked. */
  readonly everyMs?: number | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until a condition holds. If the question fails, for example because a server was just killed, it is repeated.
 *
 * @param what what is waited for, for the error
 * @param holds whether it holds
 * @param options how long, how often
 * @throws Error when it does not hold in time, with the last reason why it could not be asked
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
 * Waits for a condition that may never hold.
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
