import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { newMessage } from "../../../places/local/queue/message.ts";
import { seededRandom } from "../../../proving/random.ts";
import { dynamoDbClient, SimDynamoDb } from "../../../proving/simulation/models/dynamodb.ts";
import { SimQueue, VISIBILITY_MS } from "../../../proving/simulation/models/sqs.ts";
import { STATUSES } from "../../../shared/domain/outcome.ts";
import { DynamoReceiptStore, type ReceiptStore, type StoredReceipt } from "../../../shared/stores/receipts.ts";
import { aLocalQueue, MOST_RECEIVES } from "../../support/local-queues.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";
import { alone, seeds } from "./support.ts";

/** The models of SQS and DynamoDB are believed because they answer as their emulators do. */

afterEach(() => {
  vi.useRealTimers();
});

describe("the model of SQS", () => {
  test("hides, gives back, deletes and moves to the dead-letter queue like the emulator", () => {
    vi.useFakeTimers();
    for (const { seed, random } of seeds(60)) {
      const { work, dead } = aLocalQueue();
      let now = 0;
      const options = { random: seededRandom(seed + 1_000), now: () => now };
      const simDead = new SimQueue({ name: "dead", ...options });
      const sim = new SimQueue({
        name: "work",
        ...options,
        deadLetters: { queue: simDead, mostReceives: MOST_RECEIVES },
      });
      // The handles of the latest deliveries, by body.
      const handles = new Map<string, readonly [string, string]>();
      for (let step = 0; step < 30; step++) {
        const dice = random.below(6);
        if (dice < 2) {
          const body = `message ${step}`;
          work.enqueue(newMessage(body));
          sim.put(body);
        } else if (dice < 4) {
          const real = new Map(work.take(100).map(({ message, receiptHandle }) => [message.body, receiptHandle]));
          const modelled = new Map(sim.receive(100).map(({ body, receiptHandle }) => [body, receiptHandle]));
          expect({ seed, step, got: [...modelled.keys()].sort() }).toEqual({
            seed,
            step,
            got: [...real.keys()].sort(),
          });
          for (const [body, handle] of real) handles.set(body, [handle, modelled.get(body) ?? ""]);
        } else if (dice === 4 && handles.size > 0) {
          const [body, [real, modelled]] = random.pick([...handles]);
          handles.delete(body);
          if (random.below(3) === 0) {
            work.changeVisibility(real, 0);
            sim.release(modelled);
          } else {
            work.deleteMessage(real);
            sim.delete(modelled);
          }
        } else {
          // Never just as long as the visibility timeout: at the very millisecond either may be right.
          const milliseconds = random.below(2) === 0 ? 1_700 : VISIBILITY_MS + 1_000;
          vi.advanceTimersByTime(milliseconds);
          now += milliseconds;
          // A handle that has run out is another story: SQS may or may not delete by it.
          if (milliseconds > VISIBILITY_MS) handles.clear();
        }
        expect({ seed, step, work: [...sim.bodies].sort(), dead: [...simDead.bodies].sort() }).toEqual({
          seed,
          step,
          work: work.bodies.sort(),
          dead: dead.bodies.sort(),
        });
      }
    }
  });

  test("knows when the next message becomes visible", () => {
    let now = 0;
    const sim = new SimQueue({ name: "work", random: seededRandom(1), now: () => now });
    sim.put("late", 500);
    expect([sim.hasVisible(), sim.nextVisibleAt(), sim.receive(10)]).toEqual([false, 500, []]);
    now = 500;
    expect(sim.receive(10)).toHaveLength(1);
    expect([sim.hasVisible(), sim.nextVisibleAt()]).toEqual([false, 500 + VISIBILITY_MS]);
    sim.redeliver();
    expect(sim.receive(10)).toMatchObject([{ body: "late", receives: 2 }]);
  });
});

describe("the model of DynamoDB", () => {
  let running: TestTarget;
  beforeAll(async () => {
    running = await startTestTarget();
  });
  afterAll(async () => {
    await running?.stop();
  });

  test("keeps receipts like the emulator, in whatever order they are written", async () => {
    const { target } = running;
    const options = { onError: () => undefined, pause: async () => undefined };
    const real = new DynamoReceiptStore(target.dynamoDb, target.output("ReceiptsTableName"), options);
    for (const { seed, random } of seeds(15)) {
      const database = new SimDynamoDb();
      const onModel = <T>(run: (store: ReceiptStore) => Promise<T>) =>
        alone((process) => run(new DynamoReceiptStore(dynamoDbClient(process, database), "receipts", options)));
      for (let step = 0; step < 12; step++) {
        const requestId = `${seed}-${random.below(4)}`;
        if (random.below(2) === 0) {
          const acceptedAt = `2026-06-07T08:00:${String(random.below(60)).padStart(2, "0")}.000Z`;
          const receipts: StoredReceipt[] = [
            { requestId, lawId: "L0", status: random.pick(STATUSES), acceptedAt, updatedAt: acceptedAt },
          ];
          const left = await onModel((store) => store.putAll(receipts));
          expect({ seed, step, left }).toEqual({ seed, step, left: await real.putAll(receipts) });
        }
        const receipt = await onModel((store) => store.get(requestId));
        expect({ seed, step, receipt }).toEqual({ seed, step, receipt: await real.get(requestId) });
      }
    }
  });
});
