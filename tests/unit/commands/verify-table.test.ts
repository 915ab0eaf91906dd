import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { CHECK_IDS } from "../../../client/verify/index.ts";
import { withTables } from "../../../commands/verify/table.ts";
import { TAMPERINGS } from "../../../commands/verify/tampering.ts";
import { CASES } from "../../support/bundle/tampering.ts";

const PAGE = resolve(import.meta.dirname, "../../../docs/verifiability.md");

test("docs/verifiability.md has the tables as they are (npm run verify -- --table docs/verifiability.md writes them)", () => {
  const text = readFileSync(PAGE, "utf8");
  expect(text).toBe(withTables(text, PAGE));
});

test("every check is in the table of tampering, and has a bundle that only it finds wrong", () => {
  const [inTable, tried] = [TAMPERINGS.flatMap(({ checks }) => checks), CASES.map(({ check }) => check)];
  expect(CHECK_IDS.filter((id) => !inTable.includes(id) || !tried.includes(id))).toEqual([]);
});

test("every tampering is found by something", () => {
  expect(TAMPERINGS.filter(({ checks, found }) => checks.length === 0 && found === undefined)).toEqual([]);
});

test("a page without a place for the tables is named", () => {
  expect(() => withTables("# A page\n", "x.md")).toThrow("x.md has no place for the table");
});
