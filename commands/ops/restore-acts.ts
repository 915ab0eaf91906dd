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
  `Interrupted after ${done} of them. Run the same command again: it goes on where this ended.`;

/**
 * Adds `npm run ops -- restore-acts`.
 *
 * @param program the ops command
 */
export function restoreActsCommand(program: Command): void {
  withCommonOptions(
    program
      .command("restore-acts")
      .description(
        "after PostgreSQL was restored to an earlier point: brings back the journal, messages that are set aside, and changes of sealed rolls",
      )
      .addHelpText(
        "after",
        `\nIt may be interrupted and run again; when nothing is missing, it changes nothing.\nExit codes: 0 done, ${EXIT_PENDING} changes of a roll wait until it is loaded and sealed again.`,
      ),
  ).action(restoreActs);
}

async function restoreActs(options: CommonOptions): Promise<void> {
  const { api } = await findOperators(options);
  const acts = await perform(api, restoring.restoreActs, {}, { ...options, interrupted: INTERRUPTED });
  const rolls = await perform(api, restoring.restoreRollChanges, {}, { ...options, interrupted: INTERRUPTED });
  // Neither needs a second person.
  if (acts === undefined || rolls === undefined) return;
  const result = { entries: acts.entries, set_aside: acts.set_aside, ...rolls, unfinished: acts.unfinished };
  print(options, result, () => describe(result));
  if (rolls.waiting.length > 0) process.exitCode = EXIT_PENDING;
}

type Result = z.output<typeof restoring.restoreActs.result> & z.output<typeof restoring.restoreRollChanges.result>;

function describe({ entries, set_aside, changes, waiting, unfinished }: Result): string {
  const lines = [
    entries + set_aside + changes === 0
      ? "Nothing was missing."
      : `Brought back: ${counted(entries, "entry", "entries")} of the journal, ${counted(set_aside, "message")} set aside, ` +
        `${counted(changes, "change")} of sealed rolls.`,
    ...waiting.map(
      (lawId) =>
        `Changes of the roll of ${lawId} wait: load its files, seal it with the number that the journal names, and run this again.`,
    ),
    ...unfinished.map(
      ({ act, law_id, operator, run }) =>
        `${operator} began ${act}${law_id === null ? "" : ` of ${law_id}`}, and the journal has no end of it (run ${run}). ` +
        "Find out whether it is still wanted, and repeat it.",
    ),
  ];
  return lines.join("\n");
}
