import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReportedCase, renderTestReport } from "../../../commands/test/html-report.ts";
import { findChromium } from "../../../machine/browser.ts";
import { Chromium, type Page } from "../../support/chromium.ts";

const path = findChromium();
const one = (name: string, durationMilliseconds: number, state: ReportedCase["state"] = "passed"): ReportedCase => ({
  ...{ name, state, durationMilliseconds, tags: [], errors: [] },
});
const REPORT = {
  ...{ startedAt: "2026-03-01T12:00:00Z", durationMilliseconds: 10, node: "v24", unhandledErrors: [] },
  files: [
    { project: "unit", path: "quick.test.ts", errors: [], cases: [one("a", 1), one("b", 3), one("c", 2, "failed")] },
    { project: "unit", path: "slow.test.ts", errors: [], cases: [one("d", 500), one("e", 1_000)] },
  ],
};
const ORDER = `[...document.querySelectorAll("#files tbody tr")].filter((row) => !row.hidden).map((row) => row.cells[1].textContent)`;

describe.skipIf(path === undefined)("the page of a test run, in a browser", { tags: ["browser"] }, () => {
  let chromium: Chromium;
  let directory: string;
  let page: Page;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), `referendum-page-${process.pid}-`));
    const file = join(directory, "tests.html");
    writeFileSync(file, renderTestReport(REPORT));
    chromium = await Chromium.start(path ?? "");
    page = await chromium.open(375, 800);
    await page.visit(pathToFileURL(file).href);
  });
  afterAll(async () => {
    await chromium?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const click = (id: string) => page.evaluate(`document.getElementById("${id}").click()`);

  test("shows the slowest file and test first when asked, and goes back", async () => {
    expect(await page.evaluate(ORDER)).toEqual(["a", "b", "c", "d", "e"]);
    await click("slowest");
    expect(await page.evaluate(ORDER)).toEqual(["e", "d", "b", "c", "a"]);
    await click("slowest");
    expect(await page.evaluate(ORDER)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("shows failures only when asked", async () => {
    await click("failures");
    expect(await page.evaluate(ORDER)).toEqual(["c"]);
    expect(await page.evaluate('document.querySelectorAll("thead tr[hidden]").length')).toBe(0);
    await click("failures");
  });

  test("fits a phone and runs without an error", async () => {
    expect(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")).toBe(
      true,
    );
    expect(page.problems).toEqual([]);
  });
});
