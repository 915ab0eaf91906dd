import type { Command } from "commander";
import type { z } from "zod";
import { findOperators } from "../../places/find-operators.ts";
import * as restoring from "../../shared/messages/operators/restoring.ts";
import { print } from "../../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import { EXIT_PENDING } from "../proposed.ts";
import { counted } from "../slip-options.ts";

const INTERRUPTED = (done: number) =>
  `Interrupted after ${done} entries. Run the same command again: it goes on where this ended.`;

/**
 * Adds `npm run ops -- restore-log`.
 *
 * @param program the ops command
 */
export function restoreLogCommand(program: Command): void {
  withCommonOptions(
    program
      .command("restore-log <law>")
      .description(
        "after PostgreSQL was restored to an earlier point: brings back what is published of the public log of a law",
      )
      .addHelpText(
        "after",
        `\nType restore-acts first. It checks everything before it brings it back, and may be interrupted and run again;\nwhen nothing is missing, it changes nothing.\nExit codes: 0 done, 1 store and database contradict each other, ${EXIT_PENDING} a second person has to approve.`,
      ),
  ).action(restoreLog);
}

async function restoreLog(lawId: string, options: CommonOptions): Promise<void> {
  const { api } = await findOperators(options);
  const request = { law_id: lawId };
  const result = await perform(api, restoring.restoreLog, request, { ...options, interrupted: INTERRUPTED });
  if (result !== undefined) print(options, result, () => describeRestoredLog(result));
}

/**
 * What was brought back, in words.
 *
 * @param result of the act
 */
export function describeRestoredLog({
  law_id,
  epochs,
  entries,
  size,
}: z.output<typeof restoring.restoreLog.result>): string {
  const has = `The log of ${law_id} has ${counted(size, "entry", "entries")}`;
  if (epochs === 0) return `${has}, and nothing of it was missing.`;
  const back = `${counted(entries, "entry", "entries")} of ${counted(epochs, "epoch")} were brought back`;
  return `${has}: ${back}. It goes on from there.`;
}
