import { Refusal } from "../../shared/domain/refusal.ts";
import { ROLL_BUCKETS } from "../../shared/domain/roll.ts";
import * as rolls from "../../shared/messages/operators/rolls.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { refuseUnexpected } from "../laws/expected-voters.ts";
import { wakeLog } from "../laws/log-function.ts";
import { operatorsLaw } from "../laws/operators-law.ts";
import { abandonLoads, refuseToAbandon } from "../roll/abandon-load.ts";
import { refusePendingChanges } from "../roll/changes/replay-changes.ts";
import { codeRule } from "../roll/file/code-rule.ts";
import { findLoad } from "../roll/find-load.ts";
import { refuseLoading } from "../roll/refuse-loading.ts";
import { loadChunk } from "../roll/steps/load-chunk.ts";
import { beginLoad, endLoad, verifyLoad } from "../roll/steps/load-steps.ts";
import { checkCodes, codesOf, countStep, stopWork, unfinishedOf } from "../roll/steps/other-steps.ts";
import { resuming } from "../roll/steps/pause-steps.ts";
import { beginRebuild, continueRebuild, refuseToRebuild } from "../roll/steps/rebuild-steps.ts";
import { refuseToSeal, sealStep } from "../roll/steps/seal-roll.ts";
import { workAnswer } from "../roll/steps/step-ports.ts";
import { clearDestroyedRollCode } from "./destruction-acts.ts";
import { addLawCode } from "./law-acts.ts";
import { restoreRollChangesCode } from "./restore-acts.ts";
import { ROLL_CHANGE_ACTS } from "./roll-change-acts.ts";
import { codeOf, type DoorAct } from "./services.ts";

/** The one law of a request, for the journal; the request names them all. */
function onlyLaw(laws: readonly string[] | undefined): string | undefined {
  return laws?.length === 1 ? laws[0] : undefined;
}

const WAITS_FOR_VALIDATE = { label: "validate changes its state", done: 0 } as const;

/** The journal keeps no plain digest of a file: the content of a short one could be found by trying. */
const beginLoadCode = codeOf(rolls.beginLoad, {
  lawOf: ({ laws }) => onlyLaw(laws),
  recorded: ({ laws, file: { name, lines, voters } }) => ({ laws, file: { name, lines, voters } }),
  check: async ({ servers, rolls: stores }, { laws }) => {
    codeRule(await existingLaws(servers, laws), await servers.keys());
    await refuseLoading(servers, stores().database, laws, "load_roll");
  },
  step: async (context, request) => ({ done: true, result: { next_chunk: await beginLoad(context, request) } }),
});

/** The begin and the end of a load are entries of the journal. */
const loadChunkCode = codeOf(rolls.loadChunk, {
  recorded: () => undefined,
  step: async (context, request) => ({ done: true, result: await loadChunk(context, request) }),
});

const finishLoadCode = codeOf(rolls.finishLoad, {
  lawOf: ({ laws }) => onlyLaw(laws),
  recorded: ({ laws }) => ({ laws }),
  step: async (context, request, cursor) => {
    if (cursor === undefined) {
      const tallies = await verifyLoad(context, request);
      return { done: false, cursor: { tallies }, progress: { label: "laws verified", done: tallies.length } };
    }
    return { done: true, result: await endLoad(context, request, cursor.tallies) };
  },
});

const stopRollWorkCode = codeOf(rolls.stopRollWork, {
  lawOf: ({ laws }) => onlyLaw(laws),
  recorded: ({ laws, sha256 }) => ({ laws, work: sha256 === undefined ? "rebuild" : "load" }),
  step: async (context, request, cursor) => {
    const pausedBy = cursor === undefined ? await stopWork(context, request) : (cursor.paused_by ?? undefined);
    const validate = await resuming(context.rolls(), pausedBy, context);
    if (validate === undefined) {
      return {
        done: false,
        cursor: { paused_by: pausedBy ?? null },
        progress: WAITS_FOR_VALIDATE,
      };
    }
    return { done: true, result: { laws: await unfinishedOf(context, request.laws), validate } };
  },
});

