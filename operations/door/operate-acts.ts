import type { Proposal } from "../../shared/messages/operators/journal.ts";
import * as journal from "../../shared/messages/operators/journal.ts";
import { sealRoll } from "../../shared/messages/operators/rolls.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { refuseOtherVersion } from "../laws/refuse-other-version.ts";
import {
  bringOpeningCode,
  exportBoxCode,
  readBoxCode,
  registerKeysCode,
  registerTestCode,
  sendOpeningCode,
  withdrawOpeningCode,
} from "./box-acts.ts";
import { certifyLawCode, publishLawCode } from "./conclusion-acts.ts";
import { countLawCode, planCountCode } from "./count-act.ts";
import { destroyLawCode, holdLawCode, planDestructionCode, releaseHoldCode } from "./destruction-acts.ts";
import { listProposalsCode, readJournalCode } from "./journal-acts.ts";
import {
  changeDraftCode,
  changePromiseKeyCode,
  closeLawCode,
  freezeLawCode,
  listLawsCode,
  openLawCode,
  unfreezeLawCode,
} from "./law-acts.ts";
import { ledgerCode, takeAcceptedCode } from "./ledger-acts.ts";
import { decide } from "./proposals.ts";
import {
  deadLettersCode,
  listSetAsideCode,
  planSettlingCode,
  queueDepthsCode,
  redriveCode,
  setAsideCode,
  settleCode,
  undoSetAsideCode,
} from "./queue-acts.ts";
import { compareReceiptsCode, listOrphansCode, markLostCode, restoreReceiptsCode } from "./receipt-acts.ts";
import { restoreActsCode } from "./restore-acts.ts";
import { type ActContext, codeOf, type DoorAct, parsed } from "./services.ts";
import { showLawCode } from "./show-law-act.ts";
import { stageCode } from "./stage-acts.ts";
import { watchStageCode } from "./watch-act.ts";

/** The acts of `operate` but for those that decide on the others. */
const DECIDED: readonly DoorAct[] = [
  listLawsCode,
  showLawCode,
  changeDraftCode,
  openLawCode,
  closeLawCode,
  freezeLawCode,
  unfreezeLawCode,
  changePromiseKeyCode,
  registerKeysCode,
  registerTestCode,
  exportBoxCode,
  readBoxCode,
  sendOpeningCode,
  bringOpeningCode,
  withdrawOpeningCode,
  countLawCode,
  certifyLawCode,
  publishLawCode,
  planCountCode,
  holdLawCode,
  releaseHoldCode,
  planDestructionCode,
  destroyLawCode,
  readJournalCode,
  listProposalsCode,
  queueDepthsCode,
  redriveCode,
  planSettlingCode,
  settleCode,
  deadLettersCode,
  setAsideCode,
  undoSetAsideCode,
  listSetAsideCode,
  ledgerCode,
  takeAcceptedCode,
  restoreReceiptsCode,
  compareReceiptsCode,
  listOrphansCode,
  markLostCode,
  restoreActsCode,
  stageCode,
  watchStageCode,
];

/** The acts that `operate` answers. */
export const OPERATE_ACTS: readonly DoorAct[] = [
  ...DECIDED,
  codeOf(journal.approve, {
    step: async (context, request) => {
      const check = (proposal: Proposal) => checkAgain(context, proposal);
      return { done: true, result: { proposal: await decide(context, { ...request, decision: "approved" }, check) } };
    },
  }),
  codeOf(journal.refuse, {
    step: async (context, request) => {
      const check = async () => undefined;
      return { done: true, result: { proposal: await decide(context, { ...request, decision: "refused" }, check) } };
    },
  }),
];

/**
 * Nobody approves what would be refused. What is done to a roll, `roll` checks when it is carried out; but who approves
 * a seal has looked at the law, and it must be the one that was proposed.
 */
async function checkAgain(context: ActContext, { act, request }: Proposal): Promise<void> {
  if (act === sealRoll.name) {
    const seal = parsed(sealRoll.request, JSON.parse(request), "the request");
    for (const law of await existingLaws(context.servers, [seal.law_id])) refuseOtherVersion(law, seal);
  }
  await DECIDED.find(({ name }) => name === act)
    ?.read(JSON.parse(request), undefined)
    .check(context);
}
