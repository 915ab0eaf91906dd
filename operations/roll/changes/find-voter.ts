import type { z } from "zod";
import type * as changes from "../../../shared/messages/operators/roll-changes.ts";
import type { StepContext } from "../steps/step-ports.ts";
import { draftOf } from "./draft-of.ts";

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
  const ports = rolls();
  const draft = await draftOf(ports, { id, lawId, kind: "find", voters: 1 }, "find a voter");
  const [person] = await ports.database.persons(lawId, draft.personHashes);
  return { law_id: lawId, on_roll: person?.voterHash !== undefined, has_voted: person?.hasVoted === true };
}
