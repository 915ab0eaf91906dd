import { DynamoDBClient, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, test, vi } from "vitest";
import { readRollMeta, writeRollMeta } from "../../../shared/stores/claims.ts";
import { CachedLawStore } from "../../../shared/stores/law-cache.ts";
import { SqsQueue } from "../../../shared/stores/queue.ts";
import { DynamoReceiptStore, type StoredReceipt } from "../../../shared/stores/receipts.ts";
import { aLaw, aRequestId, LAW_ID, MemoryLaws } from "../../support/factories.ts";

const OPTIONS = { region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } };

describe("a queue in SQS", () => {
  /** An SQS that answers each batch as it is told. */
  function queue(answer: (ids: string[], call: number) => object) {
    const client = new SQSClient(OPTIONS);
    const sizes: number[] = [];
    client.middlewareStack.add(
      () => async (args) => {
        const entries: { Id: string }[] = "Entries" in args.input ? (args.input.Entries as { Id: string }[]) : [];
        sizes.push(entries.length);
        const output = answer(
          entries.map(({ Id }) => Id),
          sizes.length,
        );
        return { response: undefined, output: { $metadata: {}, ...output } };
      },
      { step: "initialize" },
    );
    const errors: unknown[] = [];
    return { queue: new SqsQueue(client, "https://sqs/queue", (error) => errors.push(error)), sizes, errors };
  }
  const all = (ids: string[]) => ({ Successful: ids.map((Id) => ({ Id })), Failed: [] });
  const bodies = (count: number) => Array.from({ length: count }, (_, index) => `body ${index}`);

  test("takes ten messages per call", async () => {
    const { queue: sqs, sizes } = queue(all);
    expect(await sqs.sendAll(bodies(23))).toEqual(Array(23).fill(true));
    expect(sizes).toEqual([10, 10, 3]);
    expect(await sqs.sendAll([])).toEqual([]);
  });

  test("sends no more bytes per call than SQS takes, whatever the messages are", async () => {
    const { queue: sqs, sizes } = queue(all);
    const [large, small] = ["é".repeat(60_000), "x"];
    expect(await sqs.sendAll([large, large, small, large, small, "x".repeat(900_000), small])).toEqual(
      Array(7).fill(true),
    );
    expect(sizes).toEqual([3, 2, 1, 1]);
  });

  test("says which message was refused", async () => {
    const { queue: sqs, errors } = queue((ids) => ({
      Successful: ids.filter((id) => id !== "1").map((Id) => ({ Id })),
      Failed: [{ Id: "1", Code: "InternalError", SenderFault: false }],
    }));
    expect(await sqs.sendAll(bodies(3))).toEqual([true, false, true]);
    expect(errors).toHaveLength(1);
  });

  test("counts only messages that the queue lists as successful", async () => {
    const { queue: sqs } = queue(() => ({}));
    expect(await sqs.sendAll(bodies(2))).toEqual([false, false]);
  });

  test("loses only the call that failed", async () => {
    const { queue: sqs, errors } = queue((ids, call) => {
      if (call === 2) throw new Error("away");
      return all(ids);
    });
    expect(await sqs.sendAll(bodies(21))).toEqual([...Array(10).fill(true), ...Array(10).fill(false), true]);
    expect(errors).toHaveLength(1);
  });
});

describe("receipts in DynamoDB", () => {
  const receipts = (count: number): StoredReceipt[] =>
    Array.from({ length: count }, () => ({
      requestId: aRequestId(),
      lawId: LAW_ID,
      status: "counted",
      acceptedAt: "2026-03-01T12:00:00.000Z",
      updatedAt: "2026-03-01T12:00:01.000Z",
    }));

  /** A table that leaves unprocessed what it is told to. */
  function table(leave: (requests: WriteRequest[], call: number) => WriteRequest[]) {
    const client = new DynamoDBClient(OPTIONS);
    const calls: number[] = [];
    client.middlewareStack.add(
      () => async (args) => {
        const input = args.input as { RequestItems?: Record<string, WriteRequest[]> };
        const requests = input.RequestItems?.["receipts"] ?? [];
        calls.push(requests.length);
        const UnprocessedItems = { receipts: leave(requests, calls.length) };
        return { response: undefined, output: { $metadata: {}, UnprocessedItems } };
      },
      { step: "initialize" },
    );
    const pauses: number[] = [];
    const errors: unknown[] = [];
    const store = new DynamoReceiptStore(client, "receipts", {
      pause: async (ms) => void pauses.push(ms),
      onError: (error) => errors.push(error),
    });
    return { store, calls, pauses, errors };
  }

  test("are written 25 at a time", async () => {
    const { store, calls } = table(() => []);
    expect(await store.putAll(receipts(60))).toEqual(new Set());
    expect(calls.toSorted()).toEqual([10, 25, 25]);
  });

  test("that a throttled table does not write are tried again, after growing pauses", async () => {
    const { store, calls, pauses } = table((requests, call) => requests.slice(0, 2 - call));
    expect(await store.putAll(receipts(5))).toEqual(new Set());
    expect(calls).toEqual([5, 1]);
    expect(pauses).toHaveLength(1);
  });

  test("that are not written in the end are named, and no others", async () => {
    const some = receipts(5);
    const stuck = some[3]?.requestId ?? "";
    const isStuck = (request: WriteRequest) => request.PutRequest?.Item?.["request_id"]?.S === stuck;
    const { store, errors } = table((requests) => requests.filter(isStuck));
    expect(await store.putAll(some)).toEqual(new Set([stuck]));
    expect(errors).toHaveLength(1);
  });

  test("are all named when the table is away", async () => {
    const some = receipts(3);
    const { store } = table(() => {
      throw new Error("away");
    });
    expect(await store.putAll(some)).toEqual(new Set(some.map(({ requestId }) => requestId)));
  });
});

