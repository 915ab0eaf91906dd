import { findOperators } from "../../places/operators/find.ts";
import { stateOf, workOf } from "../../places/operators/roll-answers.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import * as rolls from "../../shared/messages/operators/rolls.ts";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import type { CommonOptions } from "../common-options.ts";
import { tellProposed } from "../proposed.ts";
import { explainIncomplete, tellFeeding } from "./words.ts";

interface AbandonOptions extends CommonOptions {
  readonly law: string;
  readonly voters?: number;
}

/** `npm run voters -- abandon-load`. */
export async function abandonLoad(options: AbandonOptions): Promise<void> {
  const { law, voters } = options;
  const { api } = await findOperators(options);
  if (voters === undefined) {
    const { laws } = await api.look(rolls.countRolls, { laws: [law] });
    const [roll] = laws;
    const loads = (roll?.unfinished ?? []).filter(({ kind }) => kind === "load");
    if (roll === undefined || loads.length === 0) throw new UserError(`No load of ${law} has stopped before its end.`);
    throw new UserError(
      `${loads.map((load) => describeRollWork(workOf(load))).join("; ")}. The roll of ${law} has ${roll.postgresql} voters now; who of the file is ` +
        `not among them may not vote. If that is right: npm run voters -- abandon-load --law ${law} --voters ${roll.postgresql}`,
      2,
    );
  }
  const outcome = await api.perform(rolls.abandonLoad, { law_id: law, voters });
  if (outcome.kind === "proposed") return tellProposed(options, outcome.proposal);
  const roll = stateOf(outcome.result.roll);
  print(options, roll, () => `The roll of ${law} is taken as it stands: ${roll.voters} voters.`);
  tellFeeding(outcome.result.validate);
  if (!roll.complete) throw new UserError(explainIncomplete(roll));
}
