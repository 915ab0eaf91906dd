import type { z } from "zod";
import type { RollChangeKind } from "../shared/domain/roll-row.ts";
import type { changeRoll, findVoter } from "../shared/messages/operators/roll-changes.ts";
import { localInstant } from "../terminal/instant.ts";
import { counted } from "./slip-options.ts";

type Request = z.output<typeof changeRoll.request>;
type Result = z.output<typeof changeRoll.result>;

/** What is done to a number of voters, to complete "to …". */
export function wishedChange(kind: RollChangeKind | "find", law_id: string, voters: number): string {
  const some = counted(voters, "voter");
  if (kind === "add") return `add ${some} to the sealed roll of ${law_id}`;
  if (kind === "replace") return `replace the codes of ${some} of ${law_id}`;
  if (kind === "strike") return `strike ${some} off the roll of ${law_id}`;
  return `find out whether a person has voted on ${law_id}`;
}

/**
 * What somebody wants of a sealed roll, to complete "to …".
 *
 * @param request as it was asked for
 */
export function describeRollWish({ law_id, kind, voters, draft, at }: Request): string {
  const moment = at === undefined ? "as soon as it is known everywhere" : `at ${localInstant(at)}`;
  return `${wishedChange(kind, law_id, voters)}, in force ${moment} (prepared as ${draft})`;
}

const DONE: Readonly<Record<RollChangeKind, string>> = { add: "added", replace: "replaced", strike: "struck off" };

/**
 * What a change has made of a sealed roll, in sentences.
 *
 * @param result of the act
 */
export function describeRollChange({ law_id, kind, voters, in_force_at, on_roll, digest, complete }: Result): string {
  const what = kind === "replace" ? counted(voters, "code") : counted(voters, "voter");
  return [
    `${what} ${DONE[kind]}, in force at ${localInstant(in_force_at)}: votes accepted before then are not affected.`,
    `The roll of ${law_id} has ${counted(on_roll, "voter")}, its digest is ${digest}.`,
    ...(complete ? [] : [`Redis does not have the whole roll, and votes wait: npm run ops -- rebuild-roll ${law_id}`]),
  ].join(" ");
}

/**
 * Whether a person has voted, in a sentence.
 *
 * @param result of the look
 */
export function describeFound({ law_id, on_roll, has_voted }: z.output<typeof findVoter.result>): string {
  const roll = on_roll ? `is on the roll of ${law_id}` : `is not on the roll of ${law_id}`;
  return `The person ${roll}, and ${has_voted ? "has voted" : "no vote of the person is counted"}.`;
}
