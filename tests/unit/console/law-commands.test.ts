import { describe, expect, test } from "vitest";
import { type LawCommand, lawCommands } from "../../../console/law-commands.ts";
import { operatorsLaw } from "../../../operations/laws/operators-law.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { forbidden, type LifeAct, missing, missingOfBox } from "../../../shared/domain/law-life.ts";
import type { WatchedLaw } from "../../../shared/messages/operators/watch.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const BEFORE = { opensAt: "2026-11-23T14:00:00.000Z", closesAt: "2026-11-23T20:00:00.000Z" };
const DURING = { opensAt: "2026-11-23T08:00:00.000Z", closesAt: "2026-11-23T20:00:00.000Z" };
const AFTER = { opensAt: "2026-11-23T08:00:00.000Z", closesAt: "2026-11-23T11:00:00.000Z" };
const BASE = { lawId: "L1", title: "A law", keyVersion: 1 };
const KEY = Buffer.alloc(32, 7).toString("base64url");
const KEYS = { electionKey: KEY, signingKey: KEY, splitId: "0a1b2c3d", threshold: 3, trustees: 5 };
const DRAFT = { ...BASE, ...BEFORE, reached: "draft" } as const;
const SEALED_DRAFT = { ...DRAFT, form: "sealed", origin: "o" } as const;
const LOGGED = { form: "open", origin: "o", logKey: KEY } as const;
const COUNTED = { ...BASE, ...AFTER, sealedVoters: 7, reached: "counted" } as const;
const UNFINISHED: WatchedLaw["unfinished"] = [
  { kind: "load", source_name: "voters.csv", lines_done: 3, is_running: false },
];

type Roll = Pick<WatchedLaw, "voters" | "complete" | "unfinished">;
const WHOLE: Roll = { voters: 7, complete: true, unfinished: [] };
const LOADED: Roll = { voters: 7, complete: false, unfinished: [] };
const EMPTY: Roll = { voters: 0, complete: false, unfinished: [] };
const CUT_OFF: Roll = { voters: 3, complete: false, unfinished: UNFINISHED };

const CASES: readonly (readonly [string, Law, Roll, readonly LawCommand[]])[] = [
  ["a draft without a roll", DRAFT, EMPTY, ["load"]],
  ["a draft with a roll", DRAFT, LOADED, ["load", "check", "seal"]],
  ["a draft whose load was cut off", DRAFT, CUT_OFF, ["load", "check"]],
  ["a sealed draft without keys", SEALED_DRAFT, EMPTY, ["keys", "testOpening", "load"]],
  [
    "a sealed draft with keys and a roll",
    { ...SEALED_DRAFT, trustees: { ...KEYS, tested: false } },
    LOADED,
    ["testOpening", "load", "check"],
  ],
  [
    "a sealed draft whose keys are tested",
    { ...SEALED_DRAFT, trustees: { ...KEYS, tested: true } },
    LOADED,
    ["load", "check", "seal"],
  ],
  ["a ready law", { ...BASE, ...BEFORE, sealedVoters: 7 }, WHOLE, ["open", "add", "replace", "strike"]],
  ["an open law", { ...BASE, ...DURING, sealedVoters: 7 }, WHOLE, ["close", "find", "replace", "strike"]],
  [
    "an open law that Redis has lost",
    { ...BASE, ...DURING, sealedVoters: 7 },
    LOADED,
    ["rebuild", "close", "find", "replace", "strike"],
  ],
  ["a frozen law", { ...BASE, ...DURING, sealedVoters: 7, frozen: true }, WHOLE, ["close", "find"]],
  ["a closed law", { ...BASE, ...AFTER, sealedVoters: 7 }, WHOLE, ["count", "settle", "setAside"]],
  [
    "a frozen law that has closed",
    { ...BASE, ...AFTER, sealedVoters: 7, frozen: true },
    WHOLE,
    ["count", "settle", "setAside"],
  ],
  [
    "a law whose box is closed",
    { ...BASE, ...AFTER, sealedVoters: 7, form: "sealed", origin: "o", boxClosed: true },
    WHOLE,
    ["exportBox", "bringOpening", "count"],
  ],
  ["a counted law without a form", COUNTED, WHOLE, ["report", "destroy"]],
  ["a counted law with a log", { ...COUNTED, ...LOGGED }, WHOLE, ["certify", "report"]],
  ["a certified law", { ...COUNTED, ...LOGGED, concluded: "certified" }, WHOLE, ["publish", "report"]],
  ["a published law", { ...COUNTED, ...LOGGED, concluded: "published" }, WHOLE, ["report", "destroy"]],
  ["a destroyed law", { ...COUNTED, destroyedAt: NOW.toISOString() }, EMPTY, []],
];

/** What the state of a law may forbid. */
const ACTS: Readonly<Partial<Record<LawCommand, LifeAct>>> = {
  ...{ keys: "register_keys", testOpening: "register_keys", load: "load_roll", seal: "seal_roll" },
  ...{ add: "change_roll", replace: "change_roll", strike: "change_roll", open: "open", close: "close" },
  ...{ count: "count", settle: "settle", bringOpening: "bring_opening", certify: "certify", publish: "publish" },
};

/** The first command that `laws show` says, such as `npm run voters -- load`. */
function firstSaid(law: Law, { voters, complete, unfinished }: Roll): string | undefined {
  const facts = {
    voters: voters ?? 0,
    digestVoters: law.sealedVoters,
    isComplete: complete === true,
    isUnfinished: (unfinished ?? []).length > 0,
  };
  const box = law.boxClosed ? missingOfBox(law, { envelopes: 7, broughtBy: [], agree: false }) : [];
  // The office's part of what trustees do, and freezing is a button here.
  const said = [...missing(law, facts, NOW.getTime()), ...box]
    .join(" ")
    .matchAll(/npm run (?:laws|voters|ops) -- [a-z-]+/g);
  return [...said].map(([command]) => command).find((command) => !/unfreeze|carry-out/.test(command));
}

describe.each(CASES)("of %s", (_, law, roll, names) => {
  const shown = lawCommands({ ...operatorsLaw(law, NOW), ...roll, counted: 0 }, NOW.toISOString());

  test("these commands are named, and none is refused", () => {
    expect(shown.map(({ name }) => name)).toEqual(names);
    for (const name of names) {
      const act = ACTS[name];
      if (act !== undefined) expect(forbidden(law, act, NOW.getTime()), name).toBeUndefined();
    }
  });

  test("what laws show says first is among them", () => {
    const first = firstSaid(law, roll);
    // A load that was cut off is repeated: laws show names no command for that.
    if (first !== undefined && roll !== CUT_OFF)
      expect(shown.map(({ command }) => command).join("\n")).toContain(first);
  });
});
