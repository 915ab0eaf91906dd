import { describe, expect, test } from "vitest";
import { credentialLines } from "../../../operations/roll/credentials.ts";
import { CODE_ALPHABET } from "../../../shared/domain/code-form.ts";
import { readCheckedCode } from "../../../shared/domain/voter-code.ts";
import { Keys } from "../../../shared/runtime/keys.ts";
import { KEYS } from "../../support/factories.ts";

const KEY = KEYS.ofVersion(1).codeCheck;

function codes(count: number): string[] {
  const lines = [...credentialLines(count, undefined, KEY)].join("").trim().split("\n").slice(1);
  return lines.map((line) => line.split(",")[1] ?? "");
}

describe("a code that carries a check", () => {
  test("is 16 random characters and 4 of the check, and no two of them are easily confused", () => {
    for (const code of codes(200)) expect(code).toMatch(/^[A-HJ-NP-Z2-9]{20}$/);
    expect(CODE_ALPHABET).toHaveLength(32);
    expect(new Set(codes(200)).size).toBe(200);
  });

  test("is read in small letters as well, and is the same code", () => {
    for (const code of codes(20)) expect(readCheckedCode(code.toLowerCase(), KEY)).toBe(code);
  });

  test("is noticed with any one character mistyped, left out or doubled, and with two neighbours exchanged", () => {
    let tried = 0;
    for (const code of codes(5)) {
      for (let at = 0; at < code.length; at++) {
        const others = [...CODE_ALPHABET, "0", "O", "1", "I"].filter((one) => one !== code[at]);
        const [before, here, next, after] = [code.slice(0, at), code[at] ?? "", code[at + 1] ?? "", code.slice(at + 2)];
        const mistakes = [
          ...others.map((other) => before + other + next + after),
          before + next + after,
          before + here + here + next + after,
          ...(next !== "" && next !== here ? [before + next + here + after] : []),
        ];
        for (const mistake of mistakes) expect(readCheckedCode(mistake, KEY), mistake).toBeUndefined();
        tried += mistakes.length;
      }
    }
    expect(tried).toBeGreaterThan(3_500);
  });

  test("belongs to one stage: another seed makes other checks", () => {
    const other = Keys.fromSecrets({
      codeCheck: JSON.stringify({ version: 1, seed: "another seed, which is longer than 32 characters" }),
    });
    const [code = ""] = codes(1);
    expect(readCheckedCode(code, other.ofVersion(1).codeCheck)).toBeUndefined();
  });

  test("cannot be made without the key: of a hundred thousand made-up codes, not one in ten thousand passes", () => {
    const made = [...credentialLines(100_000)].join("").trim().split("\n").slice(1);
    const passing = made.filter((line) => readCheckedCode(`${line.split(",")[1]}AAAA`, KEY) !== undefined);
    expect(passing.length).toBeLessThan(10);
  });
});
