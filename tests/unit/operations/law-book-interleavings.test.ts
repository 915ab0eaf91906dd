import fc from "fast-check";
import { expect, test } from "vitest";
import { LawBook } from "../../../operations/law-book/law-book.ts";
import { repairOf } from "../../../operations/law-book/repair.ts";
import { MemoryLawStores } from "../../support/memory-laws.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");
const LAW = { lawId: "L1", title: "", opensAt: new Date(NOON - 3_600_000).toISOString(), keyVersion: 1 };

/** Lets a scheduler decide when each call is done, and a plan when the process dies: before or after a call's effect. */
function processOn(
  stores: MemoryLawStores,
  scheduler: fc.Scheduler,
  dies: { readonly at: number; readonly after: boolean },
) {
  let calls = 0;
  const slow = <T extends object>(store: T): T =>
    new Proxy(store, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name);
        if (typeof call !== "function") return call;
        return async (...given: readonly unknown[]) => {
          const isLast = ++calls === dies.at;
          await scheduler.schedule(Promise.resolve(), String(name));
          if (isLast && !dies.after) return new Promise(() => undefined);
          const result: unknown = await call.apply(target, given);
          await scheduler.schedule(Promise.resolve(), `${String(name)} answers`);
          return isLast ? new Promise(() => undefined) : result;
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
  after: fc.boolean(),
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
        const ended = operators.map(async ({ does, ...dies }, index) => {
          const book = processOn(stores, scheduler, dies);
          if (does === "look") return void (await book.get("L1"));
          if (does === "freeze" || does === "unfreeze") return void (await book.setFrozen("L1", does === "freeze"));
          const law = await book.get("L1");
          if (law === undefined) throw new Error("the law is gone");
          const closesAt = new Date(NOON + 60_000);
          const change =
            does === "rename"
              ? { title: `${law.title}${index}` }
              : { closesAt: closesAt.toISOString(), inForceAt: closesAt };
          if ((await book.change(law, change)) !== undefined) told.add(does === "rename" ? String(index) : "closed");
        });
        const failed: unknown[] = [];
        for (const one of ended) one.catch((error: unknown) => failed.push(error));
        // Whoever died never ends.
        while (scheduler.count() > 0) {
          await scheduler.waitNext(1);
          await new Promise((resolve) => setImmediate(resolve));
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
