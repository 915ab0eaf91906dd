import type { RollState } from "../../operations/roll/change.ts";
import type { Fault } from "../../operations/roll/file/faults.ts";
import type { Feeding } from "../../operations/roll/steps/pause-steps.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import { counted } from "../slip-options.ts";

/** The exit code of a load that left lines out and loaded the others. */
export const EXIT_BAD_LINES = 4;

/**
 * What is wrong with lines of a roll file, one sentence per cause.
 *
 * @param faults the causes
 */
export function describeFaults(faults: readonly Fault[]): string[] {
  return faults.map(({ text, count, lines }) => {
    const more = count > lines.length ? ", …" : "";
    return `${text} (line${count === 1 ? "" : "s"} ${lines.map(String).join(", ")}${more})`;
  });
}

/**
 * Why the votes of a law wait, and what to do about it.
 *
 * @param roll a roll that is not complete
 */
export function explainIncomplete(roll: RollState): string {
  const { lawId, voters, cached, unfinished } = roll;
  if (unfinished.length === 0) {
    return (
      `The roll of ${lawId} has ${counted(voters, "voter")} in PostgreSQL but ${cached} in Redis, so its votes wait: ` +
      `run npm run ops -- rebuild-roll --law ${lawId}.`
    );
  }
  const works = unfinished.map(describeRollWork).join("; ");
  return [`The roll of ${lawId} is not complete, so its votes wait: ${works}.`, ...remedies(lawId, unfinished)].join(
    " ",
  );
}

/**
 * Which loads have not ended, and what to do about it. A roll is not sealed before that.
 *
 * @param roll a roll after a load
 */
export function explainUnfinished({ lawId, unfinished }: Pick<RollState, "lawId" | "unfinished">): string {
  return [
    `Not all loads of the roll of ${lawId} have ended: ${unfinished.map(describeRollWork).join("; ")}.`,
    ...remedies(lawId, unfinished),
  ].join(" ");
}

/** The command that completes unfinished work. */
export function remedies(lawId: string, unfinished: RollState["unfinished"]): string[] {
  const stopped = unfinished.filter((work) => !work.isRunning);
  const file = stopped.find((work) => work.kind === "load");
  const isSeal = stopped.some((work) => work.kind === "seal");
  return [
    ...(file === undefined
      ? []
      : [
          `Load the same file again (npm run voters -- load --law ${lawId} --file FILE), ` +
            `or take the roll as it stands (npm run voters -- abandon-load --law ${lawId}).`,
        ]),
    ...(stopped.some((work) => work.kind === "rebuild") ? [`Run npm run ops -- rebuild-roll --law ${lawId}.`] : []),
    ...(stopped.some((work) => work.kind === "change")
      ? [
          `Carry the approved change out again (npm run ops -- carry-out ID), or run npm run ops -- rebuild-roll ${lawId}.`,
        ]
      : []),
    ...(isSeal ? [`Seal it again (npm run voters -- seal ${lawId} --expect N), or load what is missing first.`] : []),
    ...(stopped.length === 0 ? ["Wait until it has ended."] : []),
  ];
}

/**
 * Reports on stderr if `validate` gets no votes after work on a roll.
 *
 * @param validate its state after the work
 */
export function tellFeeding(validate: Feeding | undefined): void {
  if (validate === "disabled_before") {
    process.stderr.write(
      "validate was disabled before and stays disabled: no vote is decided until its event source mapping is enabled.\n",
    );
  }
  if (validate === "others_at_work") {
    process.stderr.write("Another load or rebuild is under way; validate resumes when that has ended.\n");
  }
}
