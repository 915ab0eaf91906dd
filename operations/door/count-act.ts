import type { z } from "zod";
import { countLaw, type LawCountAnswer, planCount } from "../../shared/messages/operators/count.ts";
import { countPorts } from "../count/count-law.ts";
import { type Counting, countStep } from "../count/count-steps.ts";
import { refuseToCount } from "../count/missing.ts";
import { planCount as planOf } from "../count/plan-count.ts";
import type { CountPorts, NotedCount } from "../count/ports.ts";
import { recordedVotes } from "../count/recorded-votes.ts";
import { lawTimingOf } from "../law-book/timing.ts";
import { operatorsLaw } from "../laws/operators-law.ts";
import type { LedgerState } from "../ledger/steps.ts";
import { cursorOf as ledgerCursorOf, stateOf as ledgerStateOf } from "./ledger-acts.ts";
import { type ActContext, codeOf } from "./services.ts";

type Cursor = z.output<typeof countLaw.cursor>;

/**
 * What a step of counting needs.
 *
 * @param context the act's
 * @param lawId the law
 */
export function countPortsOf(
  { servers, services, clock, run, deadline }: ActContext,
  lawId: string,
): CountPorts<LedgerState> {
  const votes = services.simulated?.votes() ?? recordedVotes(servers);
  return countPorts({ servers, votes, clock, run, deadline }, lawId);
}

export const countLawCode = codeOf(countLaw, {
  lawOf: ({ law_id }) => law_id,
  check: async (context, { law_id }) => refuseToCount(countPortsOf(context, law_id)),
  step: async (context, { law_id }, cursor) => {
    const ports = countPortsOf(context, law_id);
    const counting = await countStep(ports, cursor && stateOf(cursor));
    if (counting.phase !== "done") {
      return { done: false, cursor: cursorOf(counting), progress: progressOf(counting) };
    }
    const { law, count } = counting;
    return { done: true, result: { law: operatorsLaw(law, await ports.now()), count: countAnswer(count) } };
  },
});

export const planCountCode = codeOf(planCount, {
  step: async ({ servers }, { law_id }) => {
    const now = await lawTimingOf(servers).now();
    const { options = null, setAside, ...figures } = await planOf(servers, law_id, now);
    return { done: true, result: { law_id, ...figures, options, set_aside: setAside } };
  },
});

/**
 * What a law was counted with, as the operators' API says it.
 *
 * @param count the figures
 */
export function countAnswer({ endedAt, ...figures }: NotedCount): LawCountAnswer {
  return { ended_at: endedAt.toISOString(), ...figures };
}

type Unfinished = Exclude<Counting<LedgerState>, { readonly phase: "done" }>;

function cursorOf(counting: Unfinished): Cursor {
  if (counting.phase !== "ledger") return counting;
  return { phase: "ledger", ledger: counting.ledger === undefined ? null : ledgerCursorOf(counting.ledger) };
}

function stateOf(cursor: Cursor): Unfinished {
  if (cursor.phase !== "ledger") return cursor;
  return { phase: "ledger", ledger: cursor.ledger === null ? undefined : ledgerStateOf(cursor.ledger) };
}

function progressOf(counting: Unfinished) {
  if (counting.phase !== "quiet") return { label: "votes compared", done: counting.phase === "end" ? 1 : 0, total: 1 };
  const seconds = (Date.parse(counting.seen) - Date.parse(counting.since)) / 1_000;
  return { label: "seconds with empty queues", done: Math.floor(seconds) };
}
