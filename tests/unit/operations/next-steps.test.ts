import { describe, expect, test } from "vitest";
import { closeLaw, openLaw } from "../../../operations/laws/window.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { forbidden, LIFE_ACTS } from "../../../shared/domain/law-life.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const MOMENT = { now: NOW, soonest: new Date("2026-11-23T12:00:10.000Z") };
const BASE = { lawId: "L1", title: "A law", keyVersion: 1, sealedVoters: 7 };
const AT = new Date("2026-11-23T15:00:00.000Z");

const LAWS: Readonly<Record<string, Law>> = {
  ready: { ...BASE, opensAt: "2026-11-23T14:00:00.000Z", closesAt: "2026-11-23T20:00:00.000Z" },
  "ready, without an end": { ...BASE, opensAt: "2026-11-23T14:00:00.000Z" },
  open: { ...BASE, opensAt: "2026-11-23T08:00:00.000Z", closesAt: "2026-11-23T20:00:00.000Z" },
  closed: { ...BASE, opensAt: "2026-11-23T08:00:00.000Z", closesAt: "2026-11-23T11:00:00.000Z" },
  "closed with its box": {
    ...BASE,
    ...{ form: "sealed", boxClosed: true },
    ...{ opensAt: "2026-11-23T08:00:00.000Z", closesAt: "2026-11-23T11:00:00.000Z" },
  },
};

/** What a refusal tells an operator to do to the window: run as the command would be. */
function follow(law: Law, next: string): number {
  const unfrozen = next.includes("ops -- unfreeze") ? { ...law, frozen: false } : law;
  const commands = [...next.matchAll(/laws -- (open|close) L1((?: --\w+| INSTANT)*)/g)];
  for (const [, act, options = ""] of commands) {
    const at = options.includes("--at INSTANT") ? AT : undefined;
    if (act === "close") closeLaw(law, MOMENT, { at });
    else openLaw(unfrozen, MOMENT, { at, reopen: options.includes("--reopen") });
  }
  return commands.length;
}

describe("what a refused act tells to do", () => {
  const cases = Object.entries(LAWS).flatMap(([name, law]) => [
    [name, law] as const,
    [`${name}, frozen`, { ...law, frozen: true }] as const,
  ]);

  test.each(cases)("is not refused itself on a law that is %s", (_name, law) => {
    for (const act of LIFE_ACTS) {
      const verdict = forbidden(law, act, NOW.getTime());
      expect(() => follow(law, verdict?.next ?? ""), act).not.toThrow();
    }
  });

  test("names a command for the window while it can change", () => {
    const told = (name: string, act: "change_draft" | "count") => {
      const law = LAWS[name];
      if (law === undefined) throw new Error(`no law ${name}`);
      return follow(law, forbidden(law, act, NOW.getTime())?.next ?? "");
    };
    expect(told("ready", "change_draft")).toBe(2);
    expect(told("open", "change_draft")).toBe(1);
    expect(told("closed", "change_draft")).toBe(1);
    expect(told("closed with its box", "change_draft")).toBe(0);
    expect(told("ready", "count")).toBe(1);
    expect(told("open", "count")).toBe(1);
  });
});
