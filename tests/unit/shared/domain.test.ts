import { createHash, createHmac, createSecretKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinDeliveries, roundsOf } from "../../../shared/domain/batch.ts";
import { lawState } from "../../../shared/domain/law.ts";
import { OUTCOMES, rankOf, reasonOf } from "../../../shared/domain/outcome.ts";
import { rollBucketKey, rollMetaKey } from "../../../shared/domain/roll.ts";
import { personHash, voterHash } from "../../../shared/domain/voter-hash.ts";
import { aLaw } from "../../support/factories.ts";

describe("the voter hash", () => {
  test("is SHA-256 of nas|code|law", () => {
    expect(voterHash("123456789", "ABC123", "L2025-001").toString("hex")).toBe(
      createHash("sha256").update("123456789|ABC123|L2025-001").digest("hex"),
    );
    // Computed with `printf '123456789|ABC123|L2025-001' | sha256sum`.
    expect(voterHash("123456789", "ABC123", "L2025-001").toString("hex")).toBe(
      "fbbeb8f3dc022d9ddb1753049a715678ca1bed3275ea46fdb2cff5d5bc36aca5",
    );
  });

  test("under a pepper is HMAC-SHA-256 of the same text, with the key as bytes or prepared", () => {
    const pepper = Buffer.alloc(32, 7);
    const expected = createHmac("sha256", pepper).update("123456789|ABC123|L2025-001").digest();
    expect(voterHash("123456789", "ABC123", "L2025-001", pepper)).toEqual(expected);
    expect(voterHash("123456789", "ABC123", "L2025-001", createSecretKey(pepper))).toEqual(expected);
  });

  test.each([
    ["person", voterHash("123456780", "ABC123", "L2025-001")],
    ["case of the code", voterHash("123456789", "abc123", "L2025-001")],
    ["law", voterHash("123456789", "ABC123", "L2025-002")],
  ])("differs for another %s", (_, other) => {
    expect(other).not.toEqual(voterHash("123456789", "ABC123", "L2025-001"));
  });

  test("of a person depends on law and key, not on the code", () => {
    const key = Buffer.alloc(32, 1);
    expect(personHash("123456789", "L1", key)).toEqual(createHmac("sha256", key).update("123456789|L1").digest());
    expect(personHash("123456789", "L2", key)).not.toEqual(personHash("123456789", "L1", key));
    expect(personHash("123456789", "L1", Buffer.alloc(32, 2))).not.toEqual(personHash("123456789", "L1", key));
  });
});

describe("a law", () => {
  const law = aLaw({ opensAt: "2026-03-01T08:00:00.000Z", closesAt: "2026-03-02T08:00:00.000Z" });
  const at = (instant: string) => Date.parse(instant);

  test.each([
    ["2026-03-01T07:59:59.999Z", "not_open_yet"],
    ["2026-03-01T08:00:00.000Z", "open"],
    ["2026-03-02T07:59:59.999Z", "open"],
    ["2026-03-02T08:00:00.000Z", "closed"],
  ] as const)("at %s is %s", (instant, state) => {
    expect(lawState(law, at(instant))).toBe(state);
  });

  test("without an end stays open", () => {
    const { closesAt: _, ...endless } = law;
    expect(lawState(endless, at("2126-01-01T00:00:00Z"))).toBe("open");
  });

  test.each([
    ["2026-03-01T07:59:59.999Z", "frozen"],
    ["2026-03-01T08:00:00.000Z", "frozen"],
    ["2026-03-02T07:59:59.999Z", "frozen"],
    ["2026-03-02T08:00:00.000Z", "closed"],
  ] as const)("that is frozen takes no votes, and closes with its window: at %s it is %s", (instant, state) => {
    expect(lawState({ ...law, frozen: true }, at(instant))).toBe(state);
  });

  test("that is frozen between two windows will take votes again", () => {
    const reopens = "2026-03-03T08:00:00.000Z";
    const again = {
      opensAt: reopens,
      earlierWindows: [{ opensAt: law.opensAt, closesAt: "2026-03-02T08:00:00.000Z" }],
    };
    expect(lawState({ ...law, ...again, closesAt: undefined, frozen: true }, at("2026-03-02T12:00:00Z"))).toBe(
      "frozen",
    );
  });

  test("that is counted is closed, whether it was frozen or not", () => {
    const counted = { ...law, frozen: true, reached: "counted" } as const;
    expect(lawState(counted, at("2126-01-01T00:00:00Z")), "nothing resumes it").toBe("closed");
  });
});

