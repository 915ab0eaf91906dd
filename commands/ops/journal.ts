import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { z } from "zod";
import { findOperators } from "../../places/find-operators.ts";
import { JournalReader } from "../../places/operators/journal-reader.ts";
import type { JournalEntry } from "../../shared/messages/operators/journal.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { describeEntry } from "./journal-words.ts";

interface JournalOptions extends CommonOptions {
  readonly follow?: true;
}

const FOLLOW_EVERY_MS = 2_000;

/**
 * Adds `npm run ops -- journal`.
 *
 * @param program the ops command
 */
export function journalCommand(program: Command): void {
  withCommonOptions(
    program
      .command("journal [law]")
      .description("prints who did what, of one law or of all, and checks that no entry was changed or taken out")
      .option("--follow", "waits for further entries until Ctrl-C")
      .addHelpText(
        "after",
        "\n--json prints one line per entry.\nExit codes: 0 the chain of hashes is whole, 1 it is broken, at the entry that is named.",
      ),
  ).action(journal);
}

async function journal(lawId: string | undefined, options: JournalOptions): Promise<void> {
  const { api } = await findOperators(options);
  const { signal, release } = interruptible();
  const reader = new JournalReader(api, signal);
  let shown = 0;
  const show = (entries: readonly JournalEntry[]) => {
    for (const entry of entries) {
      if (lawId !== undefined && !isAbout(entry, lawId)) continue;
      shown += 1;
      print(options, entry, () => describeEntry(entry));
    }
  };
  try {
    do {
      await reader.readOn(show);
      if (options.follow) await pause(FOLLOW_EVERY_MS, undefined, { signal });
    } while (options.follow);
  } catch (error) {
    // Ctrl-C is how following ends.
    if (!signal.aborted) throw error;
    if (options.follow === undefined) throw new UserError("Interrupted: not all of the journal was checked.", 130);
  } finally {
    release();
  }
  if (options.json) return;
  const ofLaw = lawId === undefined ? "" : ` ${shown} of them are of ${lawId}.`;
  process.stderr.write(
    `${reader.entries} entries are checked: none was changed, and none is missing up to the last one.${ofLaw}\n` +
      (reader.entries === 0
        ? ""
        : `Its hash is ${reader.last.hash}: keep it, and a later look tells whether the end was cut off.\n`),
  );
}

/** Whether an act is about a law, alone or among others. */
function isAbout({ law_id, content }: JournalEntry, lawId: string): boolean {
  if (law_id !== null) return law_id === lawId;
  const { request, result } = SeveralLaws.parse(JSON.parse(content));
  return [...(request?.laws ?? []), ...(result?.laws ?? [])].some((one) => one === lawId);
}

/** The laws of an act on several: their ids, or what was done to each. */
const LawIds = z.array(z.union([z.string(), z.looseObject({ law_id: z.string() }).transform(({ law_id }) => law_id)]));
const OfLaws = z
  .looseObject({ laws: LawIds.optional().catch(undefined) })
  .optional()
  .catch(undefined);
const SeveralLaws = z.looseObject({ request: OfLaws, result: OfLaws });
