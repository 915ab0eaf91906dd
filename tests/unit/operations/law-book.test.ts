import { describe, expect, test } from "vitest";
import { LawBook } from "../../../operations/law-book/law-book.ts";
import { repairOf } from "../../../operations/law-book/repair.ts";
import { MemoryLawStores } from "../../support/memory-laws.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");
const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
const LAW = { lawId: "L1", title: "A law", opensAt: iso(NOON - 3_600_000), keyVersion: 1 };

/** A book whose clock stands still, unless a test moves it. Every ingest knows of a change four seconds later. */
function aBook() {
  const stores = new MemoryLawStores();
  const clock = { ms: NOON };
  const timing = { now: async () => new Date(clock.ms), cacheSeconds: 2, marginSeconds: 2 };
  const book = new LawBook(stores.rows, stores.items, timing);
  return { stores, clock, book };
}

/** From when until when each version of the law is in force, in seconds after noon. */
async function inForce(book: LawBook): Promise<unknown> {
  const law = await book.get("L1");
  if (law === undefined) throw new Error("it is gone");
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : (ms - NOON) / 1_000);
  const versions = (await book.windowsInForce([law])).get("L1") ?? [];
  return versions.map(({ version, fromMs, untilMs }) => [version, seconds(fromMs), seconds(untilMs)]);
}

describe("the windows in force", () => {
  const closing = { closesAt: iso(NOON + 4_000), inForceAt: new Date(NOON + 4_000) };

  test("are those of a draft never, then the first, and after a change on time the new one from its moment on", async () => {
    const { stores, clock, book } = aBook();
    stores.now = () => clock.ms;
    await book.add({ ...LAW, reached: "draft" });
    expect(await inForce(book)).toEqual([]);
    const draft = await book.get("L1");
    if (draft === undefined) throw new Error("it is gone");
    const ready = await book.change(draft, { reached: "ready", sealedVoters: 7 });
    expect(await inForce(book)).toEqual([[2, undefined, undefined]]);
    if (ready === undefined) throw new Error("it is gone");
    await book.change(ready, closing);
    expect(await inForce(book)).toEqual([
      [2, undefined, 4],
      [3, 4, undefined],
    ]);
  });

  test("are both, until every ingest must know, of a change that nobody knows to have been in time", async () => {
    const { stores, clock, book } = aBook();
    stores.now = () => clock.ms;
    const law = await book.add(LAW);
    if (law === undefined) throw new Error("it is gone");
    const dead = new Error("the function was killed");
    stores.after = (name) => {
      if (name === "project") throw dead;
    };
    await expect(book.change(law, closing)).rejects.toBe(dead);
    stores.after = () => undefined;
    clock.ms = NOON + 10_000;
    expect(await inForce(book), "ten seconds, two of the cache, and two of the margin").toEqual([
      [1, undefined, 14],
      [2, 4, undefined],
    ]);
  });
});

function agree({ rowOf, itemOf }: MemoryLawStores): void {
  for (const lawId of rowOf.keys()) expect(repairOf(rowOf.get(lawId), itemOf.get(lawId))).toBe("nothing");
}

