import { describe, expect, test } from "vitest";
import { readInstant, readNewLaw } from "../../../operations/laws/add.ts";
import { closeLaw, openLaw } from "../../../operations/laws/window.ts";
import type { Law } from "../../../shared/domain/law.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const LAW: Law = { lawId: "L1", title: "A law", opensAt: "2026-11-23T08:00:00.000Z", keyVersion: 1 };

describe("a new law", () => {
  test("is open from now on when nothing is said of its window", () => {
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

  test.each([
    "tomorrow",
    "2026-11-24",
    "2026-11-24T08:00",
    "2026-02-30T08:00Z",
    "2026-13-01T08:00Z",
    "24/11/2026 08:00Z",
    "",
  ])("%j is no instant", (text) => {
    expect(() => readInstant("--opens", text)).toThrow(/--opens .* is not an instant: write date, time and zone/);
  });
});

describe("opening and closing", () => {
  test("closing sets the end to now", () => {
    expect(closeLaw(LAW, NOW)).toEqual({ closesAt: NOW.toISOString() });
  });

  test("has a title in each language that is given, as one line", () => {
    const asked = { lawId: "L1", title: "x", titles: { fr: " Loi ", en: "Law" } };
    expect(readNewLaw(asked, NOW)).toMatchObject({ title: "x", titles: { fr: "Loi", en: "Law" } });
    expect(readNewLaw({ lawId: "L1", title: "x" }, NOW)).not.toHaveProperty("titles");
    expect(() => readNewLaw({ ...asked, titles: { fr: "a\nb" } }, NOW)).toThrow("French title");
  });

  test("opening a closed law takes its end away", () => {
    expect(openLaw({ ...LAW, closesAt: "2026-11-23T09:00:00.000Z" }, NOW)).toEqual({ closesAt: undefined });
  });

  test("opening a law early keeps the end that is still to come", () => {
    const later = { ...LAW, opensAt: "2026-11-24T08:00:00.000Z", closesAt: "2026-11-25T08:00:00.000Z" };
    expect(openLaw(later, NOW)).toEqual({ opensAt: NOW.toISOString() });
  });

  test.each([
    ["open twice", () => openLaw(LAW, NOW), /open already/],
    ["open a frozen one", () => openLaw({ ...LAW, frozen: true }, NOW), /is frozen/],
    ["close twice", () => closeLaw({ ...LAW, closesAt: "2026-11-23T09:00:00.000Z" }, NOW), /closed already/],
    ["close one that is to come", () => closeLaw({ ...LAW, opensAt: "2026-11-24T08:00:00.000Z" }, NOW), /not open yet/],
  ])("cannot %s", (_, work, message) => {
    expect(work).toThrow(message);
  });
});
