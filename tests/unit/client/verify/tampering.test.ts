import { describe, expect, test } from "vitest";
import { CHECK_IDS, CHECKS } from "../../../../client/verify/checks.ts";
import type { Remembered } from "../../../../client/verify/files/remembered.ts";
import { readSaved } from "../../../../client/verify/files/saved.ts";
import { readCheckpoint } from "../../../../client/verify/log/checkpoint.ts";
import { type Verification, verify } from "../../../../client/verify/verify.ts";
import { type MadeBundle, makeBundle } from "../../../support/bundle/make-bundle.ts";
import { memorySource, piecesOf } from "../../../support/bundle/memory-source.ts";
import { CASES, type Case } from "../../../support/bundle/tampering.ts";
import { honestWorld, type World } from "../../../support/bundle/world.ts";

/** What was seen of a bundle's log. */
function seen({ files, key }: MadeBundle, path = "checkpoint"): Remembered {
  const checkpoint = readCheckpoint(`${files.get(path)}`);
  if (checkpoint === undefined) throw new Error("no checkpoint");
  return { key, checkpoint, seenAt: "2026-11-24T12:00:00.000Z" };
}

/** Checks a bundle with everything that anybody may have. */
async function checked(form: World["form"], { world, hooks, given }: Omit<Case, "done" | "check" | "forms">) {
  const [honest, made] = [honestWorld(form), honestWorld(form)];
  world?.(made);
  const [honestBundle, bundle] = [makeBundle(honest), makeBundle(made, hooks)];
  const mine = given?.(made, honestBundle, honest) ?? {};
  const own =
    mine.receiptOf === undefined
      ? bundle.receiptOf(made.submissions[3] ?? never())
      : honestBundle.receiptOf(mine.receiptOf);
  const receipt = mine.withoutTracker === true ? own.replace("tracker", "no_tracker") : own;
  const [box, roll] = [mine.box ?? bundle.box, mine.roll ?? bundle.roll];
  return await verify(memorySource(bundle.files), "the bundle", {
    key: mine.key ?? bundle.key,
    promise: readSaved(receipt),
    remembered: [mine.seen === undefined ? seen(bundle, "checkpoints/000000001") : seen(mine.seen)],
    trustees: mine.publicFile ?? bundle.publicFile,
    box: () => piecesOf(Buffer.from(box)),
    roll: () => piecesOf(Buffer.from(roll)),
  });
}

function never(): never {
  throw new Error("no submission");
}

function failed({ checks }: Verification): string[] {
  return checks.filter(({ outcome }) => outcome === "fails").map(({ id }) => id);
}

describe("a law without mischief", () => {
  test.each(["open", "sealed"] as const)("holds: %s", async (form) => {
    const verification = await checked(form, {});
    expect(failed(verification)).toEqual([]);
    expect(verification.verdict).toBe("holds");
    const notRun = verification.checks.filter(({ outcome }) => outcome === "not_run");
    expect(notRun.map(({ because }) => because)).toEqual(notRun.map(() => "not_this_law"));
    expect(notRun.map(({ id }) => id)).toEqual(form === "open" ? ["1.08", "3.08", "3.09", "3.10", "3.12", "3.13"] : []);
  });
});

describe("is found by one check alone:", () => {
  const cases = CASES.flatMap((one) => one.forms.map((form) => [one.done, form, one.check, one] as const));

  test.each(cases)("%s (%s law, check %s)", async (_, form, check, one) => {
    const verification = await checked(form, one);
    const detail = JSON.stringify(verification.checks.filter(({ outcome }) => outcome === "fails"));
    expect(failed(verification), detail).toEqual([check]);
    expect(verification.verdict).toBe(check === "1.01" ? "partial" : "fails");
  });

  test("every check has such a case", () => {
    expect([...new Set(CASES.map(({ check }) => check))].sort()).toEqual(CHECK_IDS);
    expect(Object.keys(CHECKS)).toHaveLength(CHECK_IDS.length);
  });
});
