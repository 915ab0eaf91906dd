import { certifyLaw, publishLaw } from "./conclusion.ts";
import { countLaw, planCount } from "./count.ts";
import { clearDestroyedRoll, destroyLaw, holdLaw, planDestruction, releaseHold } from "./destruction.ts";
import { approve, listProposals, readJournal, refuse } from "./journal.ts";
import { addLaw, changeDraft, changePromiseKey, closeLaw, freezeLaw, listLaws, openLaw, unfreezeLaw } from "./laws.ts";
import { ledger, takeAccepted } from "./ledger.ts";
import {
  deadLetters,
  listSetAside,
  planSettling,
  queueDepths,
  redrive,
  setAside,
  settle,
  undoSetAside,
} from "./queues.ts";
import { compareReceipts, listOrphans, markLost, restoreReceipts } from "./receipts.ts";
import { restoreActs, restoreRollChanges } from "./restoring.ts";
import { changeRoll, findVoter, prepareRollChange } from "./roll-changes.ts";
import {
  abandonLoad,
  beginLoad,
  checkCodes,
  countRolls,
  findLoad,
  finishLoad,
  loadChunk,
  makeCodes,
  rebuildRolls,
  sealRoll,
  stopRollWork,
} from "./rolls.ts";
import {
  bringOpening,
  exportBox,
  readBox,
  registerKeys,
  registerTest,
  sendOpening,
  withdrawOpening,
} from "./sealed-laws.ts";
import { showLaw } from "./show-law.ts";
import { stage } from "./stage.ts";
import { watchStage } from "./watch.ts";

/** Every act of the operators' API, by name. */
export const ACTS = {
  "list-laws": listLaws,
  "show-law": showLaw,
  "add-law": addLaw,
  "change-draft": changeDraft,
  "open-law": openLaw,
  "close-law": closeLaw,
  "freeze-law": freezeLaw,
  "unfreeze-law": unfreezeLaw,
  "change-promise-key": changePromiseKey,
  "register-keys": registerKeys,
  "register-test-opening": registerTest,
  "count-law": countLaw,
  "plan-count": planCount,
  "certify-law": certifyLaw,
  "publish-law": publishLaw,
  "export-box": exportBox,
  "read-box": readBox,
  "send-opening": sendOpening,
  "bring-opening": bringOpening,
  "withdraw-opening": withdrawOpening,
  "hold-law": holdLaw,
  "release-hold": releaseHold,
  "plan-destruction": planDestruction,
  "destroy-law": destroyLaw,
  "clear-destroyed-roll": clearDestroyedRoll,
  "read-journal": readJournal,
  "list-proposals": listProposals,
  approve,
  refuse,
  "begin-load": beginLoad,
  "load-chunk": loadChunk,
  "finish-load": finishLoad,
  "stop-roll-work": stopRollWork,
  "abandon-load": abandonLoad,
  "seal-roll": sealRoll,
  "prepare-roll-change": prepareRollChange,
  "change-roll": changeRoll,
  "find-voter": findVoter,
  "rebuild-rolls": rebuildRolls,
  "count-rolls": countRolls,
  "find-load": findLoad,
  "check-codes": checkCodes,
  "make-codes": makeCodes,
  "queue-depths": queueDepths,
  redrive,
  "plan-settling": planSettling,
  settle,
  "dead-letters": deadLetters,
  "set-aside": setAside,
  "undo-set-aside": undoSetAside,
  "list-set-aside": listSetAside,
  ledger,
  "take-accepted": takeAccepted,
  "restore-receipts": restoreReceipts,
  "compare-receipts": compareReceipts,
  "list-orphans": listOrphans,
  "mark-lost": markLost,
  "restore-acts": restoreActs,
  "restore-roll-changes": restoreRollChanges,
  stage,
  "watch-stage": watchStage,
} as const;
export type ActName = keyof typeof ACTS;
