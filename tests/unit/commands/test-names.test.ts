import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { mayHave, testNames } from "../../../commands/test/names/names.ts";
import { moduleAt, parse } from "../../../commands/test/names/syntax.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const VITEST = 'import { describe, expect, it, test } from "vitest";\n';

/** A test file that lies beside this one. */
const file = (source: string) => parse(join(import.meta.dirname, "made-up.test.ts"), VITEST + source);

describe("the names of a file's tests", () => {
  test.each([
    ["a test", 'test("one", () => {});', ["one"]],
    [
      "tests in suites",
      'describe("a", () => { it("b", f); describe("c", () => { it("d", f); }); });',
      ["a > b", "a > c > d"],
    ],
    ["tests with options and modifiers", 'test.concurrent.skipIf(x)("one", { tags: ["slow"] }, f);', ["one"]],
    ["a table in the file", 'test.each(["a", "b"])("one %s", f);', ["one a", "one b"]],
    [
      "a table of rows",
      'test.each([["a", 1, /x/], ["b", 2, y()]])("%s is %i of %#", f);',
      ["a is 1 of 0", "b is 2 of 1"],
    ],
    ["a table of objects", 'test.for([{ name: "a", f: () => 1 }])("$name: $other", f);', undefined],
    ["an attribute of each object", 'test.for([{ name: "a", f: () => 1 }])("$name", f);', ["a"]],
    ["a table of suites", 'describe.each(["a"] as const)("in %s", () => { test("one", f); });', ["in a > one"]],
    [
      "constants",
      `const N = 3; const T = { a: N, ...{ b: 2 } }; test.each(Object.entries(T))(\`%s is %d < \${N * 2}\`, f);`,
      ["a is 3 < 6", "b is 2 < 6"],
    ],
    [
      "what another file exports",
      'import { STAGE_NAMES } from "../../../infra/settings.ts"; test.each(STAGE_NAMES)("on %s", f);',
      ["on local", "on localstack", "on dev", "on prod"],
    ],
    ["tests in a loop", 'for (const x of [1, 2]) test("one", f);', ["one"]],
    [
      "parameters that are called like a test",
      'test("one", () => [1].map((it) => it)); const g = (it) => it.id;',
      ["one"],
    ],
  ])("%s", (_, source, names) => {
    expect(testNames(file(source))).toEqual(names);
  });

  test.each([
    ["a name that is computed", "test(nameOf(x), f);"],
    ["a name of a loop", `for (const x of [1, 2]) test(\`one \${x}\`, f);`],
    ["a table that is computed", 'test.each(rows())("one %s", f);'],
    ["a value that is computed", 'test.each([[rows()]])("one %s", f);'],
    ["a value that vitest shortens", `test.each([{ name: "${"long".repeat(20)}" }])("$name", f);`],
    ["a table that is changed", 'const T = ["a"]; T.push("b"); test.each(T)("one %s", f);'],
    ["a constant that is another one inside", `const A = "a"; function g(A) { return A; } test(\`one \${A}\`, f);`],
    ["a test in a function", 'function cases() { test("one", f); } describe("a", cases);'],
    ["a test that is passed on", "make(test);"],
    ["a test by another name", 'const mine = test.extend({}); mine("one", f);'],
    ["tests of a helper", 'import { cases } from "../../unit/commands/test-names.test.ts"; cases();'],
  ])("cannot be found with %s", (_, source) => {
    expect(testNames(file(source))).toBeUndefined();
    expect(mayHave(file(source), /whatever/)).toBe(true);
  });

  test("are the same as in vitest's own list, if the source shows them", { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "names-"));
    try {
      const list = join(folder, "list.json");
      const args = ["list", "--project", "unit", "--staticParse=false", `--json=${list}`];
      execFileSync(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], { cwd: ROOT, stdio: "pipe" });
      const collected = z
        .array(z.object({ file: z.string(), name: z.string() }))
        .parse(JSON.parse(readFileSync(list, "utf8")));
      const files = Map.groupBy(collected, (one) => one.file);
      const told = [...files].flatMap(([path, tests]) => {
        const module = moduleAt(path);
        const names = module && testNames(module);
        return names === undefined ? [] : [{ names, tests }];
      });
      expect(told.length).toBeGreaterThan(files.size / 2);
      const missed = told.flatMap(({ names, tests }) => tests.filter(({ name }) => !names.includes(name)));
      expect(missed).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a file may have a test", () => {
  const module = file('describe("a retry", () => { test.each(["GET", "POST"])("of %s is answered", f); });');

  test.each([
    [/^a retry/, true],
    [/retry > of/, true],
    [/retr(y|ies).*POST is/, true],
    [/of PUT/, false],
    [/^of/, false],
    [/A RETRY/i, true],
  ])("with a name that matches %s: %s", (pattern, may) => {
    expect(mayHave(module, pattern)).toBe(may);
  });
});
