import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { curvePage } from "../../../load/report/curve.ts";
import { mergeReports } from "../../../load/report/merge.ts";
import type { LoadReport } from "../../../load/report/model.ts";
import { reportPage } from "../../../load/report/page.ts";
import { serveLive } from "../../../load/run/live.ts";
import { runLoad } from "../../../load/run/run.ts";
import { scenarioOf } from "../../../load/run/scenarios.ts";
import { findChromium } from "../../../machine/browser.ts";
import { Chromium, type Page } from "../../support/chromium.ts";

const path = findChromium();
/** A phone, and a desk. */
const WIDTHS = [360, 375, 1_200];

interface Drawn {
  readonly title: string;
  /** Series without a drawn line. */
  readonly missing: readonly string[];
  readonly width: number;
}

/** The visible parts of each plot: for every series, a line with a length and a colour. */
const DRAWN = `[...document.querySelectorAll("figure")].map((figure) => {
  // A share of zero has no width.
  const shapes = [...figure.querySelectorAll("[data-series]")].filter((shape) => shape.getAttribute("width") !== "0.00");
  return {
    title: figure.querySelector("figcaption").textContent,
    width: figure.getBoundingClientRect().width,
    missing: shapes.length === 0 ? ["everything"] : shapes.filter((shape) => {
      const { width, height } = shape.getBoundingClientRect();
      const length = shape instanceof SVGPathElement ? shape.getTotalLength() : width * height;
      return !(length > 0) || getComputedStyle(shape).visibility !== "visible";
    }).map((shape) => shape.dataset.series),
  };
})`;
/** Text whose letters are smaller than 11 pixels on the screen; a drawing's text is as large as its scale makes it. */
const SMALL = `[...document.querySelectorAll("p,td,th,figcaption,small,span,svg text,h1")].filter((one) => {
  const scale = one.ownerSVGElement ? one.ownerSVGElement.getBoundingClientRect().width / one.ownerSVGElement.viewBox.baseVal.width : 1;
  return one.textContent.trim() !== "" && parseFloat(getComputedStyle(one).fontSize) * scale < 11;
}).map((one) => one.textContent)`;

/** Labels of a drawing that its edge cuts off. */
const CUT_OFF = `[...document.querySelectorAll("svg text")].filter((one) => {
  const [inner, outer] = [one.getBoundingClientRect(), one.ownerSVGElement.getBoundingClientRect()];
  return inner.left < outer.left - 0.5 || inner.right > outer.right + 0.5 || inner.top < outer.top - 0.5 || inner.bottom > outer.bottom + 0.5;
}).map((one) => one.textContent)`;

/** Plots without a heading, and headings that skip a level. */
const HEADINGS = `(() => {
  const levels = [...document.querySelectorAll("h1,h2,h3,h4")].map((one) => Number(one.tagName[1]));
  const skipping = levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1);
  return [...skipping, ...[...document.querySelectorAll("figure")].filter((one) => one.querySelector("h3") === null).map((one) => one.textContent)];
})()`;

describe.skipIf(path === undefined)(
  "the page of a load report, in a browser (skipped where there is no Chromium)",
  {
    tags: ["browser", "load"],
  },
  () => {
    let chromium: Chromium;
    let directory: string;
    let report: LoadReport;
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), `referendum-page-${process.pid}-`));
      chromium = await Chromium.start(path ?? "");
      report = await run("1/1");
    });
    afterAll(async () => {
      await chromium?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    function run(shard: string, onSecond: Parameters<typeof runLoad>[0]["onSecond"] = () => undefined) {
      return runLoad({
        scenario: scenarioOf("smoke", { votes: 400, rate: 100 }),
        queue: "memory",
        mix: "duplicates=5,unknown=5,malformed=5,receipts=5",
        shard,
        command: "npm run load -- smoke",
        signal: new AbortController().signal,
        say: () => undefined,
        onSecond,
      });
    }

    async function check(page: Page, titles: readonly string[]): Promise<void> {
      expect(page.problems).toEqual([]);
      const drawn = (await page.evaluate(DRAWN)) as Drawn[];
      expect(drawn.map(({ title }) => title.replace(/ \(.*/, ""))).toEqual(titles);
      for (const { title, missing, width } of drawn)
        expect({ title, missing, isWide: width > 250 }).toEqual({ title, missing: [], isWide: true });
      expect(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")).toBe(
        true,
      );
      expect(await page.evaluate(SMALL)).toEqual([]);
      expect(await page.evaluate(CUT_OFF)).toEqual([]);
      expect(await page.evaluate('document.querySelectorAll("main h1").length')).toBe(1);
      expect(await page.evaluate(HEADINGS)).toEqual([]);
    }

    async function look(name: string, html: string, titles: readonly string[]): Promise<void> {
      const file = join(directory, `${name}.html`);
      writeFileSync(file, html);
      const { href } = pathToFileURL(file);
      for (const width of WIDTHS) {
        const page = await chromium.open(width, 800);
        await page.visit(href);
        await check(page, titles);
        // One file that opens anywhere, without other requests.
        expect(page.requested.filter((url) => !url.startsWith("data:"))).toEqual([href]);
        const picture = process.env["REFERENDUM_SCREENSHOTS"];
        if (picture !== undefined) writeFileSync(join(picture, `${name}-${width}.png`), await page.screenshot());
      }
    }

    const PLOTS = ["Requests", "Latency", "Waiting votes", "Counted", "CPU", "Memory", "Answers", "Outcomes"];

    test("shows one run", async () => {
      await look("run", reportPage(report), PLOTS);
    });

    test("shows two machines' runs, merged", async () => {
      const merged = mergeReports([
        { ...report, shard: "1/2" },
        { ...report, shard: "2/2" },
      ]);
      expect(merged.requests).toBe(2 * report.requests);
      await look("merged", reportPage(merged), PLOTS);
    });

    test("shows the curve", async () => {
      const reports = [250, 500, 1_000].map((rate) => ({ ...report, offered: { ...report.offered, rate } }));
      await look("curve", curvePage(reports), [
        "Accepted and shed",
        "Latency of accepted votes",
        "CPU of the whole stack for each vote",
        "Time to catch up after the load",
      ]);
    });

    test("updates without a reload while a run goes on", async () => {
      let seconds = 2;
      const live = await serveLive((isPaused) =>
        reportPage(
          { ...report, timeline: report.timeline.slice(0, seconds), samples: report.samples.slice(0, seconds + 1) },
          { everySeconds: 1, isPaused },
        ),
      );
      try {
        const page = await chromium.open(800, 800);
        await page.visit(live.url);
        const line = `document.querySelector("path[data-series=sent]").getAttribute("d")`;
        const before = await page.evaluate(line);
        seconds = report.timeline.length;
        await expect.poll(() => page.evaluate(line), { timeout: 20_000 }).not.toBe(before);
        await check(page, PLOTS);

        const [running, paused] = await Promise.all(
          ["", "?paused"].map(async (query) => (await fetch(`${live.url}${query}`)).text()),
        );
        expect(running).toMatch(/href="\?paused".*<script>/s);
        expect(paused).toContain('href="./"');
        expect(paused).not.toContain("<script>");
      } finally {
        live.stop();
      }
    });
  },
);
