import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { en } from "../../../console/page/texts/en.ts";
import { fr } from "../../../console/page/texts/fr.ts";
import { buildConsolePage, type PageFile } from "../../../console/server/page-files.ts";
import { CONTENT_SECURITY_POLICY } from "../../../console/server/server.ts";
import { CONSOLE_STATES, type ConsolePageState, type MadeServer } from "../../support/console/console-states.ts";
import { NOON, state } from "../../support/console/made-states.ts";
import { findings } from "../../support/pages/axe.ts";
import { CHROMIUM, LANGUAGES, type Language, reader, startBrowser } from "../../support/pages/browser.ts";

const TEXTS = { fr, en };
const SITE = "http://127.0.0.1:9";
const NARROW = { width: 320, height: 640 };
const ZOOMED = { width: 640, height: 400 };
const DESK = { width: 1_280, height: 800 };
/** A time with a blank at which it could be broken. */
const BROKEN_TIME = /\d [ap]\.m\.|\d h\b|\bh \d/;
/** Where pictures go, if somebody wants to look at them. */
const PICTURES = process.env["REFERENDUM_SCREENSHOTS"];

describe.skipIf(CHROMIUM === undefined)(
  "every state of the console, in a browser (skipped where there is no Chromium)",
  { tags: ["browser", "slow"] },
  () => {
    let browser: Browser;
    let files: ReadonlyMap<string, PageFile>;
    const pages = new Map<Language, Page>();
    let server: MadeServer = {};
    let asked: string[] = [];
    let problems: string[] = [];

    beforeAll(async () => {
      [browser, files] = await Promise.all([startBrowser(), buildConsolePage()]);
      for (const language of LANGUAGES) pages.set(language, await openPage(language));
      if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
    });
    afterAll(async () => {
      await browser?.close();
    });

    async function openPage(language: Language): Promise<Page> {
      const page = await (await reader(browser, language, { viewport: NARROW })).newPage();
      await page.clock.install({ time: NOON });
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          problems.push(message.text());
      });
      await page.route("**/*", async (route) => {
        const url = new URL(route.request().url());
        if (url.origin !== SITE) return route.abort();
        const name = url.pathname.slice("/api/".length);
        if (!url.pathname.startsWith("/api/")) {
          const file = files.get(url.pathname);
          const headers = { "content-security-policy": CONTENT_SECURITY_POLICY };
          if (file === undefined) return route.fulfill({ status: 404, headers });
          return route.fulfill({ contentType: file.type, headers, body: file.body });
        }
        const known = server[name as keyof MadeServer] ?? "away";
        const turn = asked.filter((one) => one === name).length;
        asked.push(name);
        const answer = Array.isArray(known) ? known[Math.min(turn, known.length - 1)] : known;
        if (answer === "never") return;
        if (answer === "away") return route.abort("connectionrefused");
        if (answer === "locked") return route.fulfill({ status: 401, body: "" });
        return route.fulfill({ json: answer });
      });
      return page;
    }

    async function comeTo(language: Language, one: ConsolePageState): Promise<Page> {
      const page = pages.get(language);
      if (page === undefined) throw new Error(`nobody reads ${language}`);
      [server, asked, problems] = [one.server, [], []];
      await page.setViewportSize(NARROW);
      // Whoever opens the printed address once more begins anew, without loading the page.
      if (!page.url().startsWith(SITE)) await page.goto(`${SITE}/#token`);
      else {
        await page.evaluate("location.hash = 'token'");
        await page.waitForFunction("location.hash === ''");
      }
      const texts = TEXTS[language];
      await one.act?.(page, texts);
      await page.getByRole("heading", { level: 1, name: one.heading(texts), exact: true }).waitFor();
      if (one.sees !== undefined) await page.getByText(one.sees(texts)).first().waitFor();
      return page;
    }

    const picture = async (page: Page, name: string) => {
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
    };
    const isTooWide = (page: Page) =>
      page.evaluate<boolean>("document.documentElement.scrollWidth > document.documentElement.clientWidth");

    describe.each(LANGUAGES)("%s", (language) => {
      test.each(CONSOLE_STATES.map((one) => [one.name, one] as const))("%s", async (name, one) => {
        const page = await comeTo(language, one);
        await picture(page, `console-${name}-${language}-320`);
        expect(await isTooWide(page), "320: nothing is to be scrolled sideways").toBe(false);
        const narrow = await findings(page);
        expect(narrow.violations, "320").toEqual([]);
        await page.setViewportSize(ZOOMED);
        expect(await isTooWide(page), "zoomed: nothing is to be scrolled sideways").toBe(false);
        expect((await findings(page, narrow)).violations, "zoomed").toEqual([]);
        await page.setViewportSize(DESK);
        expect(await isTooWide(page), "desk: nothing is to be scrolled sideways").toBe(false);
        await picture(page, `console-${name}-${language}-1280`);
        expect(await page.locator("html").getAttribute("lang")).toBe(language);
        expect(await page.locator("main").innerText(), "a time stays on one line").not.toMatch(BROKEN_TIME);
        // The token does not stay in the address.
        expect(page.url()).toBe(`${SITE}/`);
        expect(problems).toEqual([]);
      });
    });

    test("a page asks at most once in three seconds, and not while it is paused", async () => {
      const page = await comeTo("en", {
        name: "asks-once",
        server: { state: { ok: true, result: state() } },
        heading: (t) => t.overview.title("local"),
      });
      // From here on, the page's clock moves only when it is told to.
      await page.clock.pauseAt(new Date(NOON.getTime() + 3_600_000));
      const before = asked.length;
      for (let steps = 0; steps < 40; steps++) await page.clock.runFor(500);
      expect(asked.length - before).toBeGreaterThan(1);
      expect(asked.length - before).toBeLessThanOrEqual(1 + 20 / 3);
      await page.getByRole("button", { name: en.overview.pause, exact: true }).click();
      const paused = asked.length;
      for (let steps = 0; steps < 20; steps++) await page.clock.runFor(500);
      expect(asked).toHaveLength(paused);
      expect(new Set(asked)).toEqual(new Set(["state"]));
      await page.clock.resume();
    });

    test("by keyboard alone: what has the focus keeps it while the page is drawn anew, and a form keeps what was typed", async () => {
      const page = await comeTo("en", {
        name: "keyboard",
        server: { state: { ok: true, result: state() } },
        heading: (t) => t.overview.title("local"),
      });
      const focused = () => page.evaluate<string>("document.activeElement?.textContent ?? ''");
      const label = en.laws.freeze("L2026-001");
      for (let tabs = 0; tabs < 30 && (await focused()) !== label; tabs++) await page.keyboard.press("Tab");
      await page.clock.runFor(3_500);
      await expect.poll(() => asked.length).toBeGreaterThanOrEqual(2);
      await expect.poll(focused).toBe(label);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: en.freeze.title("L2026-001") }).waitFor();
      // The heading has the focus, so that it is read; the next stop is the field.
      await page.keyboard.press("Tab");
      await page.keyboard.type("L2026");
      await page.clock.runFor(6_500);
      expect(await page.getByLabel(en.freeze.type).inputValue()).toBe("L2026");
    });

    test("what was said last stays when the console ends, and can be asked for again", async () => {
      const page = await comeTo("en", {
        name: "ends",
        server: { state: [{ ok: true, result: state() }, "away", { ok: true, result: state() }] },
        heading: (t) => t.overview.title("local"),
      });
      await page.clock.runFor(3_500);
      await page.getByRole("heading", { level: 1, name: en.ended.title }).waitFor();
      await page.getByRole("button", { name: en.ended.again }).click();
      await page.getByRole("heading", { level: 1, name: en.overview.title("local") }).waitFor();
    });
  },
);