describe("a law", () => {
  test("that is a draft has no item: voters' functions know nothing of it", async () => {
    const { stores, book } = aBook();
    expect(await book.add({ ...LAW, reached: "draft" })).toMatchObject({ reached: "draft", version: 1 });
    expect(stores.itemOf.size).toBe(0);
    const draft = await book.get("L1");
    if (draft === undefined) throw new Error("it is gone");
    const ready = await book.change(draft, { reached: "ready", sealedVoters: 7 });
    expect(ready).toMatchObject({ reached: "ready", sealedVoters: 7, version: 2 });
    expect(stores.itemOf.get("L1")).toMatchObject({ sealedVoters: 7, version: 2 });
    agree(stores);
  });

  test("is added once", async () => {
    const { book } = aBook();
    await book.add(LAW);
    expect(await book.add({ ...LAW, title: "Another" })).toBeUndefined();
    expect(await book.list()).toMatchObject([{ title: "A law" }]);
  });

  test("from before there were rows gets one from its item, and is changed like any other", async () => {
    const { stores, book } = aBook();
    stores.itemOf.set("L1", { ...LAW, frozen: true, version: 3 });
    expect(await book.add(LAW), "its id is taken").toBeUndefined();
    const [law] = await book.list();
    expect(law).toMatchObject({ reached: "ready", frozen: true, version: 3 });
    expect(law?.sealedVoters).toBeUndefined();
    if (law === undefined) throw new Error("it was not taken over");
    await book.change(law, { title: "A law, again" });
    expect(stores.itemOf.get("L1")).toMatchObject({ title: "A law, again", frozen: true, version: 4 });
    agree(stores);
  });

  test("that another program has stored with a title that PostgreSQL cannot hold is shown, and not changed", async () => {
    const { stores, book } = aBook();
    for (const [lawId, title] of [
      ["L1", "zero \u0000"],
      ["L2", "half \ud800"],
    ] as const) {
      stores.itemOf.set(lawId, { ...LAW, lawId, title });
      const law = await book.get(lawId);
      expect(law).toMatchObject({ title, reached: "ready" });
      if (law === undefined) throw new Error("it is gone");
      await expect(book.change(law, { closesAt: iso(NOON) })).rejects.toThrow(/characters that PostgreSQL cannot hold/);
    }
    expect(stores.rowOf.size).toBe(0);
  });

  test("whose item is ahead of its row is what the item says: PostgreSQL was restored", async () => {
    const { stores, book } = aBook();
    await book.add({ ...LAW, reached: "draft" });
    const backup = stores.rowOf.get("L1");
    const draft = await book.get("L1");
    if (draft === undefined || backup === undefined) throw new Error("it is gone");
    await book.change(draft, { reached: "ready", sealedVoters: 7 });
    stores.rowOf.set("L1", backup);
    expect(await book.get("L1")).toMatchObject({ reached: "ready", sealedVoters: 7, version: 2 });
    agree(stores);
  });

  test("whose item is lost gets it again", async () => {
    const { stores, book } = aBook();
    await book.add(LAW);
    await book.setFrozen("L1", true);
    await book.get("L1");
    stores.itemOf.clear();
    expect(await book.get("L1")).toMatchObject({ frozen: true });
    expect(stores.itemOf.get("L1")).toMatchObject({ title: "A law", frozen: true });
  });
});

describe("freezing", () => {
  test("needs no PostgreSQL, which has its copy after the next look", async () => {
    const { stores, book } = aBook();
    await book.add(LAW);
    stores.writes.length = 0;
    expect(await book.setFrozen("L1", true)).toBe(true);
    expect(await book.setFrozen("L1", true)).toBe(false);
    expect(stores.writes).toEqual(["setFrozen", "setFrozen"]);
    expect(await book.get("L1")).toMatchObject({ frozen: true });
    agree(stores);
    expect(await book.setFrozen("L1", false)).toBe(true);
    expect((await book.get("L1"))?.frozen).toBeUndefined();
    agree(stores);
  });

  test("outlives a change of the window that was read before", async () => {
    const { stores, book } = aBook();
    const read = await book.add(LAW);
    await book.setFrozen("L1", true);
    if (read === undefined) throw new Error("it was not added");
    expect(await book.change(read, { closesAt: iso(NOON + 60_000) })).toMatchObject({ frozen: true });
    agree(stores);
  });

  test("reaches a law whose item a crash has left out, and no draft", async () => {
    const { stores, book } = aBook();
    await book.add(LAW);
    stores.itemOf.clear();
    expect(await book.setFrozen("L1", true)).toBe(true);
    await book.add({ ...LAW, lawId: "L2", reached: "draft" });
    expect(await book.setFrozen("L2", true)).toBeUndefined();
    expect(await book.setFrozen("L3", true)).toBeUndefined();
  });
});

