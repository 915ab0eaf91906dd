import { Refusal } from "../../shared/domain/refusal.ts";
import * as destruction from "../../shared/messages/operators/destruction.ts";
import { clearDestroyedRoll, refuseToClear } from "../destruction/clear-roll.ts";
import { destroyStep, refuseDestruction } from "../destruction/destroy-law.ts";
import { destructionPlan, holdOf } from "../destruction/plan-destruction.ts";
import { lawTimingOf } from "../law-book/timing.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { operatorsLaw } from "../laws/operators-law.ts";
import { rollSizes } from "../roll/count.ts";
import type { Servers } from "../servers.ts";
import { codeOf } from "./services.ts";

const lawOf = ({ law_id }: { readonly law_id: string }) => law_id;

/** Of a destroyed law there is nothing left to hold. */
async function refuseToHold(servers: Servers, lawId: string): Promise<void> {
  const [law] = await existingLaws(servers, [lawId]);
  if (law?.destroyedAt === undefined) return;
  throw new Refusal(`${lawId} was destroyed (${law.destroyedAt}): there is nothing left to hold.`, { subject: lawId });
}

/** The journal is where a hold is: it is in force with the first entry, before this looks at the law. */
export const holdLawCode = codeOf(destruction.holdLaw, {
  lawOf,
  check: ({ servers }, { law_id }) => refuseToHold(servers, law_id),
  step: async ({ servers }, { law_id }) => {
    await refuseToHold(servers, law_id);
    return { done: true, result: { law_id } };
  },
});

async function refuseToRelease(servers: Servers, lawId: string): Promise<void> {
  await existingLaws(servers, [lawId]);
  if ((await holdOf(servers.pool, lawId)) !== undefined) return;
  throw new Refusal(`${lawId} is not on legal hold, and nothing was changed.`, { subject: lawId });
}

export const releaseHoldCode = codeOf(destruction.releaseHold, {
  lawOf,
  check: ({ servers }, { law_id }) => refuseToRelease(servers, law_id),
  step: async (_, { law_id }) => ({ done: true, result: { law_id } }),
});

export const planDestructionCode = codeOf(destruction.planDestruction, {
  step: async ({ servers }, { law_id: lawId }) => {
    const [law] = await existingLaws(servers, [lawId]);
    if (law === undefined) throw new Error(`the law ${lawId} is gone`);
    const { rows } = await servers.pool.query<{ submissions: string }>(
      "select counted + duplicate + invalid as submissions from law_counts where law_id = $1",
      [lawId],
    );
    const result = {
      law: operatorsLaw(law, await lawTimingOf(servers).now()),
      plan: (await destructionPlan(servers, law)) ?? null,
      voters: (await rollSizes(servers, [lawId])).get(lawId) ?? 0,
      submissions: Number(rows[0]?.submissions ?? 0),
    };
    return { done: true, result };
  },
});

export const destroyLawCode = codeOf(destruction.destroyLaw, {
  lawOf,
  check: (context, { law_id }) => refuseDestruction(context, law_id),
  step: async (context, { law_id }, cursor) => {
    const { servers } = context;
    const step = await destroyStep(context, law_id, cursor);
    if (!step.done) {
      const { label, count: done, total } = step;
      return { done: false, cursor: step.cursor, progress: { label, done, ...(total === undefined ? {} : { total }) } };
    }
    const plan = await destructionPlan(servers, step.law);
    const law = operatorsLaw(step.law, await lawTimingOf(servers).now());
    return { done: true, result: { law, removed: plan?.removed ?? {} } };
  },
});

/** `roll` does it: nobody else removes anything from Redis. */
export const clearDestroyedRollCode = codeOf(destruction.clearDestroyedRoll, {
  lawOf,
  check: async ({ servers }, { law_id }) => void (await refuseToClear(servers, law_id)),
  step: async (context, { law_id }) => ({
    done: true,
    result: { certificate: await clearDestroyedRoll(context, law_id) },
  }),
});
