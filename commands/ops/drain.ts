import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { type Depths, queueDepths } from "../../shared/messages/operators/queues.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { wholeNumberOption } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { EXIT_PENDING } from "../proposed.ts";

/** SQS's counts are approximate on AWS, so the queues count as empty only after several readings without a message. */
const APPROXIMATE = { readings: 4, pauseMs: 5_000 };
const EXACT = { readings: 1, pauseMs: 200 };

/**
 * Adds `npm run ops -- drain`.
 *
 * @param program the ops command
 */
export function drainCommand(program: Command): void {
  withCommonOptions(
    program
      .command("drain")
      .description("waits until no vote is in a queue")
      .option("--timeout <seconds>", "the longest time to wait", wholeNumberOption(0), 300)
      .addHelpText("after", `\nExit codes: 0 empty, ${EXIT_PENDING} not empty in time.`),
  ).action(drain);
}

async function drain(options: CommonOptions & { timeout: number }): Promise<void> {
  const { api } = await findOperators(options);
  const { left, depths } = await untilEmpty(api, options.timeout * 1_000);
  const { votes_dead_letters, outcomes_dead_letters } = depths;
  const dead = total(votes_dead_letters) + total(outcomes_dead_letters);
  const deadText =
    dead === 0
      ? ""
      : ` ${dead} dead letters are left: npm run ops -- redrive sends them back, and set-aside takes what nothing can read.`;
  const figures = Object.fromEntries(Object.entries(depths).map(([queue, depth]) => [queue, total(depth)]));
  print(options, { drained: left === 0, ...figures }, () =>
    left === 0 ? `The queues are empty.${deadText}` : `${left} messages are still in the queues.${deadText}`,
  );
  if (left > 0) process.exitCode = EXIT_PENDING;
}

/** Asks until the queues are empty, or as long as the user wants to wait. */
async function untilEmpty(api: Pick<OperatorsApi, "look">, timeoutMs: number) {
  const { signal, release } = interruptible();
  const bar = progress("messages left");
  const deadlineMs = performance.now() + timeoutMs;
  let left = 0;
  try {
    for (let empty = 0; ; ) {
      const { depths, approximate } = await api.look(queueDepths, {}, { signal });
      left = total(depths.votes) + total(depths.outcomes);
      bar.update(left);
      empty = left === 0 ? empty + 1 : 0;
      const { readings, pauseMs } = approximate ? APPROXIMATE : EXACT;
      if (empty >= readings || performance.now() >= deadlineMs) return { left, depths };
      await pause(pauseMs, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError(`Interrupted: ${left} messages are still in the queues. Nothing was changed.`, 130);
  } finally {
    bar.stop();
    release();
  }
}

function total({ waiting, under_way }: Depths["votes"]): number {
  return waiting + under_way;
}
