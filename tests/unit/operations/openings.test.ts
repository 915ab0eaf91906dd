import { describe, expect, test } from "vitest";
import { type NewOpening, numberOf, refuseOtherBox, refuseToWithdraw } from "../../../operations/box/check-opening.ts";
import { type BroughtOpening, boxFacts, boxHeader, type ClosedBox } from "../../../operations/box/closed-box.ts";
import { keyIdOf } from "../../../shared/domain/sealing/key-id.ts";
import type { OpeningHeader } from "../../../shared/messages/opening.ts";

const KEY = Buffer.alloc(32, 1);
const electionKey = KEY.toString("base64url");
const signingKey = Buffer.alloc(32, 2).toString("base64url");
const CLOSING = { endedAt: new Date("2026-11-22T21:00:00.000Z"), counted: 7, duplicate: 1, invalid: 0 };
const BOX: ClosedBox = {
  law: {
    ...{ lawId: "L1", title: "A law", opensAt: "2026-11-22T08:00:00.000Z", keyVersion: 1, version: 5 },
    ...{ form: "sealed", origin: "stage/L1/1", boxClosed: true },
    trustees: { electionKey, signingKey, splitId: "0".repeat(32), threshold: 2, trustees: 3, tested: true },
  },
  closing: CLOSING,
};
const HEADER: OpeningHeader = {
  ...{ v: 1, kind: "opening", law_id: "L1", origin: "stage/L1/1", election_key: electionKey, signing_key: signingKey },
  ...{ key_id: keyIdOf(KEY).toString("hex"), proof: "none", box_sha256: "a".repeat(64), envelopes: 7 },
  sums: [
    { option: "oui", ballots: 4 },
    { option: "non", ballots: 1 },
  ],
  spoiled: [{ reason: "not_authentic", ballots: 2 }],
};

const first: BroughtOpening = {
  ...{ number: 1, run: "r1", broughtBy: "anna", broughtAt: new Date("2026-11-23T08:00:00.000Z") },
  ...{ sha256: "1".repeat(64), oui: 4, non: 1, spoiled: { not_authentic: 2 } },
};
const second: BroughtOpening = { ...first, number: 2, run: "r2", broughtBy: "ben" };
const by = (operator: string, sha256 = first.sha256): NewOpening => ({ operator, sha256, header: HEADER });

describe("an opening", () => {
  test("is of the box whose law, keys, options and number it names", () => {
    expect(() => refuseOtherBox(BOX, HEADER)).not.toThrow();
    expect(boxHeader(BOX)).toMatchObject({
      key_id: HEADER.key_id,
      envelopes: 7,
      options: ["oui", "non"],
      proof: "none",
    });
  });

  test.each([
    ["law", { law_id: "L2" }],
    ["origin", { origin: "stage/L1/2" }],
    ["election key", { election_key: signingKey }],
    ["signing key", { signing_key: electionKey }],
    ["key id", { key_id: "0".repeat(16) }],
    ["proof", { proof: "voter" as const }],
    ["options", { sums: [...HEADER.sums].reverse() }],
    ["number of envelopes", { envelopes: 8 }],
  ])("with another %s is of another box", (what, more) => {
    expect(() => refuseOtherBox(BOX, { ...HEADER, ...more })).toThrow(`its ${what} is `);
  });

  test("is the first one, then the second one, and never a third", () => {
    expect(numberOf("L1", [], by("anna"), true)).toBe(1);
    expect(numberOf("L1", [first], by("ben"), true)).toBe(2);
    expect(() => numberOf("L1", [first, second], by("carla"), true)).toThrow(/has two equal openings, by anna and ben/);
  });

  test("comes from another person only where the stage wants two", () => {
    expect(numberOf("L1", [first], by("anna"), false)).toBe(2);
    expect(() => numberOf("L1", [first], by("anna"), true)).toThrow(
      /anna has brought the first opening of L1, at 2026-11-23/,
    );
  });

  test("that differs from the first one is refused, and tells no sums", () => {
    const told = () => numberOf("L1", [first], by("ben", "2".repeat(64)), true);
    expect(told).toThrow(
      /differs from the opening that anna has brought.*with 2 spoiled ballots.*with 2\. .*withdraw-opening L1/,
    );
    expect(told).not.toThrow(/\boui\b|\bnon\b/);
  });

  test("is taken back only if it is the only one, and the one that was meant", () => {
    expect(() => refuseToWithdraw("L1", [first], first.sha256)).not.toThrow();
    expect(() => refuseToWithdraw("L1", [], first.sha256)).toThrow(/it has none/);
    expect(() => refuseToWithdraw("L1", [first], "2".repeat(64))).toThrow(/its only one is 1{64}, by anna/);
    expect(() => refuseToWithdraw("L1", [first, second], first.sha256)).toThrow(/two equal ones, by anna and ben/);
  });

  test("agrees with another one if both are the same list", () => {
    expect(boxFacts(CLOSING, [])).toEqual({ envelopes: 7, broughtBy: [], agree: false });
    expect(boxFacts(CLOSING, [first, second])).toEqual({ envelopes: 7, broughtBy: ["anna", "ben"], agree: true });
    expect(boxFacts(CLOSING, [first, { ...second, sha256: "2".repeat(64) }]).agree).toBe(false);
  });
});
