import { print } from "../../terminal/print.ts";
import { fileText, writeNewFiles } from "../../trustees/files.ts";
import { refuseOutput } from "../../trustees/open-box.ts";
import { testOpening } from "../../trustees/statement.ts";
import { withSecret } from "./combine.ts";
import type { PassphraseOptions } from "./passphrases.ts";

interface TestOptions extends PassphraseOptions {
  readonly public: string;
  readonly out: string;
  readonly json?: true;
}

/** `npm run keys -- test`. */
export async function testShares(paths: readonly string[], options: TestOptions): Promise<void> {
  const statement = await withSecret(paths, options, {
    before: () => refuseOutput(options.out),
    work: async (secret, known, indexes) => testOpening(secret, known, indexes, new Date().toISOString()),
  });
  await writeNewFiles([[options.out, fileText(statement)]]);
  print(options, { file: options.out, lawId: statement.law_id, shares: statement.shares }, () => {
    const shares = statement.shares.join(", ");
    return `Test ballots of ${statement.law_id} opened with the shares ${shares}. Statement for the office: ${options.out}`;
  });
}
