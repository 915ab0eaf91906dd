import { describe, expect, test } from "vitest";
import { decideClaim } from "../../../proving/simulation/models/claim-rule.ts";

describe("a claim", () => {
  test.each([
    ["not on the roll", undefined, "invalid"],
    ["unclaimed", "", "accepted"],
    ["claimed by this submission", "aa", "accepted"],
    ["claimed by another one", "bb", "duplicate"],
  ] as const)("of a voter %s", (_, claim, decision) => {
    expect(decideClaim(claim, "aa")).toBe(decision);
  });
});
