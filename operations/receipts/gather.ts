import { type AttributeValue, ScanCommand } from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import { rankOf } from "../../shared/domain/outcome.ts";
import type { Servers } from "../servers.ts";

/** The table is read in parallel segments. An emulator is a single process, and would answer one after the other. */
const SEGMENTS = 4;

const Item = z.object({
  request_id: z.object({ S: z.string() }),
  rank: z.object({ N: z.coerce.number().int() }),
  law_id: z.object({ S: z.string() }),
  accepted_at: z.object({ S: z.string() }),
});

/** The last item of a page, from which the next one goes on. */
const Place = z.strictObject({
  request_id: z.strictObject({ S: z.string() }),
  rank: z.strictObject({ N: z.string() }),
});

/** How far the receipts are read. */
export interface Scanning {
  /** Of each segment the last item that was read, as JSON; empty: none yet; null: the segment has ended. */
  readonly segments: readonly (string | null)[];
  readonly read: number;
}

/**
 * Before any receipt was read.
 *
 * @param servers those of a running stage
 */
export function unread({ distributed }: Servers): Scanning {
  return { segments: Array.from({ length: distributed ? SEGMENTS : 1 }, () => ""), read: 0 };
}

/**
 * Copies receipts into a table until the deadline, so that PostgreSQL can compare them. Receipts that say `lost` are
 * left out, because PostgreSQL does not know their submissions.
 *
 * @param servers those of a running stage
 * @param table the comparison's table
 * @param lawIds which laws; null for all
 * @param so how far they are read
 * @param deadline when to stop, in milliseconds of `performance.now()`
 */
export async function gatherReceipts(
  servers: Servers,
  table: string,
  lawIds: readonly string[] | null,
  so: Scanning,
  deadline: number,
): Promise<Scanning> {
  let read = so.read;
  const segment = async (start: string | null, Segment: number) => {
    let place = start;
    while (place !== null && performance.now() < deadline) {
      const { items: all, next } = await receiptsPage(
        servers,
        lawIds,
        { Segment, TotalSegments: so.segments.length },
        place,
      );
      const items = all.filter((item) => item.rank.N > rankOf("lost"));
      await servers.pool.query(
        `insert into ${table} (request_id, law_id, rank, accepted_at)
         select * from unnest($1::text[], $2::text[], $3::integer[], $4::text[]) on conflict do nothing`,
        [
          items.map((item) => item.request_id.S),
          items.map((item) => item.law_id.S),
          items.map((item) => item.rank.N),
          items.map((item) => item.accepted_at.S),
        ],
      );
      read += items.length;
      place = next;
    }
    return place;
  };
  const segments = await Promise.all(so.segments.map(segment));
  return { segments, read };
}

/**
 * Reads a page of receipts.
 *
 * @param servers those of a running stage
 * @param lawIds which laws; null for all
 * @param segment the part of the table
 * @param place the last item that was read; empty: none yet
 * @returns the receipts, those that say `lost` too, and the last item of the page; null: the segment has ended
 */
export async function receiptsPage(
  servers: Servers,
  lawIds: readonly string[] | null,
  segment: { readonly Segment: number; readonly TotalSegments: number },
  place: string,
) {
  const filter = lawIds === null || lawIds.length > 100 ? {} : lawFilter(lawIds);
  const start: Record<string, AttributeValue> | undefined = place === "" ? undefined : Place.parse(JSON.parse(place));
  const { Items = [], LastEvaluatedKey } = await servers.dynamoDb.send(
    new ScanCommand({
      TableName: servers.output("ReceiptsTableName"),
      ConsistentRead: true,
      ProjectionExpression: "request_id, #rank, law_id, accepted_at",
      ExclusiveStartKey: start,
      ...(segment.TotalSegments === 1 ? {} : segment),
      ExpressionAttributeNames: { "#rank": "rank" },
      ...filter,
    }),
  );
  const items = Items.map((item) => Item.parse(item));
  return {
    items: lawIds === null ? items : items.filter((item) => lawIds.includes(item.law_id.S)),
    next: LastEvaluatedKey === undefined ? null : JSON.stringify(LastEvaluatedKey),
  };
}

function lawFilter(lawIds: readonly string[]) {
  return {
    FilterExpression: `law_id IN (${lawIds.map((_, index) => `:law${index}`).join(", ")})`,
    ExpressionAttributeValues: Object.fromEntries(lawIds.map((lawId, index) => [`:law${index}`, { S: lawId }])),
  };
}
