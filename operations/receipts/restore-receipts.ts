import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import { reasonOf, type Status } from "../../shared/domain/outcome.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { DynamoReceiptStore, type StoredReceipt } from "../../shared/stores/receipts.ts";
import type { Servers } from "../servers.ts";
import { beginComparison } from "./comparison-tables.ts";
import { gatherReceipts } from "./gather.ts";
import { acceptedAtOf, type Orphan } from "./lost-receipts.ts";

export interface RestoredReceipts {
  /** Receipts that were missing and are written now. */
  readonly written: number;
  readonly orphans: readonly Orphan[];
}

/**
 * Receipts with a higher status than in the audit. Also duplicates in the audit whose counted submission is missing
 * there, because it was recorded after the point to which PostgreSQL was restored.
 */
const ORPHANS = `
  select s.request_id, s.law_id, case s.rank when 1 then 'invalid' when 2 then 'duplicate' else 'counted' end as status
  from seen_receipts s left join vote_audit a on a.request_id = s.request_id
  left join participation p on p.law_id = a.law_id and p.voter_hash = a.voter_hash
  where a.request_id is null or s.rank > status_rank(a.status) or (a.status = 'duplicate' and p.request_id is null)
  union
  select a.request_id, a.law_id, a.status
  from vote_audit a left join participation p on p.law_id = a.law_id and p.voter_hash = a.voter_hash
  where a.status = 'duplicate' and p.request_id is null
  order by 1, 3`;

const FETCH = 2_000;

interface AuditRow {
  readonly request_id: string;
  readonly law_id: string;
  readonly status: Status;
  readonly timestamp: Date;
  readonly processed_at: Date;
}

/**
 * Writes the receipts that are missing according to the audit, and finds those with a higher status than in the audit.
 *
 * @param servers those of a running stage
 * @param onProgress called with the present step and its progress
 * @throws Refusal when DynamoDB does not take all of them
 */
export async function restoreReceipts(
  servers: Servers,
  onProgress: (what: string, done: number) => void = () => undefined,
): Promise<RestoredReceipts> {
  const client = await servers.pool.connect();
  let sound = false;
  try {
    await beginComparison(client);
    await gatherReceipts(servers, client, null, (receipts) => onProgress("receipts read", receipts));
    await client.query("analyze seen_receipts");
    const { rows } = await client.query<Omit<Orphan, "accepted_at">>(ORPHANS);
    const written = await writeMissing(servers, client, (receipts) => onProgress("receipts written", receipts));
    await client.query("rollback");
    sound = true;
    const acceptedAt = await acceptedAtOf(servers, rows);
    const orphans = rows.map((row, index) => ({ ...row, accepted_at: acceptedAt[index] ?? "" }));
    return { written, orphans };
  } finally {
    client.release(!sound);
  }
}

async function writeMissing(
  servers: Servers,
  client: pg.ClientBase,
  onProgress: (receipts: number) => void,
): Promise<number> {
  const errors: unknown[] = [];
  const receipts = new DynamoReceiptStore(servers.dynamoDb, servers.output("ReceiptsTableName"), {
    pause,
    onError: (error) => errors.push(error),
  });
  await client.query(
    `declare missing_receipts no scroll cursor for
     select a.request_id, a.law_id, a.status, a."timestamp", a.processed_at from vote_audit a
     left join seen_receipts s on s.request_id = a.request_id and s.rank = status_rank(a.status)
     where s.request_id is null`,
  );
  let written = 0;
  for (;;) {
    const { rows } = await client.query<AuditRow>(`fetch ${FETCH} from missing_receipts`);
    if (rows.length === 0) return written;
    const failed = await receipts.putAll(rows.map(toReceipt));
    if (failed.size > 0) {
      throw new Refusal(
        `DynamoDB did not take ${failed.size} receipts (${errors.map(String).at(-1) ?? "no reason given"}); ` +
          `${written} are written. Run this again: it goes on where it stopped.`,
      );
    }
    written += rows.length;
    onProgress(written);
  }
}

function toReceipt(row: AuditRow): StoredReceipt {
  return {
    requestId: row.request_id,
    lawId: row.law_id,
    status: row.status,
    reason: reasonOf(row.status),
    acceptedAt: row.timestamp.toISOString(),
    updatedAt: row.processed_at.toISOString(),
  };
}
