import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fontRuns } from "../../../papers/fonts.ts";
import { ROOT } from "../house/house.ts";

const SCRIPTS = ["Latin", "Greek", "Cyrillic", "Canadian_Aboriginal"];
const LAST_CHARACTER = 0x10ffff;

/** The letters of a script that can be printed in no address. */
function missingOf(script: string): number[] {
  const letter = new RegExp(`^(?=\\p{L})\\p{Script=${script}}$`, "u");
  const missing: number[] = [];
  for (let at = 0; at <= LAST_CHARACTER; at++) {
    const text = String.fromCodePoint(at);
    if (letter.test(text) && fontRuns("regular", text) === undefined) missing.push(at);
  }
  return missing;
}

test("docs/letters.md excepts exactly the ranges in which letters of names are missing", () => {
  const page = readFileSync(join(ROOT, "docs/letters.md"), "utf8");
  const [said = ""] = /Names may have any letter[\s\S]*?bad line\./.exec(page) ?? [];
  const ranges = [...said.matchAll(/U\+([0-9A-F]+)(?:\s+to\s+U\+([0-9A-F]+))?/g)].map(([, from = "", to = from]) =>
    [from, to].map((digits) => Number.parseInt(digits, 16)),
  );
  const isSaid = (at: number) => ranges.some(([from = 0, to = 0]) => from <= at && at <= to);
  const missing = SCRIPTS.flatMap(missingOf);
  expect(missing.filter((at) => !isSaid(at)).map((at) => at.toString(16))).toEqual([]);
  for (const [from, to] of ranges) expect(missing).toEqual(expect.arrayContaining([from, to]));
  expect(missing).toContain("Ƛ".codePointAt(0));
});
