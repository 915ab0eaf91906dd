import fc from "fast-check";
import { expect, test } from "vitest";
import { LawBook } from "../../../operations/law-book/law-book.ts";
import { repairOf } from "../../../operations/law-book/repair.ts";
import { changeLaw } from "../../../operations/laws/change.ts";
import { MemoryLawStores } from "../../support/memory-laws.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");
const LAW = { lawId: "L1", title: "", opensAt: new Date(NOON - 3_600_000).toISOString(), keyVersion: 1 };

/** What befalls a process at one of its calls: it dies before or after the effect, or stands still before it. */
interface Fate {
  /** The number of the call, from 1. */
  readonly at: number;
  readonly kind: "dies before" | "dies after" | "stands still";
}

interface Machine {
  readonly scheduler: fc.Scheduler;
  /** Resolves when every other process has ended or stands still too. */
  readonly stillness: () => Promise<void>;
}

/** A process whose calls are done when the scheduler says so. */
function processOn(stores: MemoryLawStores, { scheduler, stillness }: Machine, fate: Fate): LawBook {
  let calls = 0;
  const slow = <T extends object>(store: T): T =>
    new Proxy(store, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name);
        if (typeof call !== "function") return call;
        return async (...given: readonly unknown[]) => {
          const isFated = ++calls === fate.at;
          await scheduler.schedule(Promise.resolve(), String(name));
          if (isFated && fate.kind === "dies before") return new Promise(() => undefined);
          if (isFated && fate.kind === "stands still") await stillness();
          const result: unknown = await call.apply(target, given);
          await scheduler.schedule(Promise.resolve(), `${String(name)} answers`);
          return isFated && fate.kind === "dies after" ? new Promise(() => undefined) : result;
        };
      },
    });
  const timing = { now: async () => new Date(NOON), cacheSeconds: 2, marginSeconds: 2 };
  return new LawBook(slow(stores.rows), slow(stores.items), timing);
}

const anOperator = fc.record({
  does: fc.constantFrom("rename", "close", "freeze", "unfreeze", "look"),
  // A process that lives makes far fewer calls.
  at: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(10_000)),
  kind: fc.constantFrom("dies before", "dies after", "stands still"),
});

test("operators who change a law at once, and die at any call, lose no change and leave nothing that a look does not mend", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(anOperator, { minLength: 1, maxLength: 4 }),
      async (scheduler, operators) => {
        const stores = new MemoryLawStores();
        const plain = new LawBook(stores.rows, stores.items, {
          now: async () => new Date(NOON),
          cacheSeconds: 2,
          marginSeconds: 2,
        });
        await plain.add(LAW);
        const versions: number[] = [];
        stores.after = (name) => {
          if (name === "project") versions.push(stores.itemOf.get("L1")?.version ?? 0);
        };
        const told = new Set<string>();
        const still: (() => void)[] = [];
        const stillness = () => new Promise<void>((resolve) => still.push(resolve));
        const ended = operators.map(async ({ does, ...fate }, index) => {
          const book = processOn(stores, { scheduler, stillness }, fate);
          if (does === "look") return void (await book.get("L1"));
          if (does === "freeze" || does === "unfreeze") return void (await book.setFrozen("L1", does === "freeze"));
          const closesAt = new Date(NOON + 60_000);
          await changeLaw(book, "L1", ({ title }) =>
            does === "rename"
              ? { title: `${title}${index}` }
              : { closesAt: closesAt.toISOString(), inForceAt: closesAt },
          );
          told.add(does === "rename" ? String(index) : "closed");
        });
        const failed: unknown[] = [];
        for (const one of ended) one.catch((error: unknown) => failed.push(error));
        // Whoever died never ends.
        for (;;) {
          await new Promise((resolve) => setImmediate(resolve));
          if (scheduler.count() > 0) await scheduler.waitNext(1);
          else if (still.length > 0) still.shift()?.();
          else break;
        }
        expect(failed).toEqual([]);
        expect(versions, "an item never goes back").toEqual([...versions].sort((a, b) => a - b));
        const law = await plain.get("L1");
        expect(repairOf(stores.rowOf.get("L1"), stores.itemOf.get("L1"))).toBe("nothing");
        expect(stores.rowOf.get("L1")?.confirmedVersion).toBe(law?.version);
        const item = stores.itemOf.get("L1");
        expect([item?.title, item?.closesAt, item?.frozen]).toEqual([law?.title, law?.closesAt, law?.frozen]);
        for (const change of told) {
          if (change === "closed") expect(law?.closesAt).toBe(new Date(NOON + 60_000).toISOString());
          else expect(law?.title.split(change), "once").toHaveLength(2);
        }
      },
    ),
    { numRuns: 300 },
  );
});
