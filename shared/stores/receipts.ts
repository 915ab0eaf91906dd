import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import {
  RECEIPT_REASONS,
  RECEIPT_STATUSES,
  type ReceiptReason,
  type ReceiptStatus,
  rankOf,
  reasonOf,
} from "../domain/outcome.ts";

/** What a voter may know of a submission's result: no choice and no voter hash. */
export interface StoredReceipt {
  readonly requestId: string;
  readonly lawId: string;
  readonly status: ReceiptStatus;
  readonly reason?: ReceiptReason | undefined;
  readonly acceptedAt: string;
  readonly updatedAt: string;
  /** SHA-256 of the envelope of a sealed law, 64 hexadecimal digits: for which envelope a retry gets its promise. */
  readonly envelopeSha256?: string | undefined;
}

export interface ReceiptStore {
  /**
   * Reads a receipt.
   *
   * @param requestId the submission's id
   * @returns the highest status that was ever written, or undefined when there is none yet
   */
  get(requestId: string): Promise<StoredReceipt | undefined>;

  /**
   * Writes receipts, at most one for each request id. Writing one again changes nothing.
   *
   * @param receipts the receipts
   * @returns the ids of those that could not be written
   */
  putAll(receipts: readonly StoredReceipt[]): Promise<ReadonlySet<string>>;
}

/** DynamoDB takes at most 25 items per call. */
const BATCH_LIMIT = 25;
/** How many batches are written at the same time, each on one connection. */
const CONCURRENCY = 8;
/**
 * How often to try items that DynamoDB leaves unprocessed when it throttles. After that, the queue delivers the message
 * again.
 */
const MAX_ROUNDS = 4;
const FIRST_PAUSE_MS = 50;

const ReceiptItem = z.object({
  request_id: z.object({ S: z.string() }),
  law_id: z.object({ S: z.string() }),
  status: z.object({ S: z.enum(RECEIPT_STATUSES) }),
  reason: z.object({ S: z.enum(RECEIPT_REASONS) }).optional(),
  accepted_at: z.object({ S: z.string() }),
  updated_at: z.object({ S: z.string() }),
  envelope_sha256: z.object({ S: z.string() }).optional(),
});

function toItem(receipt: StoredReceipt): Record<string, AttributeValue> {
  const reason = receipt.reason ?? reasonOf(receipt.status);
  return {
    request_id: { S: receipt.requestId },
    rank: { N: String(rankOf(receipt.status)) },
    law_id: { S: receipt.lawId },
    status: { S: receipt.status },
    accepted_at: { S: receipt.acceptedAt },
    updated_at: { S: receipt.updatedAt },
    ...(reason === undefined ? {} : { reason: { S: reason } }),
    ...(receipt.envelopeSha256 === undefined ? {} : { envelope_sha256: { S: receipt.envelopeSha256 } }),
  };
}

/** Actions of a store besides writing: waiting between two tries, and reporting errors. */
export interface ReceiptStoreOptions {
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * The receipts table in DynamoDB. Every status of a submission is a separate item, `(request_id, rank)`, and the reader
 * takes the one of highest rank. So a write needs no condition, can be batched and repeated, and a status cannot fall,
 * in whatever order writes arrive.
 */
export class DynamoReceiptStore implements ReceiptStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #options: ReceiptStoreOptions;

  constructor(client: DynamoDBClient, table: string, options: ReceiptStoreOptions) {
    this.#client = client;
    this.#table = table;
    this.#options = options;
  }

  async get(requestId: string): Promise<StoredReceipt | undefined> {
    const { Items } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: "request_id = :id",
        ExpressionAttributeValues: { ":id": { S: requestId } },
        ScanIndexForward: false,
        Limit: 1,
        ConsistentRead: true,
      }),
    );
    const item = Items?.[0];
    if (item === undefined) return undefined;
    const parsed = ReceiptItem.parse(item);
    return {
      requestId: parsed.request_id.S,
      lawId: parsed.law_id.S,
      status: parsed.status.S,
      acceptedAt: parsed.accepted_at.S,
      updatedAt: parsed.updated_at.S,
      ...(parsed.reason && { reason: parsed.reason.S }),
      ...(parsed.envelope_sha256 && { envelopeSha256: parsed.envelope_sha256.S }),
    };
  }

  async putAll(receipts: readonly StoredReceipt[]): Promise<ReadonlySet<string>> {
    const failed = new Set<string>();
    const chunks: (readonly StoredReceipt[])[] = [];
    for (let at = 0; at < receipts.length; at += BATCH_LIMIT) chunks.push(receipts.slice(at, at + BATCH_LIMIT));
    const lane = async () => {
      for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) {
        for (const requestId of await this.#putChunk(chunk)) failed.add(requestId);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, chunks.length) }, lane));
    return failed;
  }

  /** Writes up to 25 receipts. @returns the ids of those that were not written */
  async #putChunk(receipts: readonly StoredReceipt[]): Promise<string[]> {
    let pending: WriteRequest[] = receipts.map((receipt) => ({ PutRequest: { Item: toItem(receipt) } }));
    try {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        if (round > 0) await this.#options.pause(FIRST_PAUSE_MS * 2 ** (round - 1) * (0.5 + Math.random() / 2));
        const answer = await this.#client.send(new BatchWriteItemCommand({ RequestItems: { [this.#table]: pending } }));
        pending = answer.UnprocessedItems?.[this.#table] ?? [];
        if (pending.length === 0) return [];
      }
      this.#options.onError(
        new Error(`DynamoDB left ${pending.length} receipts unprocessed after ${MAX_ROUNDS} tries`),
      );
    } catch (error) {
      this.#options.onError(error);
    }
    return pending.flatMap((request) => request.PutRequest?.Item?.["request_id"]?.S ?? []);
  }
}