const abandonLoadCode = codeOf(rolls.abandonLoad, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ servers, rolls: stores, isRepeated }, { law_id, voters }) => {
    await existingLaws(servers, [law_id]);
    await refuseLoading(servers, stores().database, [law_id], "give_up_load");
    await refuseToAbandon(stores(), law_id, voters, isRepeated);
  },
  step: async ({ servers, isRepeated }, { law_id, voters: expected }) => {
    const { voters, unfinished } = await abandonLoads(servers, law_id, expected, isRepeated);
    return { done: true, result: { roll: { law_id, voters, unfinished: unfinished.map(workAnswer) } } };
  },
});

const sealRollCode = codeOf(rolls.sealRoll, {
  lawOf: ({ law_id }) => law_id,
  check: async ({ services, servers, rolls: stores, run }, { law_id: lawId, expect: expected, version }) => {
    await refuseUnexpected(servers, lawId, expected);
    await refuseToSeal(servers, stores(), { lawId, expected, version, run });
    if (services.twoPeople && version === undefined) {
      throw new Refusal("On this stage, who seals a roll names the version of its law.", { code: "invalid_request" });
    }
  },
  step: async (context, { law_id: lawId, expect: expected, version }, cursor) => {
    const step = await sealStep(context, { lawId, expected, version }, cursor !== undefined);
    if (step.done) {
      const { law, digest } = step.sealed;
      // A law that is ready begins its log with its description.
      if (law.logKey !== undefined) await wakeLog(context.servers, lawId);
      return { done: true, result: { law: operatorsLaw(law, new Date()), digest } };
    }
    const progress = { label: "buckets of the roll sealed", done: step.buckets, total: ROLL_BUCKETS };
    return { done: false, cursor: { buckets: step.buckets }, progress };
  },
});

const REBUILD_LABELS = {
  pausing: "validate stops",
  recording: "decided votes are recorded",
  restoring: "voters restored",
  completing: "rolls completed",
  resuming: "validate goes on",
} as const;

const rebuildRollsCode = codeOf(rolls.rebuildRolls, {
  lawOf: ({ laws }) => onlyLaw(laws),
  check: async (context, { laws }) => {
    await refusePendingChanges(context.rolls(), laws);
    await refuseToRebuild(context, laws);
  },
  step: async (context, { laws }, cursor) => {
    const step = cursor === undefined ? await beginRebuild(context, laws) : await continueRebuild(context, cursor);
    if (step.done) return step;
    const progress = { label: REBUILD_LABELS[step.cursor.phase], done: step.cursor.restored };
    return { done: false, cursor: step.cursor, progress };
  },
});

const countRollsCode = codeOf(rolls.countRolls, {
  step: async (context, { laws }, cursor) => {
    const { left, counted } = await countStep(context, laws, cursor);
    if (left.length === 0) return { done: true, result: { laws: counted } };
    const total = left.length + counted.length;
    return {
      done: false,
      cursor: { left, counted },
      progress: { label: "rolls counted", done: counted.length, total },
    };
  },
});

const findLoadCode = codeOf(rolls.findLoad, {
  step: async ({ servers }, request) => ({ done: true, result: await findLoad(servers, request) }),
});

const checkCodesCode = codeOf(rolls.checkCodes, {
  step: async ({ servers }, { law_id, codes }) => ({
    done: true,
    result: await checkCodes(servers, law_id, codes),
  }),
});

const makeCodesCode = codeOf(rolls.makeCodes, {
  step: async ({ servers }, { law_id, count }) => {
    const codes = await codesOf(servers, law_id, count);
    return { done: true, result: { codes: codes?.join(";") ?? null } };
  },
});

/** The acts that `roll` answers. */
export const ROLL_ACTS: readonly DoorAct[] = [
  addLawCode,
  beginLoadCode,
  loadChunkCode,
  finishLoadCode,
  stopRollWorkCode,
  abandonLoadCode,
  sealRollCode,
  ...ROLL_CHANGE_ACTS,
  restoreRollChangesCode,
  rebuildRollsCode,
  clearDestroyedRollCode,
  countRollsCode,
  findLoadCode,
  checkCodesCode,
  makeCodesCode,
];
