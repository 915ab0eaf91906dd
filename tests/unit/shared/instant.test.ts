import { describe, expect, test } from "vitest";
import { lawInstant } from "../../../shared/domain/instant.ts";

describe("an instant in a sentence about a law", () => {
  test.each([
    ["-05:00", "2026-11-24T08:00:00-05:00"],
    ["+05:45", "2026-11-24T18:45:00+05:45"],
    ["-03:30", "2026-11-24T09:30:00-03:30"],
    ["+00:00", "2026-11-24T13:00:00+00:00"],
    [undefined, "2026-11-24T13:00:00.000Z"],
  ])("is in the zone of the law: %s", (utcOffset, shown) => {
    expect(lawInstant({ utcOffset }, "2026-11-24T13:00:00.000Z")).toBe(shown);
    expect(lawInstant({ utcOffset }, new Date("2026-11-24T13:00:00Z"))).toBe(shown);
  });
});
