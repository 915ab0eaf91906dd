import { randomUUID } from "node:crypto";
import type { LedgerFacts } from "../../shared/domain/ledger.ts";
import { refuseUnknownLaws } from "../laws/existing-laws.ts";
import { beginComparison, endComparison, tablesOf } from "../receipts/comparison.ts";
import type { Servers } from "../servers.ts";
import { takeAccepted } from "./accepted.ts";
import { checkedLaws } from "./checked-laws.ts";
import { type LedgerCheck, type LedgerState, ledgerStep } from "./steps.ts";

export interface LedgerRequest {
  /** Only these laws. */
  readonly laws?: readonly string[] | undefined;
  /** Request ids of accepted votes, as clients received them. */
  readonly accepted?: AsyncIterable<readonly string[]> | undefined;
}

/** Long enough for what a test or a measurement on one machine has: then its facts are of one instant. */
const STEP_MS = 600_000;

/**
 * Reads the facts for the check of the ledger, as the operators' API does it step by step, from inside of the stage:
 * for tests and measurements.
 *
 * @param servers those of a running stage
 * @param request the laws, and the list of accepted request ids if there is one
 * @throws Refusal when one of the laws is neither a law nor has a roll
 */
export async function readLedger(servers: Servers, request: LedgerRequest = {}): Promise<LedgerFacts> {
  const asked = request.laws === undefined || request.laws.length === 0 ? null : [...new Set(request.laws)];
  if (asked !== null) await refuseUnknownLaws(servers, asked);
  const lawIds = await checkedLaws(servers, asked);
  const check: LedgerCheck = { id: randomUUID(), lawIds, hasAccepted: request.accepted !== undefined };
  await beginComparison(servers.pool, check.id);
  try {
    for await (const ids of request.accepted ?? []) await takeAccepted(servers, tablesOf(check.id), ids);
    for (let state: LedgerState | undefined; ; ) {
      const step = await ledgerStep(servers, check, state, performance.now() + STEP_MS);
      if ("facts" in step) return step.facts;
      state = step.state;
    }
  } finally {
    await endComparison(servers.pool, check.id);
  }
}
