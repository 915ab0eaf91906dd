import { expect, test } from "vitest";
import { localInstant } from "../../../terminal/instant.ts";

test.each(["2026-11-24T13:00:00.000Z", "2026-07-01T00:30:00.000Z"])("%s is shown in this machine's zone", (instant) => {
  const shown = localInstant(instant);
  expect(shown).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  expect(new Date(shown).getTime()).toBe(Date.parse(instant));
  expect(Number(shown.slice(11, 13))).toBe(new Date(instant).getHours());
});
