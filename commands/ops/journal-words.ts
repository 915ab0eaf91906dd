import { z } from "zod";
import { CLAIMED } from "../../shared/domain/operator.ts";
import { printableLine } from "../../shared/domain/printable.ts";
import type { JournalEntry } from "../../shared/messages/operators/journal.ts";
import { localInstant } from "../../terminal/instant.ts";
import { describeOutcome, describeWish } from "./act-words.ts";

/** What the entries of the different phases hold. */
const Content = z.looseObject({
  request: z.unknown().optional(),
  proposal: z.string().optional(),
  proposed_by: z.string().optional(),
  result: z.unknown().optional(),
  refused: z.string().optional(),
});
type Content = z.output<typeof Content>;

const PHASES: Readonly<Record<JournalEntry["phase"], (act: string, content: Content) => string>> = {
  proposed: (act, { request }) => `proposed to ${describeWish(act, request)}`,
  approved: (act, { proposed_by }) => `approved ${act}, which ${proposed_by} had proposed`,
  refused: (act, { proposed_by }) => `refused ${act}, which ${proposed_by} had proposed`,
  begun: (act, { request, proposal }) =>
    `began to ${describeWish(act, request)}${proposal === undefined ? "" : `, as proposal ${proposal} was approved`}`,
  done: (act, { result }) => `ended ${act}: ${describeOutcome(act, result)}`,
  failed: (act, { refused }) => `did not do ${act}: ${refused}`,
};

/**
 * An entry of the journal as a line.
 *
 * @param entry which one
 */
export function describeEntry(entry: JournalEntry): string {
  const { number, at, act, phase, law_id, operator, identity, release, run, content } = entry;
  const who = identity === CLAIMED ? `${operator} (claimed)` : `${operator} (${identity})`;
  const law = law_id === null ? "" : ` [${law_id}]`;
  const what = PHASES[phase](act, contentOf(content)).replaceAll("\n", " ");
  return printableLine(
    `${number}  ${localInstant(at)}${law}  ${who} ${what} (run ${run.slice(0, 8)}, release ${release})`,
  );
}

/** Content that is no JSON is not shown; the check of the hashes says whether somebody has changed it. */
function contentOf(text: string): Content {
  try {
    return Content.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
