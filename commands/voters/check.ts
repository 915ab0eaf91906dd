import { existingLaws } from "../../operations/laws/existing-laws.ts";
import { ANY_CODE, codeRule } from "../../operations/roll/file/code-rule.ts";
import { checkRoll, type RollCheck } from "../../operations/roll/file/inspect.ts";
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

function describeCheck({ file, lines, voters, repeated, refused, faults }: RollCheck): string {
  const again = repeated === 0 ? "" : `, ${repeated} repeat one of them`;
  return [
    `${file}: ${lines} lines; ${voters} voters${again}, ${refused} would be refused. Nothing was changed.`,
    ...describeFaults(faults),
  ].join("\n");
}
