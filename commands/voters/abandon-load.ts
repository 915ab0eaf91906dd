import { abandonLoads } from "../../operations/roll/abandon-load.ts";
import { countRolls } from "../../operations/roll/count.ts";
import { withTarget } from "../../places/find-target.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import type { CommonOptions } from "../common-options.ts";
import { explainIncomplete } from "./words.ts";

interface AbandonOptions extends CommonOptions {
  readonly law: string;
  readonly voters?: number;
}

/** `npm run voters -- abandon-load`. */
export async function abandonLoad(options: AbandonOptions): Promise<void> {
  const { law, voters } = options;
  await withTarget(options, async (target) => {
    if (voters === undefined) {
      const [roll] = await countRolls(target, [law]);
      const loads = (roll?.unfinished ?? []).filter(({ kind }) => kind === "load");
      if (roll === undefined || loads.length === 0)
        throw new UserError(`No load of ${law} has stopped before its end.`);
      throw new UserError(
        `${loads.map(describeRollWork).join("; ")}. The roll of ${law} has ${roll.postgresql} voters now; who of the file is ` +
          `not among them may not vote. If that is right: npm run voters -- abandon-load --law ${law} --voters ${roll.postgresql}`,
        2,
      );
    }
    const roll = await abandonLoads(target, law, voters);
    print(options, roll, () => `The roll of ${law} is taken as it stands: ${roll.voters} voters.`);
    if (!roll.complete) throw new UserError(explainIncomplete(roll));
  });
}
