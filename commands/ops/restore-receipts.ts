import { setTimeout as pause } from "node:timers/promises";
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import type pg from "pg";
import { reasonOf, type Status } from "../../shared/domain/outcome.ts";
import { DynamoReceiptStore, type StoredReceipt } from "../../shared/stores/receipts.ts";
import { UserError } from "../cli.ts";
import { createComparisonTables } from "../ledger/postgres-facts.ts";
import { gatherReceipts } from "../ledger/receipts.ts";
import type { Target } from "../target.ts";

/** A receipt that says more than PostgreSQL knows: it was issued after the point that PostgreSQL was restored to. */
export interface Orphan {
  readonly request_id: string;
  readonly law_id: string;
  readonly status: Status;
}

export interface RestoredReceipts {
  /** Receipts that were missing and are written now. */
  readonly written: number;
  readonly orphans: readonly Orphan[];
}

const FETCH = 2_000;

interface AuditRow {
  readonly request_id: string;
  readonly law_id: string;
  readonly status: Status;
  readonly timestamp: Date;
  readonly processed_at: Date;
}

/**
 * Writes the receipts that the audit says there should be, and finds those that say more than the audit.
 *
 * @param target a running stack
 * @param onProgress told what is done and how far it is
 * @throws UserError when DynamoDB does not take all of them
 */
export async function restoreReceipts(
  target: Target,
  onProgress: (what: string, done: number) => void = () => undefined,
): Promise<RestoredReceipts> {
  const client = await target.pool.connect();
  let sound = false;
  try {
    await client.query("begin isolation level repeatable read");
    await createComparisonTables(client);
    await gatherReceipts(target, client, null, (receipts) => onProgress("receipts read", receipts));
    await client.query("analyze seen_receipts");
    const { rows: orphans } = await client.query<Orphan>(
      `select s.request_id, s.law_id, case s.rank when 1 then 'invalid' when 2 then 'duplicate' else 'counted' end as status
       from seen_receipts s left join vote_audit a on a.request_id = s.request_id
       where a.request_id is null or s.rank > status_rank(a.status) order by 1, 3`,
    );
    const written = await writeMissing(target, client, (receipts) => onProgress("receipts written", receipts));
    await client.query("rollback");
    sound = true;
    return { written, orphans };
  } finally {
    client.release(!sound);
  }
}

async function writeMissing(
  target: Target,
  client: pg.ClientBase,
  onProgress: (receipts: number) => void,
): Promise<number> {
  const errors: unknown[] = [];
  const receipts = new DynamoReceiptStore(target.dynamoDb, target.output("ReceiptsTableName"), {
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
      throw new UserError(
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

const RANK: Readonly<Record<Status, string>> = { invalid: "1", duplicate: "2", counted: "3" };
/** DynamoDB takes at most 25 items a call. */
const BATCH_LIMIT = 25;

/**
 * Deletes receipts that say more than PostgreSQL knows. Their voters are not counted, so that they may vote again.
 *
 * @param target a running stack
 * @param orphans which ones
 */
export async function removeOrphans(target: Target, orphans: readonly Orphan[]): Promise<void> {
  const table = target.output("ReceiptsTableName");
  for (let at = 0; at < orphans.length; at += BATCH_LIMIT) {
    let pending = orphans.slice(at, at + BATCH_LIMIT).map(({ request_id, status }) => ({
      DeleteRequest: { Key: { request_id: { S: request_id }, rank: { N: RANK[status] } } },
    }));
    for (let round = 0; pending.length > 0; round++) {
      if (round > 0) await pause(50 * 2 ** Math.min(round, 6));
      const answer = await target.dynamoDb.send(new BatchWriteItemCommand({ RequestItems: { [table]: pending } }));
      const left = new Set(answer.UnprocessedItems?.[table]?.map((item) => item.DeleteRequest?.Key?.["request_id"]?.S));
      pending = pending.filter((item) => left.has(item.DeleteRequest.Key.request_id.S));
    }
  }
}
