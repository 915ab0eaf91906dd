import { type AttributeValue, ScanCommand } from "@aws-sdk/client-dynamodb";
import type pg from "pg";
import { z } from "zod";
import { rankOf } from "../../shared/domain/outcome.ts";
import type { Servers } from "../servers.ts";

/** Tables larger than this are read in parallel segments. */
const SEGMENTS = 4;

const Item = z.object({
  request_id: z.object({ S: z.string() }),
  rank: z.object({ N: z.coerce.number().int() }),
  law_id: z.object({ S: z.string() }),
});

/**
 * Copies every receipt into a table, so that PostgreSQL can compare it. Receipts that say `lost` are left out, because
 * PostgreSQL does not know their submissions.
 *
 * @param servers those of a running stage
 * @param client the connection with the comparison tables
 * @param lawIds which laws; null for all
 * @param onProgress called with the number read so far
 */
export async function gatherReceipts(
  servers: Servers,
  client: pg.ClientBase,
  lawIds: readonly string[] | null,
  onProgress: (receipts: number) => void,
): Promise<void> {
  let read = 0;
  const segment = async (Segment: number) => {
    for await (const items of scan(servers, lawIds, Segment)) {
      await client.query({
        text: "insert into seen_receipts select * from unnest($1::text[], $2::text[], $3::integer[])",
        values: [
          items.map((item) => item.request_id.S),
          items.map((item) => item.law_id.S),
          items.map((item) => item.rank.N),
        ],
      });
      read += items.length;
      onProgress(read);
    }
  };
  // An emulator is a single process and would answer the segments one after the other.
  await Promise.all(Array.from({ length: servers.distributed ? SEGMENTS : 1 }, (_, index) => segment(index)));
}

async function* scan(servers: Servers, lawIds: readonly string[] | null, Segment: number) {
  const filter = lawIds === null || lawIds.length > 100 ? {} : lawFilter(lawIds);
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await servers.dynamoDb.send(
      new ScanCommand({
        TableName: servers.output("ReceiptsTableName"),
        ConsistentRead: true,
        ProjectionExpression: "request_id, #rank, law_id",
        ExclusiveStartKey: start,
        ...(servers.distributed ? { Segment, TotalSegments: SEGMENTS } : {}),
        ExpressionAttributeNames: { "#rank": "rank" },
        ...filter,
      }),
    );
    const items = (page.Items ?? []).map((item) => Item.parse(item)).filter((item) => item.rank.N > rankOf("lost"));
    const wanted = lawIds === null ? items : items.filter((item) => lawIds.includes(item.law_id.S));
    if (wanted.length > 0) yield wanted;
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

function lawFilter(lawIds: readonly string[]) {
  return {
    FilterExpression: `law_id IN (${lawIds.map((_, index) => `:law${index}`).join(", ")})`,
    ExpressionAttributeValues: Object.fromEntries(lawIds.map((lawId, index) => [`:law${index}`, { S: lawId }])),
  };
}
