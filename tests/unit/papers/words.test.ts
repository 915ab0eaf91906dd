import { expect, test } from "vitest";
import { dayOf, hoursOf, momentOf, percentOf, timeOf } from "../../../papers/words.ts";
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

test("moments and hours of tables have day, time and zone, also over midnight and where summer time ends", () => {
  const plain = (text: string) => text.replaceAll(/\s/g, " ");
  expect(plain(momentOf("2026-11-24T13:00:05.123Z", "en", ZONE))).toBe("2026-11-24 08:00:05 EST");
  expect(plain(momentOf("2026-07-01T12:00:00Z", "fr", ZONE))).toBe("2026-07-01 08:00:00 HAE");
  expect(plain(hoursOf("2026-11-24T13:00:00Z", "2026-11-24T14:00:00Z", "en", ZONE))).toBe(
    "2026-11-24 08:00 – 09:00 EST",
  );
  expect(plain(hoursOf("2026-11-25T04:00:00Z", "2026-11-25T06:00:00Z", "fr", ZONE))).toBe(
    "2026-11-24 23:00 – 2026-11-25 01:00 HNE",
  );
  expect(plain(hoursOf("2026-11-01T04:00:00Z", "2026-11-01T08:00:00Z", "en", ZONE))).toBe(
    "2026-11-01 00:00 EDT – 03:00 EST",
  );
});

test("a part in percent is written with its two decimals", () => {
  expect(percentOf(41.6, "en")).toBe("41.60%");
  expect(percentOf(41.6, "fr").replaceAll(/\s/g, " ")).toBe("41,60 %");
});
