import { setTimeout as pause } from "node:timers/promises";
import { BatchGetItemCommand, BatchWriteItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type ReceiptStatus, rankOf, type Status } from "../../shared/domain/outcome.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { DynamoReceiptStore, type StoredReceipt } from "../../shared/stores/receipts.ts";
import type { Servers } from "../servers.ts";

/**
 * A receipt whose status PostgreSQL does not know, because it was issued after the point to which PostgreSQL was
 * restored.
 */
export interface Orphan {
  readonly request_id: string;
  readonly law_id: string;
  readonly status: Status;
  /** When ingest accepted the submission. */
  readonly accepted_at: string;
}

/**
 * A line of the list of orphans, as operators keep it in a file.
 *
 * @param orphan which one
 */
export function orphanLine({ request_id, law_id, status, accepted_at }: Orphan): string {
  return `${request_id},${law_id},${status},${accepted_at}\n`;
}

type Key = Pick<Orphan, "request_id" | "status">;

/** A receipt by its submission and its status. */
interface ReceiptKey {
  readonly request_id: string;
  readonly status: ReceiptStatus;
}

/** DynamoDB returns at most 100 items per call, and accepts at most 25. */
const GET_LIMIT = 100;
const WRITE_LIMIT = 25;

/**
 * Reads the times of acceptance of submissions from their receipts.
 *
 * @param servers those of a running stage
 * @param receipts which ones
 * @returns one instant per receipt; undefined if there is no such receipt
 */
export async function acceptedAtOf(
  servers: Servers,
  receipts: readonly Key[],
): Promise<readonly (string | undefined)[]> {
  const table = servers.output("ReceiptsTableName");
  const found = new Map<string, string>();
  for (let at = 0; at < receipts.length; at += GET_LIMIT) {
    let pending = receipts.slice(at, at + GET_LIMIT).map(keyOf);
    for (let round = 0; pending.length > 0; round++) {
      await backOff(round, pending.length);
      const answer = await servers.dynamoDb.send(
        new BatchGetItemCommand({
          RequestItems: {
            [table]: { Keys: pending, ConsistentRead: true, ProjectionExpression: "request_id, accepted_at" },
          },
        }),
      );
      for (const item of answer.Responses?.[table] ?? []) {
        found.set(item["request_id"]?.S ?? "", item["accepted_at"]?.S ?? "");
      }
      const left = new Set(answer.UnprocessedKeys?.[table]?.Keys?.map((key) => key["request_id"]?.S));
      pending = pending.filter((key) => left.has(key.request_id.S));
    }
  }
  return receipts.map(({ request_id }) => found.get(request_id));
}

interface LostPorts {
  /** Writes receipts. @returns the ids of those that were not written */
  readonly putAll: (receipts: readonly StoredReceipt[]) => Promise<ReadonlySet<string>>;
  /** Why receipts were not written, in words. */
  readonly reason: () => string;
  /** Deletes the receipts of one status each. */
  readonly remove: (receipts: readonly Key[]) => Promise<void>;
  /** Takes those of these duplicates out of the audit whose voters have no participation. */
  readonly forgetDuplicates: (requestIds: readonly string[]) => Promise<void>;
  readonly now: () => Date;
}

/**
 * Marks receipts as `lost` whose status PostgreSQL does not know, and removes duplicates without a counted vote from
 * the audit. This is the only case in which a status falls. The voters of these submissions may vote again.
 *
 * @param ports the receipts and the audit of a stage without votes in any queue, because a vote in a queue could be the
 *   first vote of a duplicate
 * @param orphans which ones
 * @throws Refusal when DynamoDB does not take all of them
 */
export async function markAllLost(ports: LostPorts, orphans: readonly Orphan[]): Promise<void> {
  const updatedAt = ports.now().toISOString();
  const lost = new Map(orphans.map((orphan) => [orphan.request_id, orphan]));
  // This comes first. It has no effect until the others are deleted, and so there is a receipt at every moment.
  const failed = await ports.putAll(
    [...lost.values()].map(({ request_id, law_id, accepted_at }) => ({
      requestId: request_id,
      lawId: law_id,
      status: "lost",
      acceptedAt: accepted_at,
      updatedAt,
    })),
  );
  if (failed.size > 0) {
    throw new Refusal(
      `DynamoDB did not take ${failed.size} receipts (${ports.reason()}); nothing is deleted. Run this again.`,
    );
  }
  await ports.remove(orphans);
  await ports.forgetDuplicates([...lost.keys()]);
}

/**
 * Marks receipts of a running stage as `lost`, as `markAllLost` does.
 *
 * @param servers those of a stage without votes in any queue
 * @param orphans which ones
 * @throws Refusal when DynamoDB does not take all of them
 */
export async function markLost(servers: Servers, orphans: readonly Orphan[]): Promise<void> {
  const table = servers.output("ReceiptsTableName");
  const errors: unknown[] = [];
  const receipts = new DynamoReceiptStore(servers.dynamoDb, table, { pause, onError: (error) => errors.push(error) });
  await markAllLost(
    {
      putAll: (some) => receipts.putAll(some),
      reason: () => errors.map(String).at(-1) ?? "no reason given",
      remove: (some) => deleteReceipts(servers.dynamoDb, table, some),
      forgetDuplicates: async (requestIds) =>
        void (await servers.pool.query("select forget_duplicates($1)", [requestIds])),
      now: () => new Date(),
    },
    orphans,
  );
}

/**
 * Deletes receipts. It is no error if one is not there.
 *
 * @param client of DynamoDB
 * @param table the table of receipts
 * @param receipts which ones: each names a submission and a status
 * @throws Refusal when DynamoDB leaves some of them each time
 */
export async function deleteReceipts(
  client: DynamoDBClient,
  table: string,
  receipts: readonly ReceiptKey[],
): Promise<void> {
  for (let at = 0; at < receipts.length; at += WRITE_LIMIT) {
    let pending = receipts.slice(at, at + WRITE_LIMIT).map((receipt) => ({ DeleteRequest: { Key: keyOf(receipt) } }));
    for (let round = 0; pending.length > 0; round++) {
      await backOff(round, pending.length);
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: pending } }));
      const left = new Set(answer.UnprocessedItems?.[table]?.map((item) => item.DeleteRequest?.Key?.["request_id"]?.S));
      pending = pending.filter((item) => left.has(item.DeleteRequest.Key.request_id.S));
    }
  }
}

function keyOf({ request_id, status }: ReceiptKey) {
  return { request_id: { S: request_id }, rank: { N: String(rankOf(status)) } };
}

/** With the pauses below, these take 25.5 s. */
const MAX_ROUNDS = 12;

/** Waits, longer each time, before it requests the items again that DynamoDB did not process. */
async function backOff(round: number, left: number): Promise<void> {
  if (round === 0) return;
  if (round > MAX_ROUNDS) {
    throw new Refusal(`DynamoDB leaves ${left} receipts unprocessed each time; run this again when it is less busy.`);
  }
  await pause(50 * 2 ** Math.min(round, 6));
}
