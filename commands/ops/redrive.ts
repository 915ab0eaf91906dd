import type { Command } from "commander";
import type { z } from "zod";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import * as queues from "../../shared/messages/operators/queues.ts";
import { UserError } from "../../terminal/errors.ts";
import { wholeNumberOption } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import { EXIT_PENDING } from "../proposed.ts";
import { deadLettersIn, queuesNamed, unreadableIn } from "./dead-letters.ts";

interface RedriveOptions extends CommonOptions {
  readonly max?: number;
  readonly all?: true;
  readonly dryRun?: true;
}

/**
 * Adds `npm run ops -- redrive`.
 *
 * @param program the ops command
 */
export function redriveCommand(program: Command): void {
  withCommonOptions(
    program
      .command("redrive [queue]")
      .description(`sends dead letters back to their queue; queue: ${queues.QUEUE_NAMES.join(" or ")} (default: both)`)
      .option("--max <number>", "at most this many", wholeNumberOption(1))
      .option("--all", "also messages that this release cannot read")
      .option("--dry-run", "says how many there are, and changes nothing")
      .addHelpText(
        "after",
        `\nIt may be interrupted and run again.\nExit codes: 0 done, ${EXIT_PENDING} an earlier run was cut off and still hides some: run it again in some seconds.`,
      ),
  ).action(redrive);
}

async function redrive(queue: string | undefined, options: RedriveOptions): Promise<void> {
  const names = queuesNamed(queue);
  const { api } = await findOperators(options);
  if (options.dryRun) return showPlan(api, names, options);
  const request = { queues: names, max: options.max, even_unreadable: options.all };
  const result = await perform(api, queues.redrive, request, {
    ...options,
    interrupted: (done) =>
      `Interrupted after ${done} messages; the others stay where they were. Run the same command again.`,
  });
  if (result === undefined) return;
  const results = result.queues.map(({ queue: name, ...figures }) => [name, figures] as const);
  print(options, Object.fromEntries(results), () => results.map(describeRedriven).join("\n"));
  const sum = (figure: "unconfirmed" | "hidden") => result.queues.reduce((total, one) => total + one[figure], 0);
  if (sum("unconfirmed") > 0) {
    throw new UserError(`${sum("unconfirmed")} messages could not be sent and stay where they were.`);
  }
  if (sum("hidden") > 0) process.exitCode = EXIT_PENDING;
}

type Figures = Omit<z.output<typeof queues.redrive.result>["queues"][number], "queue">;

function describeRedriven([name, { moved, unreadable, hidden }]: readonly [string, Figures]): string {
  const left = unreadable === 0 ? "" : `; ${unreadable} unreadable ones were left (--all moves them too)`;
  const held = hidden === 0 ? "" : `; ${hidden} are hidden by a run that was cut off: run this again in some seconds`;
  return `${name}: ${moved} dead letters sent back${left}${held}`;
}

interface Plan {
  readonly queue: queues.QueueName;
  readonly would_move: number;
  readonly readable: number;
  readonly unreadable: number;
  readonly complete: boolean;
}

async function showPlan(
  api: Pick<OperatorsApi, "look">,
  names: readonly queues.QueueName[],
  options: RedriveOptions,
): Promise<void> {
  const plans: Plan[] = [];
  let budget = options.max ?? Number.POSITIVE_INFINITY;
  for (const queue of names) {
    const found = await deadLettersIn(api, queue);
    const unreadable = unreadableIn(found);
    const would_move = Math.min(budget, found.readable + (options.all ? unreadable : 0));
    budget -= would_move;
    plans.push({ queue, would_move, readable: found.readable, unreadable, complete: found.complete });
  }
  print(options, { dry_run: true, queues: plans }, () =>
    plans
      .map(({ queue, would_move, readable, unreadable, complete }) => {
        const more = complete ? "" : "; there are more than could be looked at in one go";
        return `${queue}: ${would_move} dead letters would be sent back, of ${readable} readable and ${unreadable} unreadable ones${more}`;
      })
      .concat("Nothing was changed.")
      .join("\n"),
  );
}
