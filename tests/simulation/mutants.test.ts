import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { historyOf } from "../../proving/simulation/crash-points.ts";
import { tryMutant } from "../../proving/simulation/mutant-run.ts";
import { MUTANTS } from "../../proving/simulation/mutants.ts";
import { simulate } from "../../proving/simulation/run.ts";

const ROOT = resolve(import.meta.dirname, "../..");

describe("a mistake that people really make", () => {
  test.for(MUTANTS)("$name: $mistake", async (mutant) => {
    for (const { file, find } of mutant.edits) {
      expect(readFileSync(join(ROOT, file), "utf8").split(find), `"${find}" in ${file}`).toHaveLength(2);
    }
    const caught = await tryMutant(mutant, mutant.seed, 1);
    expect(caught.seed, "npm run simulate -- --mutants --search finds another seed").toBe(mutant.seed);
    expect(caught.findings).not.toEqual([]);
    expect((await simulate(historyOf(mutant.seed))).findings).toEqual([]);
  });

  test("is listed once, and docs/correctness.md has the list", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(15);
    expect(new Set(MUTANTS.map((mutant) => mutant.name)).size).toBe(MUTANTS.length);
    const page = readFileSync(join(ROOT, "docs/correctness.md"), "utf8");
    const [, list = ""] = page.split("### Mistakes it catches");
    const rows = list.split("\n").filter((line) => /^\| `[a-z-]+` \|/.test(line));
    expect(rows).toEqual(
      MUTANTS.map(({ name, mistake, seed }) => expect.stringContaining(`| \`${name}\` | ${mistake} | ${seed} |`)),
    );
  });
});

describe("npm run simulate", () => {
  const run = (mutant: string | undefined, ...args: string[]) => {
    const hook = mutant === undefined ? [] : ["--import", join(ROOT, "proving/simulation/mutant-hook.ts")];
    return promisify(execFile)(process.execPath, [...hook, join(ROOT, "bin/simulate.ts"), ...args], {
      env: { ...process.env, ...(mutant === undefined ? {} : { REFERENDUM_MUTANT: mutant }) },
    });
  };

  test("reports a failure with the seed and the smallest history, and exits with 1", async () => {
    const [mutant] = MUTANTS;
    if (mutant === undefined) throw new Error("there are no mutants");
    const failure = await run(mutant.name, "--seed", String(mutant.seed), "--histories", "1").then(
      () => undefined,
      (error: { code: number; stdout: string }) => error,
    );
    expect(failure?.code).toBe(1);
    expect(failure?.stdout).toContain(
      "is NOT right:\n  - a vote was deleted from its queue although its outcome was not sent",
    );
    expect(failure?.stdout).toMatch(/The smallest history found that shows it:\n {2}voter 1: person \d/);
    expect(failure?.stdout).toMatch(/validate \d +send \d to outcomes +\*\*\* (error before|part)/);
    expect(failure?.stdout).toMatch(/\d+ histories, \d+ steps/);
  });

  test("reports what it simulated, also as JSON", async () => {
    const { stdout } = await run(undefined, "--no-crash-points", "--histories", "20", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ right: true, histories: 20, rate: expect.any(Number) });
  });

  test("says what is wrong with an argument", async () => {
    await expect(run(undefined, "--histories", "many")).rejects.toMatchObject({ code: 2, stdout: "" });
  });
});