describe("a change that is cut off at any of its writes", () => {
  const CUTS = [0, 1, 2, 3, 4].flatMap((at) => [["before", at] as const, ["after", at] as const]);

  test.each(CUTS)(
    "%s write %i is completed or was never made, and is there once when it is sent again",
    async (when, at) => {
      const { stores, book, clock } = aBook();
      const read = await book.add(LAW);
      if (read === undefined) throw new Error("it was not added");
      let writes = 0;
      stores[when] = () => {
        if (writes++ === at) throw new Error("the process ends");
      };
      const closesAt = iso(NOON + 4_000);
      const change = { closesAt, inForceAt: new Date(closesAt) };
      const isCut = await book.change(read, change).then(
        () => false,
        () => true,
      );
      stores[when] = () => undefined;
      clock.ms += 500;
      const law = await book.get("L1");
      agree(stores);
      expect(stores.rowOf.get("L1")?.confirmedVersion).toBe(law?.version);
      const isMade = law?.closesAt !== undefined;
      if (!isCut || when === "after") expect(isMade).toBe(true);
      expect(stores.itemOf.get("L1")?.closesAt).toBe(law?.closesAt);
      // Every ingest knows before the moment comes.
      if (isMade && isCut) expect([closesAt, iso(NOON + 5_000)]).toContain(law?.closesAt);
      // The read version is gone when it was made, so the same change again is refused.
      expect((await book.change(read, change)) === undefined).toBe(isMade);
    },
  );

  test("whose moment is over when somebody looks: closed stays closed if its item was written", async () => {
    const { stores, book, clock } = aBook();
    const read = await book.add(LAW);
    if (read === undefined) throw new Error("it was not added");
    stores.after = (name) => {
      if (name === "project") throw new Error("the process ends");
    };
    const closesAt = iso(NOON + 4_000);
    await expect(book.change(read, { closesAt, inForceAt: new Date(closesAt) })).rejects.toThrow("ends");
    stores.after = () => undefined;
    clock.ms += 60_000;
    expect(await book.get("L1")).toMatchObject({ closesAt, version: 2 });
    agree(stores);
  });

  test("whose moment is over when somebody looks: it is in force later if no item was written", async () => {
    const { stores, book, clock } = aBook();
    const read = await book.add(LAW);
    if (read === undefined) throw new Error("it was not added");
    stores.before = (name) => {
      if (name === "project") throw new Error("the process ends");
    };
    const closesAt = iso(NOON + 4_000);
    await expect(book.change(read, { closesAt, inForceAt: new Date(closesAt) })).rejects.toThrow("ends");
    stores.before = () => undefined;
    clock.ms += 60_000;
    expect(await book.get("L1")).toMatchObject({ closesAt: iso(NOON + 64_000), version: 3 });
    expect(stores.itemOf.get("L1")).toMatchObject({ closesAt: iso(NOON + 64_000) });
    agree(stores);
  });
});

describe("two processes at once", () => {
  test("help each other's change to its end, and lose none", async () => {
    const { stores, book } = aBook();
    await book.add(LAW);
    const other = new LawBook(stores.rows, stores.items, {
      now: async () => new Date(NOON),
      cacheSeconds: 2,
      marginSeconds: 2,
    });
    const add = async (one: LawBook, letter: string) => {
      for (;;) {
        const law = await one.get("L1");
        if (law !== undefined && (await one.change(law, { title: `${law.title}${letter}` })) !== undefined) return;
      }
    };
    await Promise.all([..."abcdefgh"].map((letter, index) => add(index % 2 === 0 ? book : other, letter)));
    const title = (await book.get("L1"))?.title ?? "";
    expect([...title.slice(LAW.title.length)].sort().join("")).toBe("abcdefgh");
    agree(stores);
  });
});
