import type { z } from "zod";
import * as ledger from "../../shared/messages/operators/ledger.ts";
import { refuseUnknownLaws } from "../laws/existing-laws.ts";
import { takeAccepted } from "../ledger/accepted.ts";
import { checkedLaws } from "../ledger/checked-laws.ts";
import { type LedgerState, ledgerStep } from "../ledger/steps.ts";
import { beginComparison, endComparison } from "../receipts/comparison.ts";
import { codeOf } from "./services.ts";

export const takeAcceptedCode = codeOf(ledger.takeAccepted, {
  step: async ({ servers }, { comparison, request_ids }) => {
    await takeAccepted(servers, await beginComparison(servers.pool, comparison), request_ids);
    return { done: true, result: {} };
  },
});

type Cursor = z.output<typeof ledger.ledger.cursor>;

export const ledgerCode = codeOf(ledger.ledger, {
  step: async ({ servers, run, deadline }, { laws, comparison }, cursor) => {
    const asked = laws === undefined ? null : [...new Set(laws)];
    const id = comparison ?? run;
    if (cursor === undefined) {
      if (asked !== null) await refuseUnknownLaws(servers, asked);
      await beginComparison(servers.pool, id);
    }
    const lawIds = await checkedLaws(servers, asked);
    const check = { id, lawIds, hasAccepted: comparison !== undefined };
    const step = await ledgerStep(servers, check, cursor && stateOf(cursor), deadline);
    if ("state" in step) return { done: false, cursor: cursorOf(step.state), progress: progressOf(step.state) };
    await endComparison(servers.pool, id);
    return { done: true, result: ledger.answerOfFacts(step.facts) };
  },
});

function progressOf({ phase, receipts, claims, finding, accepted }: LedgerState) {
  if (phase === "receipts") return { label: "receipts", done: receipts.read };
  if (phase === "claims") return { label: "rolls in Redis", done: Object.keys(claims.voters).length };
  if (phase === "accepted") return { label: "accepted votes looked up", done: accepted?.total ?? 0 };
  const audited = Object.values(finding.tallies).flatMap(({ figures }) =>
    ["invalid", "duplicate", "counted"].map((status) => figures[`audit ${status}`] ?? 0),
  );
  return { label: "votes compared", done: audited.reduce((total, n) => total + n, 0) };
}

/**
 * How far the check of the ledger has come, as a cursor.
 *
 * @param state how far
 */
export function cursorOf({ before, ...state }: LedgerState): Cursor {
  const { votes, outcomes, votesDeadLetters, outcomesDeadLetters } = before.depths;
  const depths = { votes, outcomes, votes_dead_letters: votesDeadLetters, outcomes_dead_letters: outcomesDeadLetters };
  return structuredClone({ ...state, before: { ...before, depths } }) as Cursor;
}

/**
 * How far the check of the ledger has come, by its cursor.
 *
 * @param cursor the cursor
 */
export function stateOf({ before, ...cursor }: Cursor): LedgerState {
  const { votes, outcomes, votes_dead_letters, outcomes_dead_letters } = before.depths;
  const depths = { votes, outcomes, votesDeadLetters: votes_dead_letters, outcomesDeadLetters: outcomes_dead_letters };
  return { ...cursor, before: { ...before, depths } };
}
