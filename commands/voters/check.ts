import { existingLaws } from "../../operations/laws/existing-laws.ts";
import { ANY_CODE, codeRule } from "../../operations/roll/file/code-rule.ts";
import { checkRoll, type RollCheck } from "../../operations/roll/file/inspect.ts";
import type { FileForm } from "../../operations/roll/file/read.ts";
import { openRoll } from "../../operations/roll/file/source.ts";
import { withTarget } from "../../places/find-target.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import type { CommonOptions } from "../common-options.ts";
import { rollSource } from "./roll-source.ts";
import { describeFaults, EXIT_BAD_LINES } from "./words.ts";

interface CheckOptions extends CommonOptions {
  readonly law?: string;
}

/** `npm run voters -- check`. */
export async function check(file: string, options: CheckOptions): Promise<void> {
  const source = rollSource(file);
  const { law } = options;
  const rule =
    law === undefined
      ? ANY_CODE
      : await withTarget(options, async (target) => codeRule(await existingLaws(target, [law]), await target.keys()));
  const { signal, release } = interruptible();
  const bar = progress("lines");
  const found = await openRoll(source)
    .then((roll) => checkRoll(roll, { rule, signal, onProgress: bar.update }))
    .finally(() => {
      bar.stop();
      release();
    });
  print(options, found, () => describeCheck(found));
  if (found.refused > 0) process.exitCode = EXIT_BAD_LINES;
}

function describeCheck({ file, form, lines, voters, repeated, refused, faults }: RollCheck): string {
  const again = repeated === 0 ? "" : `, ${repeated} repeat one of them`;
  return [
    `${file}: ${lines} lines; ${voters} voters${again}, ${refused} would be refused. Nothing was changed.`,
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
