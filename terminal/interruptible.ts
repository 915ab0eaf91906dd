import { constants } from "node:os";
import { UserError } from "./errors.ts";
import { onStopSignals } from "./stop-signals.ts";

/**
 * A signal that fires on Ctrl-C or SIGTERM, so that work can end in order. A second Ctrl-C ends the process at once.
 *
 * @returns the signal, and a function that stops listening
 */
export function interruptible(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const release = onStopSignals((name, insisted) => {
    const exitCode = 128 + constants.signals[name];
    if (insisted) process.exit(exitCode);
    process.stderr.write("\nStopping in order; once more to stop at once.\n");
    controller.abort(new UserError("Interrupted.", exitCode));
  });
  return { signal: controller.signal, release };
}
