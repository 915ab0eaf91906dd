import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { editorRules } from "./editor-rules.ts";
import { arrowsOf, ROOT, roomOf } from "./house.ts";
import { MISTAKES } from "./mistakes.ts";

const RULES = "biome.rooms.json";

describe("the linter's rules", () => {
  const work = mkdtempSync(join(tmpdir(), "referendum-lint-"));
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test("say of each room what the table of rooms says", () => {
    expect(JSON.parse(readFileSync(join(ROOT, RULES), "utf8"))).toEqual({ overrides: editorRules() });
    expect(JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8")).extends).toContain(`./${RULES}`);
  });

  test("find the mistakes that are imports, and nothing in what a room may import", () => {
    copyFileSync(join(ROOT, RULES), join(work, "biome.json"));
    // Not paths in strings, nor one function that imports another's file: those only the test of the rooms finds.
    const wrong = MISTAKES.filter(([file, source]) =>
      arrowsOf(file, source).some(({ to, kind }) => kind !== "name" && roomOf(to) !== roomOf(file)),
    );
    const lint = (files: readonly (readonly [string, string])[]) => {
      const paths = files.map(([file, source], index) => {
        const path = join(work, dirname(file), `x${index}.ts`);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `${source}\n`);
        return path;
      });
      const args = ["lint", "--only=style/noRestrictedImports", "--reporter=json", "--max-diagnostics=none", ...paths];
      const { stdout } = spawnSync(join(ROOT, "node_modules/.bin/biome"), args, { cwd: work, encoding: "utf8" });
      return JSON.parse(stdout).summary.errors;
    };
    expect(wrong.length).toBeGreaterThan(15);
    expect(lint(wrong)).toBe(wrong.length);
    expect(lint(ALLOWED)).toBe(0);
  });
});

const ALLOWED = [
  ["bin/x.ts", 'import { a } from "../commands/load.ts";'],
  ["infra/stacks/x.ts", 'import { METRICS } from "../../shared/runtime/metrics.ts";'],
  ["infra/stacks/x.ts", 'import { Duration } from "aws-cdk-lib";'],
  ["shared/domain/x.ts", 'import { createHash } from "node:crypto";'],
  ["shared/domain/x.ts", 'import { a } from "./law.ts";'],
  ["shared/messages/x.ts", 'import { z } from "zod";'],
  ["shared/messages/x.ts", 'import type { A } from "../domain/law.ts";'],
  ["shared/stores/x.ts", 'import type { Redis } from "ioredis";'],
  ["operations/roll/x.ts", 'import { a } from "../../shared/stores/claims.ts";'],
  ["examples/x.mjs", 'import { castVote } from "@referendum/client";'],
  ["client/x.ts", 'import { a } from "./index.ts";'],
] as const;
