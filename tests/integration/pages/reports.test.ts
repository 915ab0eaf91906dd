import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Report, renderTestReport } from "../../../commands/test/html-report.ts";
import { curvePage } from "../../../load/report/curve.ts";
import { reportPage } from "../../../load/report/page.ts";
import { reportOf, second } from "../../support/load-report.ts";
import { findings } from "../../support/pages/axe.ts";
import { CHROMIUM, startBrowser } from "../../support/pages/browser.ts";

const PICTURES = process.env["REFERENDUM_SCREENSHOTS"];
const KINDS = ["front", "ingest", "validate", "aggregate", "redis", "postgres", "queues", "dynamodb", "generator"];

/** A load with every plot, every grade's colour and every kind of answer. */
const LOAD = reportOf(
  [1, 2, 3, 4].map((at) =>
    second(at * 1_000, { expected: 90, status: { "200": 5, "202": 70, "400": 10, "429": 5, "503": 5 } }),
  ),
  {
    promise: "sheds",
    samples: [1, 2, 3, 4].map((at) => ({
      ...{ at: at * 1_000, votesQueue: 10 * at, outcomesQueue: 5 * at, counted: 90 * at },
      usage: Object.fromEntries(KINDS.map((kind, nth) => [kind, { cpuMs: at * nth * 90, rssBytes: 1e7 * (nth + at) }])),
    })),
  },
);
const TESTS: Report = {
  ...{ startedAt: "2026-03-01T12:00:00Z", durationMilliseconds: 10, node: "v24", unhandledErrors: ["an error"] },
  files: (["passed", "failed", "skipped", "pending"] as const).map((state) => ({
    ...{ project: "unit", path: `${state}.test.ts`, errors: state === "failed" ? ["a hook failed"] : [] },
    cases: [{ name: "a test", state, durationMilliseconds: 5, tags: ["slow"], errors: [] }],
  })),
};
const PAGES: Readonly<Record<string, string>> = {
  load: reportPage(LOAD),
  live: reportPage(LOAD, { everySeconds: 3_600, isPaused: false }),
  paused: reportPage(LOAD, { everySeconds: 3_600, isPaused: true }),
  curve: curvePage([250, 1_000].map((rate) => ({ ...LOAD, offered: { votes: 100, rate, seconds: 1 } }))),
  tests: renderTestReport(TESTS),
};

/** Lines and bars that have less than three times the light of their paper, or a third of it (WCAG 2.2, 1.4.11). */
const FAINT = `(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll("[data-series], .target")].filter((one) => {
    const { stroke, fill } = getComputedStyle(one);
    const ink = light(one.tagName === "rect" ? fill : stroke);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 3;
  }).map((one) => one.outerHTML);
})()`;

describe.skipIf(CHROMIUM === undefined)(
  "the pages of loads and of tests, in a browser (skipped where there is no Chromium)",
  { tags: ["browser"] },
  () => {
    let browser: Browser;
    let directory: string;
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), `referendum-reports-${process.pid}-`));
      browser = await startBrowser();
      if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
    });
    afterAll(async () => {
      await browser?.close();
      rmSync(directory, { recursive: true, force: true });
    });

    test.each(Object.keys(PAGES).flatMap((name) => (["light", "dark"] as const).map((scheme) => ({ name, scheme }))))(
      "$name in $scheme mode: axe finds nothing on a phone, and lines are seen",
      async ({ name, scheme }) => {
        const file = join(directory, `${name}.html`);
        writeFileSync(file, PAGES[name] ?? "");
        const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 375, height: 800 } });
        try {
          const page = await context.newPage();
          await page.goto(pathToFileURL(file).href);
          await page.evaluate(`for (const one of document.querySelectorAll("details")) one.open = true`);
          const { violations } = await findings(page);
          expect(violations).toEqual([]);
          // The page updates itself, and has a link that stops it.
          expect(await page.locator("a[href='?paused']").count()).toBe(name === "live" ? 1 : 0);
          expect(await page.evaluate(FAINT)).toEqual([]);
          for (const width of [375, 320]) {
            await page.setViewportSize({ width, height: 800 });
            expect(
              await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"),
            ).toBe(true);
          }
          for (const width of PICTURES === undefined ? [] : [375, 1_200]) {
            await page.setViewportSize({ width, height: 800 });
            await page.screenshot({ path: join(PICTURES ?? "", `${name}-${scheme}-${width}.png`), fullPage: true });
          }
        } finally {
          await context.close();
        }
      },
    );
  },
);
