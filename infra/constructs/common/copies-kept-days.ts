import type { LastingCopy } from "../../../shared/domain/destruction.ts";
import type { Settings } from "../../stages.ts";

/** How far back DynamoDB restores a table (DynamoDB Developer Guide, "Point-in-time backups"). */
export const RECEIPT_BACKUP_DAYS = 35;
/** ElastiCache takes one snapshot a day and keeps one. */
const REDIS_SNAPSHOT_DAYS = 2;

/**
 * For how many days a stage keeps copies of what a store had, by itself. On one machine it keeps none but its log.
 *
 * @param settings of the stage
 */
export function copiesKeptDays({
  aws,
  queues,
  logRetentionDays,
}: Settings): Readonly<Partial<Record<LastingCopy, number>>> {
  if (aws === undefined) return {};
  return {
    database_backups: aws.database.backupRetentionDays,
    receipt_backups: RECEIPT_BACKUP_DAYS,
    redis_snapshots: REDIS_SNAPSHOT_DAYS,
    // Also where nothing is protected, and the archive keeps no versions: protecting data later changes no function.
    archive_versions: aws.archiveVersionDays,
    queued_messages: queues.deadLetterRetentionDays,
    logs: logRetentionDays,
  };
}
