import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { existingLaws } from "../../operations/laws/existing-laws.ts";
import { credentialLines } from "../../operations/roll/credentials.ts";
import { checkKeyOf } from "../../operations/roll/file/code-rule.ts";
import { withTarget } from "../../places/find-target.ts";
import { writeSampleCredentials } from "../../places/sample-credentials.ts";
import type { Target } from "../../places/target.ts";
import type { SecretKey } from "../../shared/domain/voter-hash.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import type { CommonOptions } from "../common-options.ts";

interface GenerateOptions extends CommonOptions {
  readonly count: number;
  readonly output: string;
  readonly law?: string;
  readonly force?: true;
}

/** `npm run voters -- generate`. */
export async function generate(options: GenerateOptions): Promise<void> {
  const { count, output, law, force } = options;
  const folder = dirname(output);
  if (output !== "-" && !existsSync(folder)) throw new UserError(`There is no folder ${folder}; make it first.`);
  const checkKey = law === undefined ? undefined : await withTarget(options, (target) => lawCheckKey(target, law));
  const { signal, release } = interruptible();
  const bar = progress("voters", count);
  try {
    if (output === "-") {
      const lines = Readable.from(credentialLines(count, bar.update, checkKey));
      await pipeline(lines, process.stdout, { end: false, signal });
      return;
    }
    await writeSampleCredentials(output, count, { force, signal, onProgress: bar.update, checkKey });
  } finally {
    bar.stop();
    release();
  }
  print(options, { file: output, voters: count }, () => `${count} voters written to ${output}.`);
}

async function lawCheckKey(target: Target, lawId: string): Promise<SecretKey | undefined> {
  const [law] = await existingLaws(target, [lawId]);
  return law && checkKeyOf(law, await target.keys());
}
