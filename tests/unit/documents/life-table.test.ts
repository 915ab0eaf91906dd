import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { forbidden, LIFE_ACTS, type LifeAct, type LifeFacts } from "../../../shared/domain/law-life.ts";
import { ROOT } from "./pages.ts";

/** The acts of each row of the table in docs/architecture.md. */
const ROWS: Readonly<Record<string, readonly LifeAct[]>> = {
  "change its titles, window, expected voters, results, proof": ["change_draft"],
  "register the keys of a sealed law, and their test opening": ["register_keys"],
  "let it promise with another key": ["change_promise_key"],
  "load a roll, give a load up, seal": ["load_roll", "give_up_load", "seal_roll"],
  "change a sealed roll": ["change_roll"],
  open: ["open", "reopen"],
  close: ["close"],
  "freeze, unfreeze": ["freeze", "unfreeze"],
  settle: ["settle"],
  "bring an opening of its box": ["bring_opening"],
  count: ["count"],
  certify: ["certify"],
  publish: ["publish"],
};
const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const BEFORE = "2026-03-01T08:00:00.000Z";
const AFTER = "2026-03-01T20:00:00.000Z";
const LAWS: readonly LifeFacts[] = [
  { lawId: "L1", reached: "draft", opensAt: BEFORE },
  { lawId: "L1", opensAt: AFTER },
  { lawId: "L1", opensAt: BEFORE, closesAt: AFTER },
  { lawId: "L1", opensAt: BEFORE, closesAt: BEFORE },
  { lawId: "L1", reached: "counted", opensAt: BEFORE, closesAt: BEFORE },
];

test("the table of what is allowed when has every act, and says no where it is refused", () => {
  const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
  const [, table = ""] = /\n\| act \| draft \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)/.exec(page) ?? [];
  const rows = table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows.map(([name]) => name)).toEqual(Object.keys(ROWS));
  expect(Object.values(ROWS).flat().sort()).toEqual([...LIFE_ACTS].sort());
  for (const [name = "", ...cells] of rows) {
    for (const [index, law] of LAWS.entries()) {
      const verdicts = (ROWS[name] ?? []).map((act) => forbidden(law, act, NOW));
      // Certifying needs a log, and publishing a certificate: a word that is not "no" says under which condition.
      if (cells[index] === "no") expect(verdicts, `${name}: ${index}`).not.toContain(undefined);
      if (cells[index] === "yes")
        expect(
          verdicts.every((verdict) => verdict === undefined),
          `${name}: ${index}`,
        ).toBe(true);
    }
  }
});
