import { describe, expect, test } from "vitest";
import { isPlainLine, printable, printableLine } from "../../../shared/domain/printable.ts";
import { INJECTIONS } from "../../support/hostile/injections.ts";

describe("what is printed", () => {
  test.each([
    ["an escape", "\u001b[2J", "\\u001b[2J"],
    ["an escape of one byte", "\u009b2J", "\\u009b2J"],
    ["a bell, a backspace, a return", "\u0007\b\r", "\\u0007\\u0008\\u000d"],
    ["a NUL and a DEL", "\u0000\u007f", "\\u0000\\u007f"],
    ["a mark of direction", "a\u202eb\u2066c", "a\\u202eb\\u2066c"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
  ])("shows %s, which cannot control the terminal", (_, text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(isPlainLine(text)).toBe(false);
  });

  test("is otherwise unchanged: accents, emoji, tabs, lines", () => {
    const text = "Élargir l’accès 👩‍👩‍👧\tà\nla forêt";
    expect(printable(text)).toBe(text);
    expect([isPlainLine("Élargir"), isPlainLine("a\tb"), isPlainLine("a\nb")]).toEqual([true, false, false]);
  });

  test("in a cell of a table stays on its line", () => {
    expect(printableLine("a\tb\nc\u001b")).toBe("a\\u0009b\\u000ac\\u001b");
  });

  test.each(INJECTIONS)("stays the same JSON: %j", (text) => {
    expect(JSON.parse(printable(JSON.stringify({ text })))).toEqual({ text });
  });
});
