import { findOperators } from "../../places/find-operators.ts";
import { workOf } from "../../places/operators/roll-answers.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import * as rolls from "../../shared/messages/operators/rolls.ts";
import { confirm } from "../../terminal/confirm.ts";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import type { CommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import type { SlipOptions } from "../slip-options.ts";

interface AbandonOptions extends CommonOptions, SlipOptions {
  readonly law: string;
  readonly voters?: number;
}

/** `npm run voters -- abandon-load`. */
export async function abandonLoad(options: AbandonOptions): Promise<void> {
  const { law, voters, yes = false } = options;
  const { api } = await findOperators(options);
  const { laws } = await api.look(rolls.countRolls, { laws: [law] });
  const [roll] = laws;
  const loads = (roll?.unfinished ?? []).filter(({ kind }) => kind === "load");
  if (roll === undefined || loads.length === 0) throw new UserError(`No load of ${law} has stopped before its end.`);
  const what =
    `${loads.map((load) => describeRollWork(workOf(load))).join("; ")}. The roll of ${law} has ${roll.postgresql} voters now; who of ` +
    "the file is not among them may not vote.";
  if (voters === undefined && (yes || process.stdin.isTTY !== true)) {
    const command = `npm run voters -- abandon-load --law ${law} --voters ${roll.postgresql} --yes`;
    throw new UserError(`${what} If that is right: ${command}`, 2);
  }
  // The stage refuses any other number than the present one.
  if (voters === undefined || voters === roll.postgresql) await confirm(options, { what, word: law });
  const request = { law_id: law, voters: voters ?? roll.postgresql };
  const interrupted = () => "Interrupted: the roll may be taken as it stands already. Run the same command again.";
  const result = await perform(api, rolls.abandonLoad, request, { ...options, interrupted });
  if (result === undefined) return;
  const { voters: taken } = result.roll;
  print(
    options,
    result.roll,
    () => `The roll of ${law} is taken as it stands: ${taken} voters. Seal it when it is right.`,
  );
}
