import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { findOperators } from "../../places/find-operators.ts";
import { codeMaker } from "../../places/operators/roll-codes.ts";
import { credentialsOf, writeSampleCredentials } from "../../places/sample-credentials.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import type { CommonOptions } from "../common-options.ts";
import { counted } from "../slip-options.ts";

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
  const makeCodes = law === undefined ? undefined : await codeMaker((await findOperators(options)).api, law);
  const { signal, release } = interruptible();
  const bar = progress("voters", count);
  try {
    if (output === "-") {
      const lines = Readable.from(credentialsOf(count, { makeCodes, onProgress: bar.update }));
      await pipeline(lines, process.stdout, { end: false, signal });
      return;
    }
    await writeSampleCredentials(output, count, { force, signal, onProgress: bar.update, makeCodes });
  } finally {
    bar.stop();
    release();
  }
  print(options, { file: output, voters: count }, () => `${counted(count, "voter")} written to ${output}.`);
}