describe("statuses", () => {
  test("rise from invalid over duplicate to counted", () => {
    expect([rankOf("lost"), rankOf("invalid"), rankOf("duplicate"), rankOf("counted")]).toEqual([0, 1, 2, 3]);
  });

  test("have a reason unless counted", () => {
    expect(reasonOf("invalid", "struck")).toBe("struck");
    expect([reasonOf("invalid"), reasonOf("duplicate"), reasonOf("counted")]).toEqual([
      "not_on_roll",
      "already_voted",
      undefined,
    ]);
  });
});

describe("a claim", () => {
  test("lies in a bucket of its law in one cluster slot; the mark of a complete roll is another key", () => {
    expect(rollBucketKey("L1", "abcdef".padEnd(64, "0"))).toBe("roll:{L1:abcd}");
    expect(rollMetaKey("L1")).toBe("roll:L1");
  });
});

describe("deliveries of one submission in a batch", () => {
  const delivery = (
    requestId: string,
    outcome: (typeof OUTCOMES)[number],
    acceptedAt = "2026-01-01T00:00:01.000Z",
  ) => ({
    requestId,
    outcome,
    acceptedAt,
  });

  test("are joined into the one with the most information", () => {
    const joined = joinDeliveries([delivery("a", "duplicate"), delivery("b", "invalid"), delivery("a", "accepted")]);
    expect(joined).toEqual([delivery("a", "accepted"), delivery("b", "invalid")]);
  });

  test("count as accepted when the submission was accepted first", () => {
    const [early, late] = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:02.000Z"];
    const joined = joinDeliveries([delivery("a", "accepted", late), delivery("a", "duplicate", early)]);
    expect(joined).toEqual([delivery("a", "accepted", early)]);
    expect(joinDeliveries([delivery("a", "invalid", early), delivery("a", "invalid", late)])).toEqual([
      delivery("a", "invalid", early),
    ]);
  });

  test("with another envelope stay apart, and come after the one that is to be recorded", () => {
    const [early, late] = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:02.000Z"];
    const first = { ...delivery("a", "accepted", early), sealed: "E1" };
    const second = { ...delivery("a", "accepted", late), sealed: "E2" };
    const weak = { ...delivery("a", "duplicate", early), sealed: "E3" };
    const other = delivery("b", "duplicate");
    const joined = joinDeliveries([weak, second, other, first, second]);
    expect(joined).toEqual([weak, second, other, first]);
    expect(roundsOf(joined)).toEqual([[first, other], [second], [weak]]);
    expect(roundsOf([])).toEqual([]);
  });

  test("lose no submission and repeat none, in whatever order they come", () => {
    const deliveries = fc.array(
      fc.record({
        requestId: fc.constantFrom("a", "b", "c"),
        outcome: fc.constantFrom(...OUTCOMES),
        acceptedAt: fc.constantFrom("1", "2"),
      }),
    );
    fc.assert(
      fc.property(deliveries, (list) => {
        const joined = joinDeliveries(list);
        const strongest = (id: string) => Math.max(...list.filter((d) => d.requestId === id).map(weight));
        expect(new Set(joined.map((d) => d.requestId))).toEqual(new Set(list.map((d) => d.requestId)));
        expect(joined).toHaveLength(new Set(list.map((d) => d.requestId)).size);
        for (const d of joined) expect(weight(d)).toBe(strongest(d.requestId));
      }),
    );
  });

  const weight = ({ outcome }: { outcome: string }) => ["duplicate", "invalid", "accepted"].indexOf(outcome);
});
