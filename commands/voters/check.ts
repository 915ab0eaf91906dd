import type { z } from "zod";
import { ANY_CODE } from "../../operations/roll/file/code-rule.ts";
import { checkRoll, type RollCheck } from "../../operations/roll/file/inspect.ts";
import type { FileForm } from "../../operations/roll/file/read.ts";
import { openRoll, type RollSource } from "../../operations/roll/file/source.ts";
import { findOperators } from "../../places/find-operators.ts";
import { findLoadOf } from "../../places/operators/find-load.ts";
import { checkCodesOf } from "../../places/operators/roll-codes.ts";
import type { findLoad } from "../../shared/messages/operators/rolls.ts";
import { localInstant } from "../../terminal/instant.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import type { CommonOptions } from "../common-options.ts";
import { counted } from "../slip-options.ts";
import { rollSource } from "./roll-source.ts";
import { describeFaults, EXIT_BAD_LINES } from "./words.ts";

interface CheckOptions extends CommonOptions {
  readonly law?: string;
}

/** What a stage says of a file: whether it was loaded, and the roll. */
type FoundLoad = z.output<typeof findLoad.result>;

/** What was found in a roll file. */
export interface CheckedFile extends RollCheck {
  /** Present if a law was named. */
  readonly roll?: FoundLoad & { readonly law_id: string };
}

/** `npm run voters -- check`. */
export async function check(file: string, options: CheckOptions): Promise<void> {
  const found = await checkFile(rollSource(file), options);
  print(options, found, () => describeCheck(found));
  if (isNotTheRoll(found)) process.exitCode = 1;
  else if (found.refused > 0) process.exitCode = EXIT_BAD_LINES;
}

/**
 * Reads a roll file as a load would, and changes nothing.
 *
 * @param source the file
 * @param options the law whose rule its codes are checked by, and where to find its stage
 * @throws Refusal when the file as a whole cannot be read, or there is no such law
 */
export async function checkFile(source: RollSource, options: CheckOptions): Promise<CheckedFile> {
  const { law } = options;
  const { signal, release } = interruptible();
  const bar = progress("lines");
  try {
    const roll = await openRoll(source);
    if (law === undefined) return await checkRoll(roll, { rule: ANY_CODE, signal, onProgress: bar.update });
    const { api } = await findOperators(options);
    const codes = await checkCodesOf(api, law, roll, { signal });
    const load = await findLoadOf(api, law, roll, { signal });
    // Codes of the stage are the same in capital and in small letters.
    const rule = codes.isChecked ? (code: string) => code.toUpperCase() : ANY_CODE;
    const found = await checkRoll(roll, { rule, refused: codes.refused, signal, onProgress: bar.update });
    return load === undefined ? found : { ...found, roll: { law_id: law, ...load } };
  } finally {
    bar.stop();
    release();
  }
}

/** Whether a roll is sealed that this file was not loaded to. */
function isNotTheRoll({ roll }: CheckedFile): boolean {
  return roll?.sealed === true && roll.load === null && !roll.has_unknown_loads;
}

/**
 * What is in a roll file, in sentences.
 *
 * @param found what was found in it
 */
export function describeCheck({ file, form, lines, voters, repeated, refused, faults, roll }: CheckedFile): string {
  const again = repeated === 0 ? "" : `, ${counted(repeated, "repeats one of them", "repeat one of them")}`;
  return [
    `${file}: ${counted(lines, "line")}; ${counted(voters, "voter")}${again}, ${counted(refused, "line")} would be refused. Nothing was changed.`,
    ...(form === undefined ? [] : [describeForm(form)]),
    ...(roll === undefined ? [] : [describeLoad(roll, voters)]),
    ...describeFaults(faults),
  ].join("\n");
}

/**
 * Whether a file was loaded to the roll of a law.
 *
 * @param roll what the stage says
 * @param inFile the voters of the file
 */
function describeLoad(
  { law_id, load, has_unknown_loads, voters, sealed, changes }: NonNullable<CheckedFile["roll"]>,
  inFile: number,
): string {
  if (load === null) {
    if (has_unknown_loads) {
      return `Whether it was loaded to ${law_id} is not known: an earlier release loaded voters there, and kept no trace of the file.`;
    }
    const not = `It was not loaded to ${law_id}: no load of that law had these voters in these lines.`;
    if (!sealed) return not;
    return `${not} The roll is sealed, so letters must not be made from this file, unless voters add or voters replace took it.`;
  }
  const left = load.left_out === 0 ? "all of it" : `but for ${counted(load.left_out, "line")} that the load left out`;
  const others = voters === inFile ? "as many as this file" : `this file ${inFile.toLocaleString("en")}`;
  const changed =
    changes === 0
      ? ""
      : ` The sealed roll was changed ${changes === 1 ? "once" : `${changes.toLocaleString("en")} times`}: codes that were replaced, and voters who were struck off, are still in the file.`;
  return `It was loaded to ${law_id} at ${localInstant(load.at)}, ${left}. The roll has ${counted(voters, "voter")}, ${others}.${changed}`;
}

const DELIMITERS: Readonly<Record<string, string>> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };
const HEADINGS: Readonly<Record<FileForm["heading"], string>> = {
  known: "its first line names the columns",
  unknown: "its first line was taken for a heading, although it does not name the columns",
  none: "it has no heading",
};

function describeForm({ encoding, delimiter, nas_column, code_column, heading }: FileForm): string {
  return (
    `Read as ${encoding.toUpperCase()} with ${DELIMITERS[delimiter] ?? delimiter} between columns: NAS in column ` +
    `${nas_column}, code in column ${code_column}; ${HEADINGS[heading]}.`
  );
}
