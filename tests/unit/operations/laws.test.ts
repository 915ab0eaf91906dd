import { describe, expect, test } from "vitest";
import { LawBook } from "../../../operations/law-book/law-book.ts";
import { readInstant, readNewLaw } from "../../../operations/laws/add.ts";
import { changeWindow } from "../../../operations/laws/change-window.ts";
import { beginAtSeal, type ChangeMoment, closeLaw, openLaw } from "../../../operations/laws/window.ts";
import { type Law, lawState } from "../../../shared/domain/law.ts";
import { MemoryLawStores } from "../../support/memory-laws.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const LAW: Law = { lawId: "L1", title: "A law", opensAt: "2026-11-23T08:00:00.000Z", keyVersion: 1 };

describe("a new law", () => {
  test("is open from now on if no window is given", () => {
    expect(readNewLaw({ lawId: "L2025-001", title: " A law " }, NOW)).toEqual({
      lawId: "L2025-001",
      title: "A law",
      opensAt: NOW.toISOString(),
    });
  });

  test("has its window in UTC, whatever zone it was given in", () => {
    const law = { lawId: "L1", title: "A law", opens: "2026-11-24T08:00:00-05:00", closes: "2026-11-25 08:00-05:00" };
    expect(readNewLaw(law, NOW)).toMatchObject({
      opensAt: "2026-11-24T13:00:00.000Z",
      closesAt: "2026-11-25T13:00:00.000Z",
      utcOffset: "-05:00",
    });
  });

  test.each([
    [{ lawId: "" }, /cannot be a law's id/],
    [{ lawId: "-L1" }, /cannot be a law's id/],
    [{ lawId: "L 1" }, /cannot be a law's id/],
    [{ lawId: "L1\n" }, /cannot be a law's id/],
    [{ lawId: "x".repeat(51) }, /cannot be a law's id/],
    [{ title: "  " }, /The title must be/],
    [{ title: "two\nlines" }, /The title must be/],
    [{ title: "coloured \u001b[31m" }, /The title must be/],
    [{ title: "turned \u202e round" }, /The title must be/],
    [{ title: "two\u2028lines" }, /The title must be/],
    [{ title: "x".repeat(501) }, /The title must be/],
    [{ closes: "2026-11-23T11:00:00Z" }, /would close at 2026-11-23T11:00:00.000Z, which is not after/],
    [{ opens: "2026-12-02T00:00Z", closes: "2026-12-01T00:00Z" }, /which is not after/],
  ])("%j is refused", (change, message) => {
    expect(() => readNewLaw({ lawId: "L1", title: "A law", ...change }, NOW)).toThrow(message);
  });

  test("is a rehearsal if its id says so and the request too, and not otherwise", () => {
    const title = "A law";
    expect(readNewLaw({ lawId: "rehearsal-L1", title, rehearsal: true }, NOW).lawId).toBe("rehearsal-L1");
    expect(() => readNewLaw({ lawId: "L1", title, rehearsal: true }, NOW)).toThrow(/begins with rehearsal-, and L1/);
    for (const lawId of ["rehearsal-L1", "Rehearsal-L1", "REHEARSAL-"]) {
      expect(() => readNewLaw({ lawId, title }, NOW)).toThrow(/cannot be the id of a law whose votes count/);
    }
    expect(() => readNewLaw({ lawId: "Rehearsal-L1", title, rehearsal: true }, NOW)).toThrow(/begins with rehearsal-/);
  });

  test.each([
    "tomorrow",
    "2026-11-24",
    "2026-11-24T08:00",
    "2026-02-30T08:00Z",
    "2026-13-01T08:00Z",
    "24/11/2026 08:00Z",
    "",
  ])("%j is not an instant", (text) => {
    expect(() => readInstant("--opens", text)).toThrow(/--opens .* is not an instant: write date, time and zone/);
  });
});

describe("the titles of a new law", () => {
  test("are one in each language that is given, of one line", () => {
    const asked = { lawId: "L1", title: "x", titles: { fr: " Loi ", en: "Law" } };
    expect(readNewLaw(asked, NOW)).toMatchObject({ title: "x", titles: { fr: "Loi", en: "Law" } });
    expect(readNewLaw({ lawId: "L1", title: "x" }, NOW)).not.toHaveProperty("titles");
    expect(() => readNewLaw({ ...asked, titles: { fr: "a\nb" } }, NOW)).toThrow("French title");
  });
});

/** Noon; every ingest knows five seconds later. */
const MOMENT = { now: NOW, soonest: new Date("2026-11-23T12:00:05.000Z") };
const SOONEST = MOMENT.soonest.toISOString();
const at = (time: string) => new Date(`2026-11-23T${time}Z`);
const iso = (time: string) => at(time).toISOString();

describe("sealing the roll of a draft", () => {
  test.each([
    ["has begun begins now", "08:00:00", "20:00:00", NOW.toISOString()],
    ["has begun and has no end begins now", "08:00:00", undefined, NOW.toISOString()],
    ["is still to come stays as it is", "14:00:00", "20:00:00", undefined],
    ["is over stays as it is", "08:00:00", "11:00:00", undefined],
  ])("a window that %s", (_, opens, closes, opensAt) => {
    const window = { opensAt: iso(opens), closesAt: closes === undefined ? undefined : iso(closes) };
    expect(beginAtSeal(window, NOW).opensAt).toBe(opensAt);
  });
});

describe("closing", () => {
  test("is in force when every ingest knows, not at once", () => {
    expect(closeLaw(LAW, MOMENT)).toEqual({ closesAt: SOONEST });
  });

  test("keeps the planned end on the law after any number of changes", () => {
    const planned = { ...LAW, closesAt: iso("20:00:00") };
    expect(closeLaw(planned, MOMENT)).toEqual({ closesAt: SOONEST, plannedClosesAt: iso("20:00:00") });
    const prolonged = { ...planned, ...closeLaw(planned, MOMENT, { at: at("21:00:00") }) };
    expect(prolonged).toMatchObject({ closesAt: iso("21:00:00"), plannedClosesAt: iso("20:00:00") });
    expect(closeLaw(prolonged, MOMENT)).toEqual({ closesAt: SOONEST, plannedClosesAt: iso("20:00:00") });
  });

  test.each([
    ["has closed", iso("09:00:00")],
    ["closes before a change can be in force", iso("12:00:03")],
  ])("changes nothing of a law that %s", (_, closesAt) => {
    expect(closeLaw({ ...LAW, closesAt }, MOMENT)).toBeUndefined();
  });

  test("is possible while it is frozen, and before it has opened at a time that is named", () => {
    expect(closeLaw({ ...LAW, frozen: true }, MOMENT)).toEqual({ closesAt: SOONEST });
    const later = { ...LAW, opensAt: iso("14:00:00") };
    expect(closeLaw(later, MOMENT, { at: at("15:00:00") })).toEqual({ closesAt: iso("15:00:00") });
  });

  test.each([
    ["one that has not opened", { opensAt: iso("14:00:00") }, undefined, /not open yet; it opens at/],
    ["before every ingest knows", {}, at("12:00:04"), /at 2026-11-23T12:00:05.000Z at the soonest/],
    ["later one that closes before every ingest knows", { closesAt: iso("12:00:03") }, at("13:00:00"), /--reopen/],
    ["one again that has closed", { closesAt: iso("09:00:00") }, at("13:00:00"), /--reopen opens it again/],
    ["one before it opens", { opensAt: iso("14:00:00") }, at("13:00:00"), /not before it would close/],
  ])("cannot be done to %s", (_, law, time, message) => {
    expect(() => closeLaw({ ...LAW, ...law }, MOMENT, { at: time })).toThrow(message);
  });
});

describe("opening", () => {
  const LATER = { ...LAW, opensAt: iso("14:00:00"), closesAt: iso("20:00:00") };
  const CLOSED = { ...LAW, closesAt: iso("11:00:00"), plannedClosesAt: iso("20:00:00") };

  test("early is in force when every ingest knows, and keeps what was planned", () => {
    expect(openLaw(LATER, MOMENT)).toEqual({ opensAt: SOONEST, plannedOpensAt: iso("14:00:00") });
    expect(openLaw(LATER, MOMENT, { at: at("13:00:00") })).toMatchObject({ opensAt: iso("13:00:00") });
    expect(openLaw(LATER, MOMENT, { at: at("15:00:00") })).toMatchObject({ opensAt: iso("15:00:00") });
  });

  test.each([
    ["is open", LAW],
    ["opens before a change can be in force", { ...LAW, opensAt: iso("12:00:03") }],
  ])("changes nothing of a law that %s", (_, law) => {
    expect(openLaw(law, MOMENT)).toBeUndefined();
  });

  test("a closed law again needs to be asked for, and says what it means", () => {
    expect(() => openLaw(CLOSED, MOMENT)).toThrow(/Its result may be known by now/);
  });

  test("a closed law again keeps the window that has ended, and ends as planned", () => {
    const again = { ...CLOSED, ...openLaw(CLOSED, MOMENT, { reopen: true }) };
    expect(again).toMatchObject({
      opensAt: SOONEST,
      closesAt: iso("20:00:00"),
      plannedClosesAt: iso("20:00:00"),
      earlierWindows: [{ opensAt: LAW.opensAt, closesAt: iso("11:00:00") }],
    });
    const states = ["10:59:59", "11:00:00", "12:00:04", "12:00:05", "19:59:59", "20:00:00"];
    expect(states.map((time) => lawState(again, at(time).getTime()))).toEqual([
      "open",
      "not_open_yet",
      "not_open_yet",
      "open",
      "open",
      "closed",
    ]);
  });

  test("a law again after its planned end leaves it open until it is closed, or until a time that is named", () => {
    const over = { ...LAW, closesAt: iso("11:00:00") };
    expect(openLaw(over, MOMENT, { reopen: true })).toMatchObject({
      closesAt: undefined,
      plannedClosesAt: iso("11:00:00"),
    });
    expect(openLaw(over, MOMENT, { reopen: true, until: at("13:00:00") })).toMatchObject({ closesAt: iso("13:00:00") });
  });

  test("again as it was opened before, by a command whose answer was lost, changes nothing", () => {
    const request = { reopen: true, until: at("13:00:00") };
    const again = { ...CLOSED, ...openLaw(CLOSED, MOMENT, request) };
    const later = { now: at("12:30:00"), soonest: at("12:30:05") };
    for (const moment of [MOMENT, later]) expect(openLaw(again, moment, request)).toBeUndefined();
    expect(() => openLaw(again, later, { reopen: true, until: at("14:00:00") })).toThrow(/laws -- close L1 --at/);
    const opened = { ...LAW, opensAt: iso("12:20:00") };
    expect(openLaw(opened, later, { at: at("12:20:00") })).toBeUndefined();
  });

  test.each([
    ["a frozen one", { frozen: true }, {}, /is frozen/],
    [
      "one after it would close",
      { opensAt: iso("14:00:00"), closesAt: iso("15:00:00") },
      { at: at("16:00:00") },
      /before it would open/,
    ],
    [
      "one later that opens before every ingest knows",
      { opensAt: iso("12:00:03") },
      { at: at("13:00:00") },
      /before every ingest/,
    ],
    ["an open one at another time", {}, { at: at("13:00:00") }, /cannot be changed any more/],
    ["an open one until a time", {}, { until: at("13:00:00") }, /laws -- close L1 --at/],
    [
      "a closed one until before it opens",
      { closesAt: iso("11:00:00") },
      { reopen: true, until: at("12:00:01") },
      /not after it opens/,
    ],
  ])("cannot be done to %s", (_, law, request, message) => {
    expect(() => openLaw({ ...LAW, ...law }, MOMENT, request)).toThrow(message);
  });
});

describe("a change of a window", () => {
  /** Laws whose items are written slowly: each write takes some seconds of the stage's clock. */
  async function slowStore(secondsOfWrites: readonly number[], original: Law = LAW) {
    const stores = new MemoryLawStores();
    let now = NOW.getTime();
    const timing = { now: async () => new Date(now), cacheSeconds: 2, marginSeconds: 2 };
    const laws = new LawBook(stores.rows, stores.items, timing);
    await laws.add(original);
    const seconds = [...secondsOfWrites];
    stores.after = (name) => {
      if (name === "project") now += (seconds.shift() ?? 0) * 1_000;
    };
    return { laws, timing };
  }
  const decide = (law: Law, moment: ChangeMoment, time: Date | undefined) => closeLaw(law, moment, { at: time });

  test("is in force after the cache and the margin", async () => {
    const { laws, timing } = await slowStore([0.5]);
    expect(await changeWindow(laws, timing, "L1", { decide })).toMatchObject({
      law: { closesAt: iso("12:00:04") },
      inForceAt: at("12:00:04"),
    });
  });

  test("moves when it was confirmed too late for every ingest to know", async () => {
    const planned = iso("20:00:00");
    const { laws, timing } = await slowStore([10, 0.5], { ...LAW, closesAt: planned });
    expect(await changeWindow(laws, timing, "L1", { decide })).toMatchObject({
      law: { closesAt: iso("12:00:14"), plannedClosesAt: planned },
      inForceAt: at("12:00:14"),
    });
  });

  test("at a named time moves too, if that time came too early", async () => {
    const { laws, timing } = await slowStore([10]);
    const change = await changeWindow(laws, timing, "L1", { decide, at: at("12:00:06") });
    expect(change).toMatchObject({ law: { closesAt: iso("12:00:14") }, inForceAt: at("12:00:14") });
  });

  test.each([
    ["end to a later one", { closesAt: iso("20:00:00") }, "21:00:00", "20:00:00"],
    ["end to an earlier one", { closesAt: iso("20:00:00") }, "19:00:00", "19:00:00"],
    ["end, where it had none", {}, "19:00:00", "19:00:00"],
  ])("of an %s is in force from the first moment at which the two windows differ", async (_, window, to, moment) => {
    const { laws, timing } = await slowStore([0.5], { ...LAW, ...window });
    const change = await changeWindow(laws, timing, "L1", { decide, at: at(to) });
    expect(change).toMatchObject({ law: { closesAt: iso(to) }, inForceAt: at(moment) });
  });

  test("of an opening to a later one is in force from the moment at which it would have opened", async () => {
    const { laws, timing } = await slowStore([0.5], { ...LAW, opensAt: iso("13:00:00") });
    const change = await changeWindow(laws, timing, "L1", {
      decide: (law, moment, time) => openLaw(law, moment, { at: time }),
      at: at("14:00:00"),
    });
    expect(change).toMatchObject({ law: { opensAt: iso("14:00:00") }, inForceAt: at("13:00:00") });
  });

  test("of an end to a later one stays as it was asked for, although some ingest learns of it after the end", async () => {
    const { laws, timing } = await slowStore([10], { ...LAW, closesAt: iso("12:00:05") });
    const change = await changeWindow(laws, timing, "L1", { decide, at: at("13:00:00") });
    expect(change).toMatchObject({ law: { closesAt: iso("13:00:00") }, inForceAt: at("12:00:05") });
  });

  test("is refused when its writes are too slow every time", async () => {
    const { laws, timing } = await slowStore([9, 9, 9, 9, 9, 9]);
    await expect(changeWindow(laws, timing, "L1", { decide })).rejects.toThrow(/confirmed too late each time/);
  });

  test("that changes nothing has no moment", async () => {
    const { laws, timing } = await slowStore([]);
    await changeWindow(laws, timing, "L1", { decide });
    expect(await changeWindow(laws, timing, "L1", { decide })).not.toHaveProperty("inForceAt");
  });
});
