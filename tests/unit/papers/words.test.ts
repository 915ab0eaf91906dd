import { expect, test } from "vitest";
import { dayOf, timeOf } from "../../../papers/words.ts";
import { dayAndTime } from "../../../shared/domain/day-and-time.ts";

const ZONE = "America/Toronto";

test.each([
  ["fr", "2026-12-01T13:00:00Z", "mardi 1er décembre 2026"],
  ["fr", "2026-12-21T13:00:00Z", "lundi 21 décembre 2026"],
  ["en", "2026-12-01T13:00:00Z", "Tuesday, December 1, 2026"],
] as const)("a day on paper in %s at %s is written as its readers write it", (language, instant, day) => {
  expect(dayOf(instant, language, ZONE)).toBe(day);
});

test("a time on paper is no day: one o'clock stays so", () => {
  expect(timeOf("2026-12-02T06:00:00Z", "fr", ZONE)).toMatch(/^1\sh\s00$/);
});

test("a day with its time has both", () => {
  expect(dayAndTime("2026-12-01T06:30:00Z", "fr-CA", ZONE).replaceAll(/\s/g, " ")).toBe(
    "mardi 1er décembre 2026 à 1 h 30 HNE",
  );
});
