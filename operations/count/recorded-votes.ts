import { z } from "zod";
import { type LedgerState, ledgerStep } from "../ledger/steps.ts";
import { beginComparison, endComparison } from "../receipts/comparison.ts";
import type { Servers } from "../servers.ts";
import type { LawCount, LedgerProgress, NotedCount } from "./ports.ts";

/** The recorded votes of a law, as counting looks at them. */
export interface RecordedVotes {
  /**
   * Goes on with the check of the ledger for one law.
   *
   * @param lawId the law
   * @param run names the check
   * @param state how far it has come; undefined: the first step
   * @param deadline when to stop, in milliseconds of `performance.now()`
   */
  ledger(
    lawId: string,
    run: string,
    state: LedgerState | undefined,
    deadline: number,
  ): Promise<LedgerProgress<LedgerState>>;
  /**
   * Ends the recording of a law's votes, if law and votes are still as they were found.
   *
   * @returns false when they are not: then nothing was changed
   */
  endRecording(lawId: string, version: number, count: LawCount): Promise<boolean>;
  /** What a law was counted with. */
  counted(lawId: string): Promise<NotedCount | undefined>;
}

const Row = z.object({
  ended_at: z.date(),
  oui: z.coerce.number(),
  non: z.coerce.number(),
  spoiled: z.coerce.number(),
  counted: z.coerce.number(),
  duplicate: z.coerce.number(),
  invalid: z.coerce.number(),
});

/**
 * The recorded votes of a running stage.
 *
 * @param servers those of the stage
 */
export function recordedVotes(servers: Servers): RecordedVotes {
  const { pool } = servers;
  return {
    async ledger(lawId, run, state, deadline) {
      if (state === undefined) await beginComparison(pool, run);
      const step = await ledgerStep(servers, { id: run, lawIds: [lawId], hasAccepted: false }, state, deadline);
      if ("facts" in step) await endComparison(pool, run);
      return step;
    },
    async endRecording(lawId, version, { oui, non, counted, duplicate, invalid }) {
      const { rows } = await pool.query<{ ended: boolean }>(
        "select end_recording($1, $2, $3, $4, $5, $6, $7) as ended",
        [lawId, version, oui, non, counted, duplicate, invalid],
      );
      return rows[0]?.ended === true;
    },
    async counted(lawId) {
      const { rows } = await pool.query("select * from law_counts where law_id = $1", [lawId]);
      if (rows[0] === undefined) return undefined;
      const { ended_at: endedAt, ...count } = Row.parse(rows[0]);
      return { ...count, endedAt };
    },
  };
}
