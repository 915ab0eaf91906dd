import type { Command } from "commander";
import { findOperators } from "../../places/find-operators.ts";
import * as queues from "../../shared/messages/operators/queues.ts";
import { confirm } from "../../terminal/confirm.ts";
import { wholeNumberOption } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import { type SlipOptions, withYes } from "../slip-options.ts";
import { describePlan, describeSettled, refuseUnconfirmed, SETTLING_INTERRUPTED } from "./settle-words.ts";

interface SettleOptions extends CommonOptions, SlipOptions {
  readonly unreadableVotes?: number;
  readonly dryRun?: true;
}

/**
 * Adds `npm run ops -- settle`.
 *
 * @param program the ops command
 */
export function settleCommand(program: Command): void {
  withYes(
    withCommonOptions(
      program
        .command("settle <law>")
        .description(
          "decides duplicates of voters who have no counted vote: the earliest one of each is counted, the others are its duplicates",
        )
        .option(
          "--unreadable-votes <number>",
          "how many dead letters of the votes queue nothing can read (default: 0)",
          wholeNumberOption(0),
        )
        .option("--dry-run", "says how many voters would be counted, and changes nothing")
        .addHelpText(
          "after",
          "\nThe queues and the dead letters of votes must be empty. It may be interrupted and run again.",
        ),
    ),
  ).action(settle);
}

async function settle(lawId: string, options: SettleOptions): Promise<void> {
  const { api } = await findOperators(options);
  const plan = await api.look(queues.planSettling, { law_id: lawId });
  if (options.dryRun) {
    return print(options, { dry_run: true, ...plan }, () => `${describePlan(plan)} Nothing was changed.`);
  }
  // Without a dead letter of the law nobody is counted, but problems of the queues are still reported.
  if (plan.dead_letters > 0) await confirm(options, { what: describePlan(plan), word: lawId });
  const request = { law_id: lawId, unreadable_votes: options.unreadableVotes };
  const settled = await perform(api, queues.settle, request, { ...options, interrupted: () => SETTLING_INTERRUPTED });
  if (settled === undefined) return;
  print(options, settled, () => describeSettled(settled));
  refuseUnconfirmed(settled);
}
