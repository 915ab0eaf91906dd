import { findOperators } from "../../places/find-operators.ts";
import { listLaws } from "../../shared/messages/operators/laws.ts";
import { sealRoll } from "../../shared/messages/operators/rolls.ts";
import { print } from "../../terminal/print.ts";
import type { CommonOptions } from "../common-options.ts";
import { describeLaw } from "../law-words.ts";
import { perform } from "../perform.ts";
import { counted } from "../slip-options.ts";

interface SealOptions extends CommonOptions {
  readonly expect: number;
}

/** `npm run voters -- seal`. The number of voters is what others ask for as a confirmation. */
export async function seal(lawId: string, options: SealOptions): Promise<void> {
  const { api } = await findOperators(options);
  const interrupted = () => "Interrupted: the roll may be sealed in part or already. Run the same command again.";
  // What a second person approves is the law as it is now.
  const { laws } = await api.look(listLaws, {});
  const version = laws.find(({ law_id }) => law_id === lawId)?.version;
  const request = { law_id: lawId, expect: options.expect, version };
  const result = await perform(api, sealRoll, request, { ...options, interrupted });
  if (result === undefined) return;
  const { law, digest } = result;
  print(options, { ...law, roll_digest: digest }, () =>
    [
      `The roll is sealed with ${counted(options.expect, "voter")}. ${describeLaw(law)}`,
      `Its digest is ${digest}`,
    ].join("\n"),
  );
}
