import type { z } from "zod";
import { Refusal } from "../../../shared/domain/refusal.ts";
import type * as changes from "../../../shared/messages/operators/roll-changes.ts";
import type { StepContext } from "../steps/step-ports.ts";

type Request = z.output<typeof changes.findVoter.request>;
type Result = z.output<typeof changes.findVoter.result>;

/**
 * Whether a person is on a roll and has voted. It says neither when nor what.
 *
 * @param context the step
 * @param request the law, and the draft that names the person
 * @throws Refusal when there is no such draft
 */
export async function findVoter({ rolls }: StepContext, { law_id: lawId, draft: id }: Request): Promise<Result> {
  const { drafts, database } = rolls();
  const draft = await drafts.get(id);
  if (draft?.lawId !== lawId || draft.kind !== "find") {
    throw new Refusal(`There is no draft ${id} to find a voter of ${lawId}: run the command again.`, {
      code: "invalid_request",
    });
  }
  const [person] = await database.persons(lawId, draft.personHashes);
  return { law_id: lawId, on_roll: person?.voterHash !== undefined, has_voted: person?.hasVoted === true };
}
