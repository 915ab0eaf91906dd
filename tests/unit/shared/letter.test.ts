import { describe, expect, test } from "vitest";
import { codeGroups, letterAddress, readLetterLanguage } from "../../../shared/domain/letter.ts";

describe("a code in groups", () => {
  test.each([
    [6, [3, 3]],
    [7, [4, 3]],
    [9, [3, 3, 3]],
    [13, [4, 3, 3, 3]],
    [20, [4, 4, 4, 4, 4]],
    [32, [4, 4, 4, 4, 4, 4, 4, 4]],
  ])("of %i characters has groups of %j", (length, sizes) => {
    const code = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789".slice(0, length);
    const groups = codeGroups(code);
    expect(groups.map((group) => group.length)).toEqual(sizes);
    expect(groups.join("")).toBe(code);
  });
});

describe("the address of a letter", () => {
  const addressee = { number: 1, code: "ABCD2345", address: [] };

  test("has the code behind #, as the pages read it, and no language where both are on the sheet", () => {
    const address = letterAddress("https://vote.example.org/", "L2026-001", { ...addressee, language: "both" });
    expect(address).toBe("https://vote.example.org/vote.html?law=L2026-001#code=ABCD2345");
    expect(new URLSearchParams(new URL(address).hash.slice(1)).get("code")).toBe("ABCD2345");
  });

  test("has the language of the letter, and keeps the path of the pages", () => {
    const address = letterAddress("https://example.org/pages/", "rehearsal-L1", { ...addressee, language: "fr" });
    expect(address).toBe("https://example.org/pages/vote.html?law=rehearsal-L1&lang=fr#code=ABCD2345");
  });
});

test.each([
  ["FR", "fr"],
  ["Français", "fr"],
  [" f ", "fr"],
  ["English", "en"],
  ["anglais", "en"],
  ["E", "en"],
  ["", "both"],
  ["Bilingue", "both"],
  ["de", undefined],
  ["constructor", undefined],
])("the language %j is read as %s", (text, language) => {
  expect(readLetterLanguage(text)).toBe(language);
});
