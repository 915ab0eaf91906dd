import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Fifo } from "../../../places/local/fifo.ts";
import { handlesToDelete, sqsEvent } from "../../../places/local/queue/batch.ts";
import { newMessage } from "../../../places/local/queue/message.ts";
import { QueueFile } from "../../../places/local/queue/queue-file.ts";
import { aLocalQueue } from "../../support/local-queues.ts";

const WORK_ARN = "arn:aws:sqs:ca-central-1:000000000000:work";

afterEach(() => {
  vi.useRealTimers();
});

describe("a queue", () => {
  it("hides a received message until the visibility timeout ends", () => {
    vi.useFakeTimers();
    const { work } = aLocalQueue();
    work.enqueue(newMessage("a"));
    expect(work.take(10)).toHaveLength(1);
    expect([work.visible, work.inFlight]).toEqual([0, 1]);
    vi.advanceTimersByTime(29_000);
    expect(work.visible).toBe(0);
    vi.advanceTimersByTime(1_100);
    expect([work.visible, work.inFlight]).toEqual([1, 0]);
  });

  it("gives back a received message in time although the clock is set back by an hour", () => {
    vi.useFakeTimers();
    const { work } = aLocalQueue();
    work.enqueue(newMessage("a"));
    work.take(10);
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(30_100);
    expect([work.visible, work.inFlight]).toEqual([1, 0]);
  });

  it("moves a message that was received too often to the dead-letter queue", () => {
    vi.useFakeTimers();
    const { work, dead } = aLocalQueue();
    work.enqueue(newMessage("poison"));
    for (let receive = 0; receive < 2; receive += 1) {
      expect(work.take(10)).toHaveLength(1);
      vi.advanceTimersByTime(31_000);
    }
    expect(work.take(10)).toHaveLength(0);
    expect([work.visible, work.inFlight, dead.visible]).toEqual([0, 0, 1]);
  });

  it("shows a message at once when its visibility is set to 0", () => {
    const { work } = aLocalQueue();
    work.enqueue(newMessage("a"));
    const [item] = work.take(1);
    work.changeVisibility(item?.receiptHandle ?? "", 0);
    expect([work.visible, work.inFlight]).toEqual([1, 0]);
  });

  it("keeps messages on disk until they are deleted, and leaves no trace of them", async () => {
    const directory = mkdtempSync(join(tmpdir(), "queue-"));
    try {
      const file = new QueueFile(directory);
      const { work } = aLocalQueue(file);
      work.enqueue(newMessage("secret-one"));
      work.enqueue(newMessage("secret-two"));
      await file.flushed();
      for (const item of work.take(1)) work.deleteMessage(item.receiptHandle);
      work.take(1);
      file.close();

      const again = new QueueFile(directory);
      const { work: restored } = aLocalQueue(again);
      expect(restored.visible).toBe(1);
      for (const item of restored.take(10)) {
        expect(item.message.body).toBe("secret-two");
        restored.deleteMessage(item.receiptHandle);
      }
      again.compact();
      again.close();
      expect(readFileSync(join(directory, "queues.db"), "latin1")).not.toMatch(/secret-/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe("a batch", () => {
  const items = ["1", "2", "3"].map((id) => ({
    receiptHandle: `handle ${id}`,
    message: { ...newMessage(`body ${id}`), messageId: id },
  }));
  const returned = (value: unknown) => ({ kind: "returned", value }) as const;
  const all = items.map((item) => item.receiptHandle);

  it("becomes the event of an event source mapping", () => {
    const { Records } = sqsEvent(items, WORK_ARN);
    expect(Records.map((record) => [record.messageId, record.body, record.eventSourceARN])).toEqual(
      items.map(({ message }) => [message.messageId, message.body, WORK_ARN]),
    );
  });

  it.each([
    ["an empty list deletes all", returned({ batchItemFailures: [] }), all],
    ["nothing deletes all", returned(null), all],
    ["no list deletes all", returned({}), all],
    ["what failed stays", returned({ batchItemFailures: [{ itemIdentifier: "2" }] }), ["handle 1", "handle 3"]],
    ["a wrong name keeps all", returned({ batchItemFailures: [{ itemIdentifier: "9" }] }), []],
    ["an empty name keeps all", returned({ batchItemFailures: [{ itemIdentifier: "" }] }), []],
    ["a null name keeps all", returned({ batchItemFailures: [{ itemIdentifier: null }] }), []],
    ["a throw keeps all", { kind: "failed", errorType: "E", message: "m" } as const, []],
    ["a time-out keeps all", { kind: "timed_out" } as const, []],
  ])("%s", (_name, result, expected) => {
    expect(handlesToDelete(items, result, true)).toEqual(expected);
  });
});

describe("a first-in-first-out list", () => {
  it("keeps the order over many pushes and shifts", () => {
    const fifo = new Fifo<number>();
    const out: (number | undefined)[] = [];
    for (let at = 0; at < 10_000; at += 1) {
      fifo.push(at);
      if (at % 3 !== 0) out.push(fifo.shift());
    }
    while (fifo.length > 0) out.push(fifo.shift());
    expect(out).toEqual(Array.from({ length: 10_000 }, (_, at) => at));
    expect(fifo.shift()).toBeUndefined();
  });
});
