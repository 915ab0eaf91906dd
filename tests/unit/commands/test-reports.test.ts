import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeFailures, failuresOf } from "../../../commands/test/failures.ts";
import { takeReportsFolder } from "../../../commands/test/reports-folder.ts";
import { runTests } from "../../../commands/test/runner.ts";
import { processIdentity } from "../../../machine/processes.ts";

describe("the tests that failed", () => {
  test("are named with their file and the first line of the message", () => {
    const xml = `<testsuites><testsuite name="a"><testcase classname="tests/a.test.ts" name="one"/>
      <testcase classname="tests/a.test.ts" name="b &gt; two"><failure message="expected 1&#10;to be 2" type="E">x</failure></testcase>
      </testsuite><testsuite name="c"><testcase classname="tests/c.test.ts" name="3"><error message="no hook"/></testcase></testsuite></testsuites>`;
    expect(failuresOf(xml)).toEqual([
      { file: "tests/a.test.ts", name: "b > two", message: "expected 1" },
      { file: "tests/c.test.ts", name: "3", message: "no hook" },
    ]);
    expect(describeFailures(failuresOf(xml), "tests.html")).toContain("  tests/a.test.ts: b > two\n      expected 1\n");
  });

  test("are an empty list if the report has none", () => {
    expect(failuresOf("<testsuites/>")).toEqual([]);
    expect(describeFailures([], "tests.html")).toBe("");
  });

  test("are twenty at most, with the page that has all", () => {
    const many = Array.from({ length: 23 }, (_, index) => ({ file: "a", name: `n${index}`, message: "m" }));
    expect(describeFailures(many, "elsewhere/tests.html")).toContain("… and 3 more; elsewhere/tests.html has all");
  });
});

describe("the reports folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "reports-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("belongs to one run at a time", () => {
    writeFileSync(join(folder, ".run.pid"), JSON.stringify(processIdentity(process.ppid)));
    expect(() => takeReportsFolder(folder)).toThrow(`Another npm test (process ${process.ppid}) writes`);
  });

  test("is free again when a run has given it back, or was killed", () => {
    takeReportsFolder(folder)();
    for (const left of [String(2 ** 22 + 1), JSON.stringify({ pid: process.ppid, started: "before the restart" })]) {
      writeFileSync(join(folder, ".run.pid"), left);
      takeReportsFolder(folder)();
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("an unknown tag is refused at once, with a list of the known tags", async () => {
  const request = { filters: [], tags: ["slwo || load"], without: [], projects: [], localstack: false };
  await expect(runTests(request, process.cwd())).rejects.toThrow(/^There is no tag slwo; the tags are slow, load, /);
});

test("an option that neither npm test nor Vitest knows is refused before anything is started", async () => {
  const request = { filters: ["--bogus"], tags: [], without: [], projects: [], localstack: false };
  await expect(runTests(request, process.cwd())).rejects.toThrow(/Unknown option `--bogus`/);
});
