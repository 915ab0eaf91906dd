import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDynalite, Level } from "../../../places/local/services/dynalite.ts";

describe("DynamoDB on one machine", () => {
  let directory: string;
  let server: ReturnType<typeof createDynalite>;
  let client: DynamoDBClient;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "referendum-dynalite-"));
    server = createDynalite(directory);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    await client.send(
      new CreateTableCommand({
        TableName: "receipts",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "request_id", AttributeType: "S" },
          { AttributeName: "rank", AttributeType: "N" },
        ],
        KeySchema: [
          { AttributeName: "request_id", KeyType: "HASH" },
          { AttributeName: "rank", KeyType: "RANGE" },
        ],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { TableName: "receipts" });
  });

  afterAll(async () => {
    client?.destroy();
    await new Promise((done) => server?.close(done));
    await rm(directory, { recursive: true, force: true });
  });

  it("closes the iterator of every query, so that its memory does not grow with the number of queries", async () => {
    const open = Level.prototype.values;
    let opened = 0;
    const closed: Promise<void>[] = [];
    Level.prototype.values = function (...args) {
      const iterator = open.apply(this, args);
      const close = iterator.close.bind(iterator);
      opened += 1;
      closed.push(
        new Promise((done) => {
          iterator.close = () => close().then(done);
        }),
      );
      return iterator;
    };
    try {
      for (const rank of ["1", "2", "3"])
        await client.send(
          new PutItemCommand({ TableName: "receipts", Item: { request_id: { S: "r" }, rank: { N: rank } } }),
        );
      for (const limit of [1, 2, undefined]) {
        const { Items } = await client.send(
          new QueryCommand({
            TableName: "receipts",
            KeyConditionExpression: "request_id = :id",
            ExpressionAttributeValues: { ":id": { S: "r" } },
            ScanIndexForward: false,
            Limit: limit,
          }),
        );
        expect(Items?.map((item) => item.rank?.N)).toEqual(["3", "2", "1"].slice(0, limit ?? 3));
      }
      expect(opened).toBe(3);
      await Promise.all(closed);
    } finally {
      Level.prototype.values = open;
    }
  });

  it("gives all items of a query in order, also those that LevelDB gives in several parts", async () => {
    // LevelDB gives at most 16 KiB at once.
    const count = 40;
    for (let rank = 1; rank <= count; rank += 1) {
      const Item = { request_id: { S: "many" }, rank: { N: String(rank) }, filling: { S: "x".repeat(1_000) } };
      await client.send(new PutItemCommand({ TableName: "receipts", Item }));
    }
    const open = Level.prototype.values;
    const sizes: number[] = [];
    Level.prototype.values = function (...args) {
      const iterator = open.apply(this, args);
      const nextv = iterator.nextv.bind(iterator);
      iterator.nextv = async (size) => {
        sizes.push(size);
        return await nextv(size);
      };
      return iterator;
    };
    const query = async (id: string, forward: boolean, limit?: number) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: "receipts",
          KeyConditionExpression: "request_id = :id",
          ExpressionAttributeValues: { ":id": { S: id } },
          ScanIndexForward: forward,
          Limit: limit,
        }),
      );
      return Items.map(({ rank }) => Number(rank?.N));
    };
    try {
      const rising = Array.from({ length: count }, (_, index) => index + 1);
      expect(await query("many", true)).toEqual(rising);
      expect(await query("many", false)).toEqual(rising.toReversed());
      expect(await query("many", false, 3)).toEqual([40, 39, 38]);
      expect(await query("none", false, 1)).toEqual([]);
      // One item at a time would be a way to another thread and back for each, and one more for the end.
      expect(Math.min(...sizes)).toBeGreaterThan(1);
    } finally {
      Level.prototype.values = open;
    }
  });
});
