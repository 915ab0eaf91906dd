import type { Command } from "commander";
import type { z } from "zod";
import { type FoundOperators, findOperators } from "../../places/find-operators.ts";
import { stateOf } from "../../places/operators/roll-answers.ts";
import { listLaws } from "../../shared/messages/operators/laws.ts";
import * as rolls from "../../shared/messages/operators/rolls.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { collect } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { progressByStep } from "../../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { explainIncomplete, tellFeeding } from "../voters/words.ts";

interface RebuildOptions extends CommonOptions {
  readonly law?: readonly string[];
  readonly all?: true;
}

type Result = z.output<typeof rolls.rebuildRolls.result>;
type Rebuilt = Result["laws"][number];

/** Adds `npm run ops -- rebuild-roll`. */
export function rebuildRollCommand(program: Command): void {
  withCommonOptions(
    program
      .command("rebuild-roll [laws...]")
      .description("rebuilds rolls and claims in Redis from PostgreSQL; votes wait until it is done")
      .option("--law <id>", "this law; may be repeated", collect)
      .option("--all", "every law whose roll is sealed"),
  ).action((laws: readonly string[], options: RebuildOptions) =>
    rebuild({ ...options, ...(laws.length === 0 ? {} : { law: [...laws, ...(options.law ?? [])] }) }),
  );
}

async function rebuild(options: RebuildOptions): Promise<void> {
  if ((options.law === undefined) === (options.all === undefined)) {
    throw new UserError("Say which rolls to rebuild: --law ID or --all.", 2);
  }
  const stage = await findOperators(options);
  const { laws: known } = await stage.api.look(listLaws, {});
  const all =
    options.law ??
    known
      .filter(({ sealed_voters, destroyed_at }) => sealed_voters !== null && destroyed_at === null)
      .map(({ law_id }) => law_id);
  const laws = [...new Set(all)];
  const nothing: Result = { laws: [], outcomes_left: 0, validate: "fed" };
  const result = laws.length === 0 ? nothing : await rebuildRolls(stage, laws);
  const states = result.laws.map((roll) => ({ ...stateOf(roll), claims: roll.claims, validate: result.validate }));
  print(options, { laws: states }, () =>
    result.laws.length === 0 ? "There is no sealed roll." : result.laws.map(describeRebuilt).join("\n"),
  );
  if (result.outcomes_left > 0) {
    process.stderr.write(
      `${result.outcomes_left} decided votes were still to be recorded; the rebuild went on, because PostgreSQL has the last word.\n`,
    );
  }
  tellFeeding(result.validate);
  const incomplete = states.filter((roll) => !roll.complete);
  if (incomplete.length > 0) throw new UserError(incomplete.map(explainIncomplete).join("\n"));
}

async function rebuildRolls({ api }: FoundOperators, laws: string[]): Promise<Result> {
  const { signal, release } = interruptible();
  const bar = progressByStep();
  try {
    const outcome = await api.perform(
      rolls.rebuildRolls,
      { laws },
      { signal, onProgress: ({ label, done }) => bar.show(label, done) },
    );
    if (outcome.kind === "proposed") throw new Error("a rebuild needs no second person and was proposed");
    return outcome.result;
  } catch (error) {
    // Whoever cannot be reached any more cannot be told either; then the others notice after a while.
    await api.perform(rolls.stopRollWork, { laws }).catch(() => undefined);
    if (!signal.aborted) throw error;
    throw new UserError("Interrupted: these rolls are not complete and their votes wait. Run this again.", 130);
  } finally {
    bar.stop();
    release();
  }
}

function describeRebuilt({ law_id, cached, claims }: Rebuilt): string {
  const restored = claims === null ? "restored together with another rebuild" : `${claims} claims restored`;
  return `${law_id}: ${cached} voters, ${restored}`;
}
