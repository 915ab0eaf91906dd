import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, LANGUAGES, type Language, reader, startBrowser } from "../../support/pages/browser.ts";
import { madeApi } from "../../support/pages/made-api.ts";
import { buildSite, SITE, type Site } from "../../support/pages/site.ts";
import { type PageState, STATES, TEXTS } from "../../support/pages/states.ts";

/** A phone as narrow as WCAG 2.2 asks for (1.4.10), and a window of 1280 pixels at 200 % zoom. */
const NARROW = { width: 320, height: 640 };
const ZOOMED = { width: 640, height: 400 };
const DESK = { width: 1_200, height: 800 };
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** Where pictures go, if somebody wants to look at them. */
const PICTURES = process.env["REFERENDUM_SCREENSHOTS"];

describe.skipIf(CHROMIUM === undefined)(
  "every state of every page, in a browser (skipped where there is no Chromium)",
  { tags: ["browser", "slow"] },
  () => {
    let browser: Browser;
    let site: Site;
    beforeAll(async () => {
      [browser, site] = await Promise.all([startBrowser(), buildSite()]);
      if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
    });
    afterAll(async () => {
      await browser?.close();
    });

    async function comeTo(
      state: PageState,
      language: Language,
    ): Promise<{ context: BrowserContext; page: Page; problems: string[] }> {
      const context = await reader(browser, language, { viewport: NARROW });
      await site.serve(context, madeApi(state.api));
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("console", (message) => {
        // The browser also reports each request that the API refuses.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          problems.push(message.text());
      });
      await page.clock.install({ time: new Date("2026-11-29T15:00:00Z") });
      for (const [name, value] of Object.entries(state.session ?? {})) {
        await page.addInitScript(`sessionStorage.setItem(${JSON.stringify(name)}, ${JSON.stringify(value)})`);
      }
      await page.goto(`${SITE}/${state.path}`);
      const texts = TEXTS[language];
      await state.act?.(page, texts);
      await page.getByRole("heading", { level: 1, name: state.heading(texts) }).waitFor();
      if (state.sees !== undefined) await page.getByText(state.sees(texts)).first().waitFor();
      return { context, page, problems };
    }

    const findings = async (page: Page) =>
      (await new AxeBuilder({ page }).withTags(WCAG).analyze()).violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`,
      );
    const isTooWide = (page: Page) =>
      page.evaluate<boolean>("document.documentElement.scrollWidth > document.documentElement.clientWidth");

    describe.each(LANGUAGES)("%s", (language) => {
      test.each(STATES.map((state) => [state.name, state] as const))("%s", async (name, state) => {
        const { context, page, problems } = await comeTo(state, language);
        try {
          for (const [label, size] of Object.entries({ "320": NARROW, zoomed: ZOOMED, "1200": DESK })) {
            await page.setViewportSize(size);
            if (PICTURES !== undefined && label !== "zoomed") {
              await page.screenshot({ path: join(PICTURES, `${name}-${language}-${label}.png`), fullPage: true });
            }
            if (label === "1200") continue;
            expect(await isTooWide(page), `${label}: nothing is to be scrolled sideways`).toBe(false);
            expect(await findings(page), label).toEqual([]);
          }
          expect(await page.locator("html").getAttribute("lang")).toBe(language);
          expect(await page.title()).not.toBe("");
          // Neither a code nor the number of a receipt stays in the address.
          expect(new URL(page.url()).hash).toBe("");
          expect(problems).toEqual([]);
        } finally {
          await context.close();
        }
      });
    });

    test("forced colours and reduced motion leave everything to be seen", async () => {
      const context = await browser.newContext({ forcedColors: "active", reducedMotion: "reduce", locale: "en-CA" });
      await site.serve(context, madeApi());
      const page = await context.newPage();
      await page.goto(`${SITE}/results.html?law=L2026-001`);
      const bar = page.locator(".referendum-plot__bar").first();
      await bar.waitFor();
      const [fill, paper] = await page.evaluate<string[]>(`[
        getComputedStyle(document.querySelector(".referendum-plot__bar")).fill,
        getComputedStyle(document.body).backgroundColor,
      ]`);
      expect(fill).not.toBe(paper);
      const moving = await page.evaluate<number>(
        `[...document.querySelectorAll("*")].filter((one) => parseFloat(getComputedStyle(one).transitionDuration) > 0).length`,
      );
      expect(moving).toBe(0);
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, "forced-colours.png"), fullPage: true });
      await context.close();
    });
  },
);
