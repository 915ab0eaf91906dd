import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import { type MessageRefusal, writeRefused } from "../messages/queue.ts";
import type { Queue } from "../stores/queue.ts";
import { log } from "./log.ts";
import { publishRefused } from "./metrics.ts";

/** A record of a batch that could be read. */
export interface ReadRecord<T> {
  readonly messageId: string;
  readonly body: string;
  readonly value: T;
}

export interface ReadBatch<T> {
  readonly readable: readonly ReadRecord<T>[];
  /** Records that could neither be read nor put on the dead-letter queue. */
  readonly failures: readonly string[];
}

/**
 * Reads the records of a batch. An unreadable record goes to the dead-letter queue at once, because no retry can help.
 * It then counts as handled; if the queue does not take it, the record has failed.
 *
 * @param records the records of SQS's event
 * @param read returns undefined for a body that it cannot read
 * @param deadLetters the dead-letter queue of the queue that the records came from
 */
export async function readBatch<T>(
  records: readonly SQSRecord[],
  read: (body: string) => T | undefined,
  deadLetters: Queue,
): Promise<ReadBatch<T>> {
  const readable: ReadRecord<T>[] = [];
  const unreadable: SQSRecord[] = [];
  for (const record of records) {
    const value = read(record.body);
    if (value === undefined) unreadable.push(record);
    else readable.push({ messageId: record.messageId, body: record.body, value });
  }
  if (unreadable.length === 0) return { readable, failures: [] };
  const moved = await deadLetters.sendAll(unreadable.map((record) => record.body));
  // The bodies are not logged, because they may be votes of a newer version.
  log.error("unreadable messages were put on the dead-letter queue", { count: moved.filter(Boolean).length });
  return { readable, failures: unreadable.filter((_, index) => !moved[index]).map((record) => record.messageId) };
}

/**
 * Puts messages on the dead-letter queue that are not what this system has written. They then count as handled; one
 * that the queue does not take has failed.
 *
 * @param records messages that could be read
 * @param refused why they are refused
 * @param deadLetters the dead-letter queue of the queue that they came from
 * @returns the messages that the queue did not take
 */
export async function putRefusedAside(
  records: readonly ReadRecord<unknown>[],
  refused: MessageRefusal,
  deadLetters: Queue,
): Promise<readonly string[]> {
  if (records.length === 0) return [];
  const moved = await deadLetters.sendAll(records.map(({ body }) => writeRefused(refused, body)));
  log.error("messages were refused and put on the dead-letter queue", { refused, count: moved.filter(Boolean).length });
  publishRefused(records.length);
  return records.filter((_, index) => moved[index] !== true).map(({ messageId }) => messageId);
}

/** Nothing of a batch was done, because something broke. SQS delivers all of it again. */
export class BatchFailedError extends Error {
  override readonly name = "BatchFailedError";
}

/**
 * The answer of a consumer: SQS delivers the named records again and deletes the others.
 *
 * @param messageIds the records that failed
 * @param batch how many records there were, and whether something broke; a vote that waits for its roll is no breakage
 * @throws BatchFailedError when every record failed and something broke. To SQS that is the same as naming all of them.
 *   Lambda counts it as an error, which stops the deployment of a release that does nothing right (rollout.ts), and
 *   slows its pollers down. Where a record was put aside, nothing is thrown, or it would be put aside at each delivery
 */
export function batchResponse(
  messageIds: readonly string[],
  batch: { readonly size: number; readonly hasBroken: boolean },
): SQSBatchResponse {
  if (batch.hasBroken && messageIds.length >= batch.size) {
    throw new BatchFailedError(`nothing of a batch of ${batch.size} was done; the lines before this one say why`);
  }
  return { batchItemFailures: messageIds.map((itemIdentifier) => ({ itemIdentifier })) };
}
