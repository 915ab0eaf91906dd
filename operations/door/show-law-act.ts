import { lifeState, missing } from "../../shared/domain/law-life.ts";
import { showLaw } from "../../shared/messages/operators/show-law.ts";
import { missingToCount } from "../count/missing.ts";
import { recordedVotes } from "../count/recorded-votes.ts";
import { destructionPlan, holdOf } from "../destruction/plan-destruction.ts";
import { lawTimingOf } from "../law-book/timing.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { operatorsLaw } from "../laws/operators-law.ts";
import { countRolls } from "../roll/count.ts";
import { workAnswer } from "../roll/steps/step-ports.ts";
import { PostgresRoll } from "../roll/stores/postgres-roll.ts";
import { boxAnswer, countAnswer, countPortsOf } from "./count-act.ts";
import { journalEntries } from "./journal.ts";
import { codeOf } from "./services.ts";

const MOST_ENTRIES = 1_000;

export const showLawCode = codeOf(showLaw, {
  step: async (context, { law_id: lawId }) => {
    const { servers } = context;
    const now = await lawTimingOf(servers).now();
    const [law] = await existingLaws(servers, [lawId]);
    if (law === undefined) throw new Error(`the law ${lawId} is gone`);
    const inForce = (await servers.laws.windowsInForce([law])).get(lawId) ?? [];
    const windows = inForce.map(({ opensAt, closesAt, fromMs, untilMs }) => ({
      opens_at: opensAt,
      closes_at: closesAt ?? null,
      from: fromMs === undefined ? null : new Date(fromMs).toISOString(),
      until: untilMs === undefined ? null : new Date(untilMs).toISOString(),
    }));
    const [sizes] = await countRolls(servers, [lawId]);
    const roll = {
      voters: sizes?.postgresql ?? 0,
      cached: sizes?.redis ?? 0,
      digest: sizes?.digest ?? null,
      complete: sizes?.complete ?? false,
      unfinished: (sizes?.unfinished ?? []).map(workAnswer),
    };
    const facts = {
      voters: roll.voters,
      digestVoters: (await new PostgresRoll(servers.pool).sealOf(lawId))?.voters,
      isComplete: roll.complete,
      isUnfinished: roll.unfinished.length > 0,
    };
    const { entries } = await journalEntries(servers.pool, { lawId, limit: MOST_ENTRIES });
    const steps = [...missing(law, facts, now.getTime())];
    if (lifeState(law, now.getTime()) === "closed")
      steps.push(...(await missingToCount(countPortsOf(context, lawId), law)));
    const box = law.form === "sealed" ? await boxAnswer(servers.pool, lawId) : null;
    const count = await recordedVotes(servers).counted(lawId);
    const result = {
      law: operatorsLaw(law, now),
      roll,
      windows,
      now: now.toISOString(),
      count: count === undefined ? null : countAnswer(count),
      box,
      missing: steps,
      destruction: (await destructionPlan(servers, law)) ?? null,
      hold: (await holdOf(servers.pool, lawId)) ?? null,
      entries,
    };
    return { done: true, result };
  },
});
