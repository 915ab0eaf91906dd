import { existsSync } from "node:fs";
import { printable } from "../../shared/domain/printable.ts";
import type { OpeningHeader } from "../../shared/messages/opening.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { type Progress, progress } from "../../terminal/progress.ts";
import { openBox, refuseOutput } from "../../trustees/open-box.ts";
import { withSecret } from "./combine.ts";
import type { PassphraseOptions } from "./passphrases.ts";

interface OpenOptions extends PassphraseOptions {
  readonly public: string;
  readonly box: string;
  readonly out: string;
  readonly threads: number;
  readonly json?: true;
}

/** `npm run keys -- open`. */
export async function openCommand(paths: readonly string[], options: OpenOptions): Promise<void> {
  const { box, out, threads } = options;
  const header = await withSecret(paths, options, {
    before() {
      if (!existsSync(box)) throw new UserError(`${box}: there is no such file. Name the export of the box.`);
      refuseOutput(out);
    },
    async work(secret, known) {
      const { signal, release } = interruptible();
      process.stderr.write(`The shares give the keys of ${known.law_id}. Opening ${printable(box)} …\n`);
      let bar: Progress | undefined;
      const onProgress = (done: number, total: number) => {
        bar ??= progress("ballots", total);
        bar.update(done);
      };
      try {
        return await openBox({ secret, known, box, out, threads, signal, onProgress });
      } finally {
        bar?.stop();
        release();
      }
    },
  });
  print(options, { file: out, ...header }, () => describe(header, out));
}

function describe(header: OpeningHeader, out: string): string {
  const number = (value: number) => value.toLocaleString("en");
  return [
    `${number(header.envelopes)} envelopes of ${header.law_id}:`,
    ...header.sums.map(({ option, ballots }) => `  ${option}: ${number(ballots)}`),
    ...header.spoiled.map(({ reason, ballots }) => `  spoiled, ${reason}: ${number(ballots)}`),
    `SHA-256 of the box: ${header.box_sha256}`,
    `The opened list: ${out}. Compare it with that of other trustees by npm run keys -- compare.`,
  ].join("\n");
}