const STOPPED = { now: () => 0, elapsed: () => 0 };

describe("laws that are remembered", () => {
  test("are never older than allowed when they are given, however long the answer took", async () => {
    let now = 0;
    const get = vi.fn(async () => {
      const law = aLaw({ title: `as of ${now}` });
      // The first answer is on its way for ten seconds; the law has changed meanwhile.
      now += get.mock.calls.length === 1 ? 10_000 : 1;
      return law;
    });
    const cached = new CachedLawStore({ get }, 5, { now: () => now, elapsed: () => now });
    expect(await cached.get(LAW_ID)).toMatchObject({ title: "as of 10000" });
  });

  test("are not given at all when no answer comes in time", async () => {
    let now = 0;
    const get = vi.fn(async () => {
      now += 10_000;
      return aLaw();
    });
    const cached = new CachedLawStore({ get }, 5, { now: () => now, elapsed: () => now });
    await expect(cached.get(LAW_ID)).rejects.toThrow(/took more than 500 ms, 3 times/);
  });

  test("do not come back when a clock that was set back has caught up", async () => {
    const laws = new MemoryLaws(aLaw());
    const asked = vi.spyOn(laws, "get");
    let now = 3_600_000;
    let elapsed = 0;
    const cached = new CachedLawStore(laws, 5, { now: () => now, elapsed: () => elapsed });
    await cached.get(LAW_ID);
    // Set back by an hour, and an hour without a request.
    elapsed = 3_600_000;
    now = 3_600_001;
    await cached.get(LAW_ID);
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test("are read once in their time, even if they do not exist", async () => {
    const laws = new MemoryLaws(aLaw());
    const asked = vi.spyOn(laws, "get");
    let now = 0;
    const cached = new CachedLawStore(laws, 5, { now: () => now, elapsed: () => now });
    for (const lawId of [LAW_ID, LAW_ID, "L9", "L9"]) await cached.get(lawId);
    expect(asked).toHaveBeenCalledTimes(2);
    now = 4_999;
    await cached.get(LAW_ID);
    expect(asked).toHaveBeenCalledTimes(2);
    now = 5_000;
    expect(await cached.get(LAW_ID)).toEqual(aLaw());
    expect(asked).toHaveBeenCalledTimes(3);
  });

  test("are read again when the clock was set back", async () => {
    const laws = new MemoryLaws(aLaw());
    const asked = vi.spyOn(laws, "get");
    let now = 3_600_000;
    const cached = new CachedLawStore(laws, 5, { now: () => now, elapsed: () => 0 });
    await cached.get(LAW_ID);
    now = 0;
    await cached.get(LAW_ID);
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test("are read again after a failure", async () => {
    const get = vi.fn().mockRejectedValueOnce(new Error("away")).mockResolvedValue(aLaw());
    const cached = new CachedLawStore({ get }, 5, STOPPED);
    await expect(cached.get(LAW_ID)).rejects.toThrow("away");
    expect(await cached.get(LAW_ID)).toEqual(aLaw());
  });

  test("do not fill the memory, even with made-up ids", async () => {
    const laws = new MemoryLaws(aLaw());
    const asked = vi.spyOn(laws, "get");
    const cached = new CachedLawStore(laws, 5, STOPPED);
    await cached.get(LAW_ID);
    for (let index = 0; index < CachedLawStore.MAX_ENTRIES; index++) await cached.get(`made-up-${index}`);
    await cached.get(LAW_ID);
    expect(asked).toHaveBeenCalledTimes(CachedLawStore.MAX_ENTRIES + 2);
  });
});

describe("the mark of a complete roll", () => {
  test("is read as it was written", () => {
    for (const meta of [
      { voters: 0, digest: "d1" },
      { voters: 8_000_000, pepperId: "1", digest: "d2" },
      { voters: 3, digest: "d3", form: "sealed" as const },
    ]) {
      expect(readRollMeta(writeRollMeta(meta))).toEqual(meta);
    }
    expect(readRollMeta(null)).toBeUndefined();
    expect(readRollMeta('{"voters":3}'), "of an earlier release, without a digest").toBeUndefined();
  });

  test("of a law with a form has no digest that an earlier release would find", () => {
    expect(JSON.parse(writeRollMeta({ voters: 3, digest: "d3", form: "open" }))).not.toHaveProperty("digest");
    expect(readRollMeta('{"voters":3,"form":"open","digest":"d3"}')).toBeUndefined();
  });

  test.each(["", "yes", "{}", '{"voters":-1}'])("is not %j", (text) => {
    expect(() => readRollMeta(text)).toThrow();
  });
});
