import { ANY_CODE } from "../../operations/roll/file/code-rule.ts";
import { checkRoll, type RollCheck } from "../../operations/roll/file/inspect.ts";
import type { FileForm } from "../../operations/roll/file/read.ts";
import { openRoll, type RollSource } from "../../operations/roll/file/source.ts";
import { findOperators } from "../../places/find-operators.ts";
import { checkCodesOf } from "../../places/operators/roll-codes.ts";
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

/** `npm run voters -- check`. */
export async function check(file: string, options: CheckOptions): Promise<void> {
  const found = await checkFile(rollSource(file), options);
  print(options, found, () => describeCheck(found));
  if (found.refused > 0) process.exitCode = EXIT_BAD_LINES;
}

/**
 * Reads a roll file as a load would, and changes nothing.
 *
 * @param source the file
 * @param options the law whose rule its codes are checked by, and where to find its stage
 * @throws Refusal when the file as a whole cannot be read, or there is no such law
 */
export async function checkFile(source: RollSource, options: CheckOptions): Promise<RollCheck> {
  const { law } = options;
  const { signal, release } = interruptible();
  const bar = progress("lines");
  try {
    const roll = await openRoll(source);
    const codes =
      law === undefined ? undefined : await checkCodesOf((await findOperators(options)).api, law, roll, { signal });
    // Codes of the stage are the same in capital and in small letters.
    const rule = codes?.isChecked === true ? (code: string) => code.toUpperCase() : ANY_CODE;
    return await checkRoll(roll, { rule, refused: codes?.refused, signal, onProgress: bar.update });
  } finally {
    bar.stop();
    release();
  }
}

/**
 * What is in a roll file, in sentences.
 *
 * @param found what was found in it
 */
export function describeCheck({ file, form, lines, voters, repeated, refused, faults }: RollCheck): string {
  const again = repeated === 0 ? "" : `, ${counted(repeated, "repeats one of them", "repeat one of them")}`;
  return [
    `${file}: ${counted(lines, "line")}; ${counted(voters, "voter")}${again}, ${counted(refused, "line")} would be refused. Nothing was changed.`,
    ...(form === undefined ? [] : [describeForm(form)]),
    ...describeFaults(faults),
  ].join("\n");
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
