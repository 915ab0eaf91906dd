import type { Command } from "commander";
import type { z } from "zod";
import { findOperators } from "../places/find-operators.ts";
import { countLaw, type LawCountAnswer, planCount } from "../shared/messages/operators/count.ts";
import { confirm } from "../terminal/confirm.ts";
import { localInstant } from "../terminal/instant.ts";
import { print } from "../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { perform } from "./perform.ts";
import { counted, type SlipOptions, withYes } from "./slip-options.ts";

/**
 * What counting a law would mean, in sentences with the numbers as they stand.
 *
 * @param plan the numbers
 */
export function describeCounting(plan: z.output<typeof planCount.result>): string {
  const { law_id: lawId, voters, counted: votes, duplicate, invalid, options, set_aside, lost } = plan;
  const tally =
    options === null
      ? "how many for each option is withheld until the result is public"
      : `${options.oui.toLocaleString("en")} oui, ${options.non.toLocaleString("en")} non`;
  return [
    `The law ${lawId} is to be counted with ${counted(votes, "vote")} of ${counted(voters, "voter")}: ${tally}.`,
    `${counted(duplicate, "duplicate")} and ${counted(invalid, "invalid submission")} are not counted.`,
    `Set aside on this stage: ${counted(set_aside, "message")} that nothing can read and that may be votes of it. ` +
      `Marked as lost on this stage: ${counted(lost, "receipt")}.`,
    "Counting ends the recording of its votes: no vote that turns up later is counted, and the law is not opened again.",
  ].join(" ");
}

/** Adds `count` to the command. */
export function addCountCommand(program: Command): void {
  withYes(
    withCommonOptions(
      program
        .command("count <id>")
        .description("counts a law that has closed, and ends the recording of its votes; or says what is missing")
        .addHelpText(
          "after",
          "\nThe queues must stay empty for a while (setting countQuietSeconds), no vote of the law may be a dead letter, and " +
            "the ledger must be clean. Nothing changes before the end: it may be interrupted and run again.",
        ),
    ),
  ).action(count);
}

async function count(lawId: string, options: CommonOptions & SlipOptions): Promise<void> {
  const { api } = await findOperators(options);
  if (!options.yes) {
    const plan = await api.look(planCount, { law_id: lawId });
    await confirm(options, { what: describeCounting(plan), word: lawId });
  }
  const interrupted = () => `Interrupted: ${lawId} may be counted already. Run the same command again.`;
  const result = await perform(api, countLaw, { law_id: lawId }, { ...options, interrupted });
  if (result === undefined) return;
  print(options, result, () => `${lawId} is counted. ${describeCount(result.count)}`);
}

/**
 * What a law was counted with, in sentences.
 *
 * @param count the figures
 */
export function describeCount({ ended_at, oui, non, counted: votes, duplicate, invalid }: LawCountAnswer): string {
  return (
    `Recording ended at ${localInstant(ended_at)} with ${counted(votes, "vote")}: ` +
    `${oui.toLocaleString("en")} oui, ${non.toLocaleString("en")} non. ` +
    `${counted(duplicate, "duplicate")} and ${counted(invalid, "invalid submission")} were not counted.`
  );
}
