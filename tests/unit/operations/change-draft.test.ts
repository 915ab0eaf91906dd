import { describe, expect, test } from "vitest";
import { LawBook } from "../../../operations/law-book/law-book.ts";
import { changeDraft, readDraftChange } from "../../../operations/laws/change-draft.ts";
import { refuseUnexpected } from "../../../operations/laws/expected-voters.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { MemoryLawStores } from "../../support/memory-laws.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const DRAFT: Law = {
  lawId: "L1",
  title: "A law",
  titles: { fr: "Une loi", en: "A law" },
  opensAt: "2026-11-24T08:00:00.000Z",
  closesAt: "2026-11-24T20:00:00.000Z",
  reached: "draft",
  keyVersion: 1,
};

describe("a draft is changed:", () => {
  test.each([
    ["a title for both languages", { title: " New " }, { title: "New", titles: undefined }],
    ["the French title alone", { titleFr: "Autre" }, { title: "A law", titles: { fr: "Autre", en: "A law" } }],
    ["the title and the English one", { title: "N", titleEn: "E" }, { title: "N", titles: { fr: undefined, en: "E" } }],
    [
      "its opening",
      { opens: "2026-11-24T04:00:00-05:00" },
      {
        opensAt: "2026-11-24T09:00:00.000Z",
        closesAt: DRAFT.closesAt,
        plannedOpensAt: "2026-11-24T09:00:00.000Z",
        utcOffset: "-05:00",
      },
    ],
    [
      "its close",
      { closes: "2026-11-25T20:00:00Z" },
      { opensAt: DRAFT.opensAt, closesAt: "2026-11-25T20:00:00.000Z", utcOffset: "+00:00" },
    ],
    ["that it has no close", { closes: null }, { opensAt: DRAFT.opensAt, closesAt: undefined }],
    [
      "its expected voters and results",
      { expectedVoters: 3, results: "after_close" },
      { expectedVoters: 3, results: "after_close" },
    ],
  ] as const)("%s", (_, change, changes) => {
    expect(readDraftChange(DRAFT, change, NOW)).toEqual(changes);
  });

  test("what it is already changes nothing", () => {
    const same = { titleFr: "Une loi", opens: undefined, closes: "2026-11-24T20:00:00Z", results: "live" } as const;
    expect(readDraftChange({ ...DRAFT, utcOffset: "+00:00" }, same, NOW)).toBeUndefined();
  });

  test.each([
    [{}, /Nothing was said/],
    [{ title: "two\nlines" }, /The title must be/],
    [{ titleEn: "" }, /The English title must be/],
    [{ opens: "tomorrow" }, /--opens "tomorrow" is not an instant/],
    [{ opens: "2026-11-24T20:00:00Z" }, /would close at 2026-11-24T20:00:00.000Z, which is not after/],
    [{ closes: "2026-11-24T08:00:00Z" }, /which is not after/],
  ])("%j is refused", (change, message) => {
    expect(() => readDraftChange(DRAFT, change, NOW)).toThrow(message);
  });

  test("once it is no draft any more, it is refused with what can still change", () => {
    expect(() => readDraftChange({ ...DRAFT, reached: "ready" }, { title: "New" }, NOW)).toThrow(
      /L1 is no draft any more.* When it opens and closes can still change: npm run laws -- open L1 --at/,
    );
  });

  test("a change by somebody else is not undone", async () => {
    const stores = new MemoryLawStores();
    const book = new LawBook(stores.rows, stores.items, { now: async () => NOW, cacheSeconds: 2, marginSeconds: 1 });
    await book.add(DRAFT);
    const changes = [
      changeDraft({ laws: book }, "L1", { titleFr: "Autre" }),
      changeDraft({ laws: book }, "L1", { expectedVoters: 3 }),
    ];
    expect((await Promise.all(changes)).map(({ changed }) => changed)).toEqual([true, true]);
    expect(await book.get("L1")).toMatchObject({ titles: { fr: "Autre" }, expectedVoters: 3, version: 3 });
    expect(stores.itemOf.size).toBe(0);
  });
});

test("a roll is sealed with the number that its draft expects, and with no other", async () => {
  const lawsWith = (law: Law | undefined) => ({ laws: { get: async () => law } }) as never;
  await expect(refuseUnexpected(lawsWith({ ...DRAFT, expectedVoters: 3 }), "L1", 4)).rejects.toThrow(
    /expects 3 voters, not 4; nothing was changed.*laws -- change L1 --expect 4/,
  );
  for (const law of [
    { ...DRAFT, expectedVoters: 4 },
    DRAFT,
    { ...DRAFT, expectedVoters: 3, sealedVoters: 3 },
    undefined,
  ]) {
    await expect(refuseUnexpected(lawsWith(law), "L1", 4)).resolves.toBeUndefined();
  }
});
