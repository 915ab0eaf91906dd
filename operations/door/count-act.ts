import type pg from "pg";
import type { z } from "zod";
import {
  type ClosedBoxAnswer,
  countLaw,
  type LawCountAnswer,
  planCount,
} from "../../shared/messages/operators/count.ts";
import { boxClosing, openingsOf } from "../box/closed-box.ts";
import { countPorts } from "../count/count-law.ts";
import { countStep, type Unfinished } from "../count/count-steps.ts";
import { refuseToCount } from "../count/missing.ts";
import { planCount as planOf } from "../count/plan-count.ts";
import type { CountPorts, NotedCount } from "../count/ports.ts";
import { recordedVotes } from "../count/recorded-votes.ts";
import { lawTimingOf } from "../law-book/timing.ts";
import { wakeLog } from "../laws/log-function.ts";
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
    if (counting.phase !== "done" && counting.phase !== "closed") {
      return { done: false, cursor: cursorOf(counting), progress: progressOf(counting) };
    }
    // What was recorded last waits for no minimum any more.
    if (counting.law.logKey !== undefined) await wakeLog(context.servers, law_id);
    const law = operatorsLaw(counting.law, await ports.now());
    const box = counting.law.form === "sealed" ? await boxAnswer(context.servers.pool, law_id) : null;
    const count = counting.phase === "done" ? countAnswer(counting.count) : null;
    return { done: true, result: { law, count, box } };
  },
});

export const planCountCode = codeOf(planCount, {
  step: async ({ servers }, { law_id }) => {
    const now = await lawTimingOf(servers).now();
    const { options = null, setAside, isSealed, ...figures } = await planOf(servers, law_id, now);
    const box = isSealed ? ((await boxAnswer(servers.pool, law_id)) ?? ("open" as const)) : null;
    return { done: true, result: { law_id, ...figures, options, set_aside: setAside, box } };
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

/**
 * The closed box of a law, as the operators' API says it.
 *
 * @param pool the database
 * @param lawId the law
 * @returns null when it has none
 */
export async function boxAnswer(pool: pg.Pool, lawId: string): Promise<ClosedBoxAnswer | null> {
  const closing = await boxClosing(pool, lawId);
  if (closing === undefined) return null;
  const openings = (await openingsOf(pool, lawId)).map(({ sha256, broughtBy, broughtAt, spoiled }) => ({
    sha256,
    brought_by: broughtBy,
    brought_at: broughtAt.toISOString(),
    spoiled: Object.values(spoiled).reduce((all, some) => all + some, 0),
  }));
  const { endedAt, counted: envelopes, duplicate, invalid } = closing;
  return { ended_at: endedAt.toISOString(), envelopes, duplicate, invalid, openings };
}

function cursorOf(counting: Unfinished<LedgerState>): Cursor {
  if (counting.phase !== "ledger") return counting;
  return { phase: "ledger", ledger: counting.ledger === undefined ? null : ledgerCursorOf(counting.ledger) };
}

function stateOf(cursor: Cursor): Unfinished<LedgerState> {
  if (cursor.phase !== "ledger") return cursor;
  return { phase: "ledger", ledger: cursor.ledger === null ? undefined : ledgerStateOf(cursor.ledger) };
}

function progressOf(counting: Unfinished<LedgerState>) {
  if (counting.phase === "ballots") {
    return { label: "ballots added", done: counting.ballots.added, total: counting.ballots.total };
  }
  if (counting.phase !== "quiet") return { label: "votes compared", done: counting.phase === "end" ? 1 : 0, total: 1 };
  const seconds = (Date.parse(counting.seen) - Date.parse(counting.since)) / 1_000;
  return { label: "seconds with empty queues", done: Math.floor(seconds) };
}
