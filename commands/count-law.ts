import type { Command } from "commander";
import type { z } from "zod";
import { findOperators } from "../places/find-operators.ts";
import { type ClosedBoxAnswer, countLaw, type LawCountAnswer, planCount } from "../shared/messages/operators/count.ts";
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
  const { law_id: lawId, voters, counted: votes, duplicate, invalid, options, set_aside, lost, box } = plan;
  const tally =
    options === null
      ? "how many for each option is withheld until the result is public"
      : `${options.oui.toLocaleString("en")} oui, ${options.non.toLocaleString("en")} non`;
  if (box !== null) {
    const what =
      box === "open"
        ? `The box of ${lawId} is to be closed with ${counted(votes, "ballot")} of ${counted(voters, "voter")}; nobody knows how ` +
          "many each option has before its trustees have opened it."
        : `The law ${lawId} is to be counted: ${describeOpenings(box)}`;
    const then =
      box === "open"
        ? [
            `${counted(duplicate, "duplicate")} and ${counted(invalid, "invalid submission")} are not counted.`,
            describeMissing(set_aside, lost),
            "Closing the box ends the recording of its votes: no vote that turns up later is counted, and the law is not opened " +
              "again.",
          ]
        : ["From then on, nothing about it changes, and its result is published."];
    return [what, ...then].join(" ");
  }
  return [
    `The law ${lawId} is to be counted with ${counted(votes, "vote")} of ${counted(voters, "voter")}: ${tally}.`,
    `${counted(duplicate, "duplicate")} and ${counted(invalid, "invalid submission")} are not counted.`,
    describeMissing(set_aside, lost),
    "Counting ends the recording of its votes: no vote that turns up later is counted, and the law is not opened again.",
  ].join(" ");
}

function describeMissing(setAside: number, lost: number): string {
  return (
    `Set aside on this stage: ${counted(setAside, "message")} that nothing can read and that may be votes of it. ` +
    `Marked as lost on this stage: ${counted(lost, "receipt")}.`
  );
}

/** The openings of a closed box, in a sentence. */
function describeOpenings({ envelopes, openings }: ClosedBoxAnswer): string {
  const [first, second] = openings;
  const box = `its box of ${counted(envelopes, "envelope")}`;
  if (first === undefined) return `${box} is not opened.`;
  const spoiled = `${counted(first.spoiled, "spoiled ballot")}, SHA-256 ${first.sha256}`;
  if (second === undefined) return `${box} has one opening, by ${first.brought_by} (${spoiled}).`;
  return first.sha256 === second.sha256
    ? `${box} has two equal openings, by ${first.brought_by} and ${second.brought_by} (${spoiled}).`
    : `${box} has two openings that differ, by ${first.brought_by} and ${second.brought_by}.`;
}

/**
 * A closed box in sentences.
 *
 * @param box what is known of it
 */
export function describeBox(box: ClosedBoxAnswer): string {
  const openings = describeOpenings(box);
  return (
    `Recording ended at ${localInstant(box.ended_at)}: ${openings} ` +
    `${counted(box.duplicate, "duplicate")} and ${counted(box.invalid, "invalid submission")} were not counted.`
  );
}

/**
 * What counting a law has come to, in sentences.
 *
 * @param result of the act
 */
export function describeCounted({ law, count, box }: z.output<typeof countLaw.result>): string {
  if (count !== null) return `${law.law_id} is counted. ${describeCount(count)}`;
  const { law_id } = law;
  return [
    `The box of ${law_id} is closed. ${box === null ? "" : describeBox(box)}`.trimEnd(),
    `Export it for the trustees: npm run ops -- export-box ${law_id} --out FILE`,
  ].join("\n");
}

/** Adds `count` to the command. */
export function addCountCommand(program: Command): void {
  withYes(
    withCommonOptions(
      program
        .command("count <id>")
        .description("counts a law that has closed, and ends the recording of its votes; or lists what is missing")
        .addHelpText(
          "after",
          "\nThe queues must stay empty for a while (setting countQuietSeconds), no vote of the law may be a dead letter, and " +
            "the ledger must be clean. Nothing changes before the end: it may be interrupted and run again. On a sealed law, the " +
            "first run closes the box. After two equal openings, the second run counts the law.",
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
  print(options, result, () => describeCounted(result));
}

/**
 * What a law was counted with, in sentences.
 *
 * @param count the figures
 */
export function describeCount(count: LawCountAnswer): string {
  const { ended_at, oui, non, spoiled, counted: votes, duplicate, invalid } = count;
  return (
    `Recording ended at ${localInstant(ended_at)} with ${counted(votes, "vote")}: ` +
    `${oui.toLocaleString("en")} oui, ${non.toLocaleString("en")} non${spoiled === 0 ? "" : `, ${spoiled.toLocaleString("en")} spoiled`}. ` +
    `${counted(duplicate, "duplicate")} and ${counted(invalid, "invalid submission")} were not counted.`
  );
}
