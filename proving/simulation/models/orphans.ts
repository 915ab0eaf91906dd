import type { Orphan } from "../../../operations/receipts/lost-receipts.ts";
import { rankOf, reasonOf, STATUSES, type Status } from "../../../shared/domain/outcome.ts";
import type { StoredReceipt } from "../../../shared/stores/receipts.ts";
import type { SimDynamoDb } from "./dynamodb.ts";
import { type AuditRow, countedSubmission, type Tables, voterKey } from "./postgres.ts";

/** A duplicate whose counted submission PostgreSQL does not know. */
function isOfNobody({ status, lawId, voterHash }: AuditRow, tables: Tables): boolean {
  return status === "duplicate" && countedSubmission(tables, voterKey(lawId, voterHash)) === undefined;
}

/**
 * What `restore-receipts` finds in SQL (operations/receipts/restore-receipts.ts, ORPHANS): receipts that say more than
 * the audit, and duplicates of nobody.
 *
 * @param tables of PostgreSQL
 * @param dynamoDb the receipts
 */
export function orphansOf(tables: Tables, dynamoDb: SimDynamoDb): Orphan[] {
  const orphans = new Map<string, Orphan>();
  for (const [requestId, ranks] of dynamoDb.receipts) {
    const known = tables.audit.get(requestId);
    for (const [rank, item] of ranks) {
      const status = STATUSES[rank - rankOf("invalid")];
      if (status === undefined) continue;
      const isKnown = known !== undefined && rank <= rankOf(known.status) && !isOfNobody(known, tables);
      if (isKnown) continue;
      const [law_id, accepted_at] = [item["law_id"]?.S ?? "", item["accepted_at"]?.S ?? ""];
      orphans.set(`${requestId} ${status}`, { request_id: requestId, law_id, status, accepted_at });
    }
  }
  for (const [requestId, row] of tables.audit) {
    if (!isOfNobody(row, tables)) continue;
    const { lawId, status, acceptedAt } = row;
    orphans.set(`${requestId} ${status}`, { request_id: requestId, law_id: lawId, status, accepted_at: acceptedAt });
  }
  return [...orphans.values()];
}

/**
 * The receipts that are missing according to the audit.
 *
 * @param tables of PostgreSQL
 * @param dynamoDb the receipts
 */
export function missingReceipts({ audit }: Tables, dynamoDb: SimDynamoDb): StoredReceipt[] {
  return [...audit].flatMap(([requestId, { lawId, status, acceptedAt, processedAt }]): StoredReceipt[] => {
    if (dynamoDb.receipts.get(requestId)?.has(rankOf(status)) === true) return [];
    return [{ requestId, lawId, status, reason: reasonOf(status), acceptedAt, updatedAt: processedAt }];
  });
}

/** The ranks of a receipt's statuses, as keys of its items. */
export function keyOf({ request_id, status }: { readonly request_id: string; readonly status: Status }) {
  return { request_id: { S: request_id }, rank: { N: String(rankOf(status)) } };
}

/** Takes those of these duplicates out of the audit whose voters have no participation (lost-receipts.ts). */
export function forgetDuplicates(tables: Tables, requestIds: readonly string[]): void {
  for (const requestId of requestIds) {
    const row = tables.audit.get(requestId);
    if (row === undefined || !isOfNobody(row, tables)) continue;
    tables.audit.delete(requestId);
    tables.attempts.delete(voterKey(row.lawId, row.voterHash));
  }
}
