import type { LostSubmission, Orphan } from "../../../operations/receipts/lost-receipts.ts";
import { submissionEntry } from "../../../shared/domain/log/leaf.ts";
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
  return [...audit].flatMap(
    ([requestId, { lawId, status, acceptedAt, processedAt, envelopeSha256 }]): StoredReceipt[] => {
      if (dynamoDb.receipts.get(requestId)?.has(rankOf(status)) === true) return [];
      const times = { acceptedAt, updatedAt: processedAt };
      return [{ requestId, lawId, status, reason: reasonOf(status), ...times, envelopeSha256 }];
    },
  );
}

/** The ranks of a receipt's statuses, as keys of its items. */
export function keyOf({ request_id, status }: { readonly request_id: string; readonly status: Status }) {
  return { request_id: { S: request_id }, rank: { N: String(rankOf(status)) } };
}

/** Which envelopes the receipts of submissions name (lost-receipts.ts). */
export function envelopesIn(dynamoDb: SimDynamoDb, orphans: readonly Orphan[]): Map<string, string> {
  const named = orphans.flatMap(({ request_id }) =>
    [...(dynamoDb.receipts.get(request_id)?.values() ?? [])].flatMap((item): [string, string][] => {
      const envelope = item["envelope_sha256"]?.S;
      return envelope === undefined ? [] : [[request_id, envelope]];
    }),
  );
  return new Map(named);
}

/**
 * The SQL function `forget_lost`: takes those of these submissions out of the audit that are duplicates of voters
 * without a participation, and says in the logs which of them are lost.
 *
 * @param tables of PostgreSQL
 * @param lost the submissions
 */
export function forgetLost(tables: Tables, lost: readonly LostSubmission[]): void {
  for (const { request_id: requestId } of lost) {
    const row = tables.audit.get(requestId);
    if (row === undefined || !isOfNobody(row, tables)) continue;
    tables.audit.delete(requestId);
    tables.attempts.delete(voterKey(row.lawId, row.voterHash));
    tables.logs.get(row.lawId)?.enterKnown(lostEntry(requestId, row.envelopeSha256));
  }
  for (const { request_id: requestId, law_id, envelopeSha256 } of lost) {
    if (!tables.audit.has(requestId)) tables.logs.get(law_id)?.enterLost({ requestId, envelopeSha256 });
  }
}

function lostEntry(requestId: string, envelopeSha256: string | undefined): Buffer {
  return submissionEntry(
    requestId,
    envelopeSha256 === undefined ? undefined : Buffer.from(envelopeSha256, "hex"),
    "lost",
  );
}
