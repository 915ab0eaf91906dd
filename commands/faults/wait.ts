import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 50;

/**
 * Waits until something holds. What cannot be asked right now, because it was just killed, is asked again.
 *
 * @param what what is waited for, for the error
 * @param holds whether it holds
 * @param options how long at most, how often to ask, and what ends the wait
 * @throws Error when it does not hold in time, with the last reason why it could not be asked
 */
export async function waitUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  options: {
    readonly withinMs: number;
    readonly everyMs?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { withinMs, everyMs = POLL_MS, signal } = options;
  const deadline = performance.now() + withinMs;
  for (let why = ""; ; await pause(everyMs)) {
    signal?.throwIfAborted();
    try {
      if (await holds()) return;
      why = "";
    } catch (error) {
      why = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1000} s${why}`);
  }
}
