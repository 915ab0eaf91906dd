import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { findOperators } from "../../places/find-operators.ts";
import { freezeLaw, unfreezeLaw } from "../../shared/messages/operators/laws.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";

/**
 * Adds `npm run ops -- freeze` and `unfreeze`.
 *
 * @param program the ops command
 */
export function freezeCommands(program: Command): void {
  withCommonOptions(
    program
      .command("freeze <law>")
      .description("stops accepting votes for a law; returns when no function accepts them any more"),
  ).action((law: string, options: CommonOptions) => freeze(law, options, true));
  withCommonOptions(program.command("unfreeze <law>").description("accepts votes for a law again")).action(
    (law: string, options: CommonOptions) => freeze(law, options, false),
  );
}

async function freeze(lawId: string, options: CommonOptions, frozen: boolean): Promise<void> {
  const { api } = await findOperators(options);
  const act = frozen ? freezeLaw : unfreezeLaw;
  const interrupted = () => `Interrupted: run this again; ${lawId} may have been ${frozen ? "frozen" : "unfrozen"}.`;
  const result = await perform(api, act, { law_id: lawId }, { ...options, interrupted });
  if (result === undefined) return;
  const { changed, known_within_seconds: seconds } = result;
  if (!result.in_journal) {
    process.stderr.write(
      "PostgreSQL does not answer, so the journal has no entry of this: note who did it, when and why.\n",
    );
  }
  if (frozen) await untilKnown(lawId, seconds);
  print(options, { law_id: lawId, frozen, changed, known_within_seconds: seconds }, () => {
    const already = changed ? "" : ` It was ${frozen ? "frozen" : "not frozen"} before.`;
    return frozen
      ? `${lawId} is frozen: its votes are refused.${already}`
      : `${lawId} takes votes again within its window; every ingest knows within ${seconds} s.${already}`;
  });
}

/** Waits also when the law was frozen already: somebody else may have frozen it a moment ago. */
async function untilKnown(lawId: string, seconds: number): Promise<void> {
  process.stderr.write(`In force within ${seconds} s. Until then, ingest may remember the law as it was.\n`);
  const { signal, release } = interruptible();
  try {
    await pause(seconds * 1_000, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError(`Interrupted: ${lawId} is frozen, and every ingest knows within ${seconds} s.`, 130);
  } finally {
    release();
  }
}
