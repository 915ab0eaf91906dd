import { missing } from "../../shared/domain/law-life.ts";
import { showLaw } from "../../shared/messages/operators/show-law.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { operatorsLaw } from "../laws/operators-law.ts";
import { countRolls } from "../roll/count.ts";
import { workAnswer } from "../roll/steps/step-ports.ts";
import { PostgresRoll } from "../roll/stores/postgres-roll.ts";
import { journalEntries } from "./journal.ts";
import { codeOf } from "./services.ts";

const MOST_ENTRIES = 1_000;

export const showLawCode = codeOf(showLaw, {
  step: async ({ servers }, { law_id: lawId }) => {
    const now = new Date();
    const [law] = await existingLaws(servers, [lawId]);
    if (law === undefined) throw new Error(`the law ${lawId} is gone`);
    const [count] = await countRolls(servers, [lawId]);
    const roll = {
      voters: count?.postgresql ?? 0,
      cached: count?.redis ?? 0,
      digest: count?.digest ?? null,
      complete: count?.complete ?? false,
      unfinished: (count?.unfinished ?? []).map(workAnswer),
    };
    const facts = {
      voters: roll.voters,
      digestVoters: (await new PostgresRoll(servers.pool).sealOf(lawId))?.voters,
      isComplete: roll.complete,
      isUnfinished: roll.unfinished.length > 0,
    };
    const { entries } = await journalEntries(servers.pool, { lawId, limit: MOST_ENTRIES });
    const steps = [...missing(law, facts, now.getTime())];
    return { done: true, result: { law: operatorsLaw(law, now), roll, missing: steps, entries } };
  },
});
