/** Signals that ask a process to end. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * One Ctrl-C reaches a command up to three times within milliseconds: from the terminal, from npm and from bin/run.mjs.
 * A person who presses it a second time takes longer.
 */
const COPIES_WITHIN_MS = 500;

/**
 * Listens for signals that ask this process to end.
 *
 * @param onStop called with the signal: once when the process is asked, with `insisted` each time it is asked again
 * @returns a function that stops listening
 */
export function onStopSignals(onStop: (signal: NodeJS.Signals, insisted: boolean) => void): () => void {
  let firstAtMs: number | undefined;
  const listener = (signal: NodeJS.Signals) => {
    const nowMs = performance.now();
    if (firstAtMs !== undefined && nowMs - firstAtMs < COPIES_WITHIN_MS) return;
    const insisted = firstAtMs !== undefined;
    firstAtMs ??= nowMs;
    onStop(signal, insisted);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, listener);
  };
}
