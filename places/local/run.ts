import { constants } from "node:os";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { explain } from "../../terminal/errors.ts";
import { stderrSteps } from "../../terminal/steps.ts";
import { onStopSignals } from "../../terminal/stop-signals.ts";
import type { LocalDescription } from "../stack-description.ts";
import { takeStackEnvironment } from "../stack-environment.ts";
import { compileCacheDirectory } from "./cache.ts";
import { type StartOptions, Supervisor } from "./supervisor.ts";

/**
 * Runs a local stack in this process until it is asked to stop. Then it ends the process with 0, or with 1 if the stack
 * could not start or could not go on.
 *
 * @param options what to run
 * @param onReady called once votes can be cast, with the stack, the seconds that the start took, and the environment
 *   that this process was started with, since the process now has a stack's environment
 */
export async function runLocalStack(
  options: StartOptions,
  onReady: (stack: LocalDescription, seconds: number, usersEnvironment: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  const usersEnvironment = takeStackEnvironment();
  process.env.NODE_COMPILE_CACHE = compileCacheDirectory(PROJECT_ROOT);
  const supervisor = new Supervisor(
    options,
    stderrSteps,
    (why) => void stop(supervisor, `Stopping: ${why}`, 1),
    usersEnvironment,
  );
  let asked = false;
  onStopSignals((signal, insisted) => {
    asked = true;
    if (!insisted)
      void stop(supervisor, "Stopping after the current work has finished (press Ctrl-C again to stop at once)", 0);
    else {
      supervisor.kill();
      process.exit(128 + constants.signals[signal]);
    }
  });
  // The process that started this one (a test) is gone, so nobody needs the stack.
  process.on("disconnect", () => void stop(supervisor, "Stopping: the process that started this has ended", 0));
  // The stack goes on when the reader of its output is gone.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  const startedAt = performance.now();
  try {
    const description = await supervisor.start();
    await onReady(description, (performance.now() - startedAt) / 1000, usersEnvironment);
  } catch (error) {
    if (asked) return;
    if (process.env.REFERENDUM_DEBUG !== undefined) console.error(error);
    await stop(supervisor, explain(error), 1);
  }
}

async function stop(supervisor: Supervisor, why: string, code: number): Promise<void> {
  process.stderr.write(`${why}\n`);
  try {
    await supervisor.stop();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    supervisor.kill();
  }
  process.exit(code);
}
