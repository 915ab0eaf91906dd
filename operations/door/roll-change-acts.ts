import * as changes from "../../shared/messages/operators/roll-changes.ts";
import { changeSealedRoll, refuseToChange } from "../roll/changes/change-roll.ts";
import { findVoter } from "../roll/changes/find-voter.ts";
import { prepareChange } from "../roll/changes/prepare-change.ts";
import { codeOf, type DoorAct } from "./services.ts";

/** The journal keeps how many voters it is about, and nothing of them. */
const prepareRollChangeCode = codeOf(changes.prepareRollChange, {
  lawOf: ({ law_id }) => law_id,
  recorded: ({ law_id, kind, voters }) => ({ law_id, kind, voters: voters.split(";").length }),
  step: async (context, request) => {
    const { id, personHashes } = await prepareChange(context, request, context.operator.name);
    return { done: true, result: { draft: id, voters: personHashes.length } };
  },
});

const changeRollCode = codeOf(changes.changeRoll, {
  lawOf: ({ law_id }) => law_id,
  check: (context, request) => refuseToChange(context, request, context.isRepeated),
  step: async (context, request, cursor) => {
    const step = await changeSealedRoll(context, request, cursor?.compared);
    if (step.done) return step;
    const { compared, buckets } = step;
    const progress = { label: "buckets of the roll compared", done: compared, total: buckets };
    return { done: false, cursor: { compared, buckets }, progress };
  },
});

const findVoterCode = codeOf(changes.findVoter, {
  lawOf: ({ law_id }) => law_id,
  step: async (context, request) => ({ done: true, result: await findVoter(context, request) }),
});

/** The acts on sealed rolls, which `roll` answers. */
export const ROLL_CHANGE_ACTS: readonly DoorAct[] = [prepareRollChangeCode, changeRollCode, findVoterCode];
