import { describe, expect, test } from "vitest";
import { decideClaim } from "../../../proving/simulation/models/claim-rule.ts";
import { rollMoment } from "../../../shared/domain/roll.ts";

const moment = (ms: number) => rollMoment(new Date(ms)).toString("hex");

describe("a claim", () => {
  test.each([
    ["not on the roll", undefined, "invalid"],
    ["unclaimed", "", "accepted"],
    ["claimed by this submission", "aa", "accepted"],
    ["claimed by another one", "bb", "duplicate"],
    ["on the roll from a later moment on", moment(1_001), "invalid"],
    ["on the roll from this moment on", moment(1_000), "accepted"],
    ["on the roll from an earlier moment on", moment(999), "accepted"],
  ] as const)("of a voter %s", (_, claim, decision) => {
    expect(decideClaim(claim, "aa", moment(1_000))).toBe(decision);
  });
});
