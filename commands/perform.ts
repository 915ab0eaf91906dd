import type { z } from "zod";
import type { OperatorsApi } from "../places/operators/client.ts";
import type { Act } from "../shared/messages/operators/define-act.ts";
import type { StepProgress } from "../shared/messages/operators/envelope.ts";
import { UserError } from "../terminal/errors.ts";
import { interruptible } from "../terminal/interruptible.ts";
import { progressByStep } from "../terminal/progress.ts";
import { tellProposed } from "./proposed.ts";

export interface PerformOptions {
  readonly json?: boolean;
  /** What Ctrl-C leaves, in a sentence that says how to go on. It gets how much was done in all. */
  readonly interrupted: (done: number) => string;
  /** The approved proposal that is carried out. */
  readonly proposal?: string | undefined;
}

/**
 * Does an act step by step, with its progress on standard error. Ctrl-C ends it after the step that is under way.
 *
 * @param api the operators' API
 * @param act what to do
 * @param request its request
 * @param options JSON, the words after an interruption, and the proposal
 * @returns its result; undefined when it was proposed, and the user has been told
 * @throws UserError with the exit code of the signal when it was interrupted
 */
export async function perform<A extends Act>(
  api: Pick<OperatorsApi, "perform">,
  act: A,
  request: z.input<A["request"]>,
  options: PerformOptions,
): Promise<z.output<A["result"]> | undefined> {
  const { signal, release } = interruptible();
  const bars = progressByStep();
  const shown = new Map<string, number>();
  const onProgress = ({ label, done, total }: StepProgress) => {
    shown.set(label, done);
    bars.show(label, done, total);
  };
  try {
    const outcome = await api.perform(act, request, { signal, onProgress, proposal: options.proposal });
    if (outcome.kind === "done") return outcome.result;
    tellProposed(options, outcome.proposal);
    return undefined;
  } catch (error) {
    if (!signal.aborted) throw error;
    const exitCode = signal.reason instanceof UserError ? signal.reason.exitCode : 130;
    const inAll = [...shown.values()].reduce((total, done) => total + done, 0);
    throw new UserError(options.interrupted(inAll), exitCode);
  } finally {
    bars.stop();
    release();
  }
}
