import { z } from "zod";
import { canonicalJson } from "../../shared/domain/canonical-json.ts";
import type { JournalEntry } from "../../shared/messages/operators/journal.ts";
import type { ActContext } from "./services.ts";

const Proposed = z.object({ request: z.unknown(), hash: z.string() });

/**
 * Brings back what an entry of the journal says of a proposal: that somebody has made it, that somebody has decided, or
 * that it was carried out.
 *
 * @param context the database
 * @param entry an entry that PostgreSQL has again
 */
export async function bringBackProposal({ servers, services }: ActContext, entry: JournalEntry): Promise<void> {
  const { pool } = servers;
  const { run, at, act, phase, law_id, operator, content } = entry;
  if (phase === "proposed") {
    const { request, hash } = Proposed.parse(JSON.parse(content));
    await pool.query(
      `insert into proposals (id, act, law_id, request, hash, proposed_by, proposed_at, expires_at)
       values ($1, $2, $3, $4, decode($5, 'hex'), $6, $7, $7::timestamptz + make_interval(hours => $8))
       on conflict (id) do nothing`,
      [run, act, law_id, canonicalJson(request), hash, operator, at, services.proposalHours],
    );
  } else if (phase === "approved" || phase === "refused") {
    await pool.query(
      "update proposals set decision = $2, decided_by = $3, decided_at = $4 where id = $1 and decision is null",
      [run, phase, operator, at],
    );
  } else if (phase === "done") {
    await pool.query("update proposals set done_at = $2 where id = $1 and decision = 'approved' and done_at is null", [
      run,
      at,
    ]);
  }
}
