import { expect, test } from "vitest";
import { breakExactly } from "../../../papers/text-block.ts";

const WIDTH = 20;
/** Every character is as wide as the others. */
const broken = (text: string) => breakExactly(text, WIDTH, (one) => one.length);

test.each([
  ["words that end at the margin", 'certificate for the "kind":"referendum certificate" of it'],
  ["a blank at the margin", `${"a".repeat(WIDTH)} ${"b".repeat(2 * WIDTH)}`],
  ["a blank behind the margin", `${"a".repeat(WIDTH - 1)} ${"b".repeat(WIDTH)}`],
  ["several blanks", `${"a".repeat(WIDTH - 3)}    ${"b".repeat(WIDTH)}`],
  ["no blank", "x".repeat(3 * WIDTH + 1)],
  ["nothing", ""],
])("a text that is compared to the letter is broken beside no blank: %s", (_, text) => {
  const lines = broken(text);
  expect(lines.join("")).toBe(text);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(WIDTH);
  expect(lines.join("\n")).not.toMatch(/ \n|\n /);
});

test("blanks alone are broken at the margin", () => {
  expect(broken(" ".repeat(WIDTH + 5)).map((line) => line.length)).toEqual([WIDTH, 5]);
});
