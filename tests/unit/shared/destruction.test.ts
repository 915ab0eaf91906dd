import { describe, expect, test } from "vitest";
import { destroyableFrom, lastDays, stateToDestroy, usedKeys } from "../../../shared/domain/destruction.ts";
import { forbidden, LIFE_ACTS, missing, operatorsState } from "../../../shared/domain/law-life.ts";
import { aLaw } from "../../support/factories.ts";

const AT = new Date("2026-11-30T12:00:00.000Z");

describe("a law may be destroyed", () => {
  test("when it is counted, or published if it has a log", () => {
    expect(stateToDestroy({})).toBe("counted");
    expect(stateToDestroy({ logKey: "k" })).toBe("published");
  });

  test("whole days after that", () => {
    expect(destroyableFrom(AT, 365).toISOString()).toBe("2027-11-30T12:00:00.000Z");
    expect(destroyableFrom(AT, 0)).toEqual(AT);
  });
});

test("each copy has a last day, and one that the stage does not keep has none", () => {
  expect(lastDays({ logs: 365, database_backups: 35 }, AT)).toEqual([
    { copy: "database_backups", last_day: "2027-01-04" },
    { copy: "logs", last_day: "2027-11-30" },
  ]);
  expect(lastDays({}, AT)).toEqual([]);
});

test("the versions of secrets are those that the law names, and used by laws that are not destroyed", () => {
  const promiseKeys = [{ version: 3, publicKey: "p", from: "2026-01-01T00:00:00.000Z" }];
  const law = aLaw({ lawId: "A", keyVersion: 2, pepperId: "4", promiseKeys });
  const others = [law, aLaw({ lawId: "B", keyVersion: 2 }), aLaw({ lawId: "C", keyVersion: 1, pepperId: "4" })];
  expect(usedKeys(law, others)).toEqual([
    { secret: "law", version: 2, used_by_others: true },
    { secret: "pepper", version: 4, used_by_others: true },
    { secret: "promise", version: 3, used_by_others: false },
  ]);
  const destroyed = others.map((one) => ({ ...one, destroyedAt: AT.toISOString() }));
  expect(usedKeys(law, destroyed).map(({ used_by_others }) => used_by_others)).toEqual([false, false, false]);
});

describe("a destroyed law", () => {
  const law = aLaw({ reached: "counted", closesAt: "2026-01-01T00:00:00.000Z", destroyedAt: AT.toISOString() });

  test.each(LIFE_ACTS)("allows no act: %s", (act) => {
    expect(forbidden(law, act, AT.getTime())?.why).toMatch(/was destroyed .*: nothing is left of its votes/);
  });

  test("is shown as destroyed, and has no next step", () => {
    expect(operatorsState({ ...law, frozen: true }, AT.getTime())).toBe("destroyed");
    const roll = { voters: 0, digestVoters: 5, isComplete: false, isUnfinished: false };
    expect(missing(law, roll, AT.getTime())).toEqual([]);
  });
});
