import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Findings, findings } from "../../support/pages/axe.ts";
import {
  CHROMIUM,
  LANGUAGES,
  type Language,
  reader,
  startBrowser,
  startKeepingBrowser,
} from "../../support/pages/browser.ts";
import { LAWS, madeApi, REQUEST_ID, receipt, tally, UNAVAILABLE } from "../../support/pages/made-api.ts";
import { buildSite, SITE, type Site } from "../../support/pages/site.ts";
import {
  castOnce,
  choose,
  identify,
  NOON,
  type PageState,
  STATES,
  stateNamed,
  TEXTS,
} from "../../support/pages/states.ts";
import { textsOf } from "../../support/pages/texts.ts";
import { stored } from "../../support/pages/visit.ts";

/** A phone as narrow as WCAG 2.2 asks for (1.4.10), and a window of 1280 pixels at 200 % zoom. */
const NARROW = { width: 320, height: 640 };
const ZOOMED = { width: 640, height: 400 };
const DESK = { width: 1_200, height: 800 };
/** A time with a blank at which it could be broken, or a French hour with a zero before it. */
const BROKEN_TIME = /\d [ap]\.m\.|\d h\b|\bh \d|\b0\d\sh\b/;
/** Where pictures go, if somebody wants to look at them. */
const PICTURES = process.env["REFERENDUM_SCREENSHOTS"];

/** What fills the gaps of a text until it is known what does. */
const MANY = 7;

/** What a text looks like where it is shown, whatever its gaps are filled with. */
function patternOf(text: string, isWhole: boolean): RegExp {
  const parts = text.split(String(MANY)).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = parts.join(".+");
  return new RegExp(isWhole ? `^${pattern}$` : pattern, "m");
}

describe.skipIf(CHROMIUM === undefined)(
  "every state of every page, in a browser (skipped where there is no Chromium)",
  { tags: ["browser", "slow"] },
  () => {
    let browser: Browser;
    let site: Site;
    /** One page per language, from which tabs are opened. */
    const openers = new Map<Language, Page>();
    beforeAll(async () => {
      [browser, site] = await Promise.all([startBrowser(), buildSite()]);
      for (const language of LANGUAGES) {
        const opener = await (await reader(browser, language, { viewport: NARROW })).newPage();
        await opener.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "" }));
        await opener.goto(`${SITE}/opener`);
        openers.set(language, opener);
      }
      if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
    });
    afterAll(async () => {
      await browser?.close();
    });

    /**
     * A tab that knows nothing of another one: what the pages remember is the tab's. A page has opened it, so that all
     * tabs share a process, which compiles scripts once.
     */
    async function newTab(language: Language): Promise<Page> {
      const opener = openers.get(language);
      if (opener === undefined) throw new Error(`nobody reads ${language}`);
      const [page] = await Promise.all([
        opener.context().waitForEvent("page"),
        opener.evaluate("void window.open('about:blank')"),
      ]);
      return page;
    }

    /** In a browser that keeps pages whole for Back and Forward, as people's browsers do and Playwright's does not. */
    async function newTabThatKeepsPages(): Promise<Page> {
      const keeping = await startKeepingBrowser();
      return (await reader(keeping, "en")).newPage();
    }

    async function comeTo(page: Page, state: PageState, language: Language): Promise<readonly string[]> {
      await site.serve(page, madeApi(state.api));
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("console", (message) => {
        // The browser also reports each request that the API refuses.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          problems.push(message.text());
      });
      await page.clock.install({ time: NOON });
      if (state.browser !== undefined) await page.addInitScript(state.browser);
      for (const [name, value] of Object.entries(state.session ?? {})) {
        await page.addInitScript(`sessionStorage.setItem(${JSON.stringify(name)}, ${JSON.stringify(value)})`);
      }
      await page.goto(`${SITE}/${state.path}`);
      const texts = TEXTS[language];
      await state.act?.(page, texts);
      await page.getByRole("heading", { level: 1, name: state.heading(texts) }).waitFor();
      if (state.sees !== undefined) await page.getByText(state.sees(texts)).first().waitFor();
      if (state.lacks !== undefined) expect(await page.getByText(state.lacks(texts)).count()).toBe(0);
      return problems;
    }

    async function lookAt(page: Page, label: string, before?: Findings): Promise<Findings> {
      expect(await isTooWide(page), `${label}: nothing is to be scrolled sideways`).toBe(false);
      const found = await findings(page, before);
      expect(found.violations, label).toEqual([]);
      return found;
    }
    /** All that the states of a language have shown: words, titles, and names that are read aloud. */
    const shown = new Map<Language, Map<string, string>>(LANGUAGES.map((language) => [language, new Map()]));
    const wordsOf = (page: Page) =>
      page.evaluate<string>(`[
        document.title,
        ...[...document.querySelectorAll("body *")].flatMap((one) => [one.ariaLabel ?? "", one.textContent]),
      ].join("\\n")`);
    const picture = async (page: Page, name: string) => {
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
    };
    const isTooWide = (page: Page) =>
      page.evaluate<boolean>("document.documentElement.scrollWidth > document.documentElement.clientWidth");

    describe.each(LANGUAGES)("%s", (language) => {
      test.each(STATES.map((state) => [state.name, state] as const))("%s", async (name, state) => {
        const page = await newTab(language);
        try {
          const problems = await comeTo(page, state, language);
          await picture(page, `${name}-${language}-320`);
          const narrow = await lookAt(page, "320");
          await page.setViewportSize(ZOOMED);
          await lookAt(page, "zoomed", narrow);
          if (PICTURES !== undefined) {
            await page.setViewportSize(DESK);
            await picture(page, `${name}-${language}-1200`);
          }
          expect(await page.locator("html").getAttribute("lang")).toBe(language);
          expect(await page.title()).not.toBe("");
          shown.get(language)?.set(name, await wordsOf(page));
          expect(await page.locator("main").innerText(), "a time stays on one line").not.toMatch(BROKEN_TIME);
          // Neither a code nor the number of a receipt stays in the address.
          expect(new URL(page.url()).hash).toBe("");
          expect(problems).toEqual([]);
        } finally {
          await page.close();
        }
      });

      test("each text is shown in one of them", ({ skip }) => {
        const states = shown.get(language) ?? new Map<string, string>();
        if (states.size < STATES.length) skip("not every state was looked at");
        const all = [...states.values()].join("\n");
        const texts = textsOf(TEXTS[language], MANY);
        // A text that is part of another one is looked for alone.
        const isPart = (name: string, text: string) =>
          texts.some(([other, longer]) => other !== name && longer !== text && longer.includes(text));
        const unseen = texts.filter(([name, text]) => !patternOf(text, isPart(name, text)).test(all));
        expect(unseen.map(([name]) => name)).toEqual([]);
      });

      test("an address where no page is", async () => {
        const page = await newTab(language);
        try {
          await site.serve(page, madeApi());
          const problems: string[] = [];
          page.on("console", (message) => {
            if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
              problems.push(message.text());
          });
          // Two slashes at the beginning must not be taken for the name of a host.
          for (const path of ["//vote.html?law=L2026-001", "//", "/a/b"]) {
            await page.goto(`${SITE}${path}#code=AB12CD34`);
            expect(page.url()).toBe(`${SITE}${path}`);
          }
          await page.goto(`${SITE}/a/b#code=ZZ99ZZ99`);
          await page.waitForFunction("location.hash === ''");
          expect(problems).toEqual([]);
          await picture(page, `no-page-${language}-320`);
          const narrow = await lookAt(page, "320");
          await page.setViewportSize(ZOOMED);
          await lookAt(page, "zoomed", narrow);
          await page.setViewportSize(DESK);
          await picture(page, `no-page-${language}-1200`);
          await page.getByRole("link", { name: language === "fr" ? /Aller/ : /Go to/ }).click();
          await page.getByRole("heading", { level: 1, name: TEXTS[language].laws.title }).waitFor();
        } finally {
          await page.close();
        }
      });
    });

    test("a page says its language in the address after Back and Forward too", async () => {
      const page = await newTab("en");
      try {
        await comeTo(page, stateNamed("choose"), "en");
        await page.getByRole("link", { name: "Français" }).click();
        for (const [go, heading] of [
          ["goBack", TEXTS.fr.identify.title],
          ["goForward", LAWS[0].title.fr],
        ] as const) {
          await page[go]({ waitUntil: "commit" });
          await page.getByRole("heading", { level: 1, name: heading }).waitFor();
          expect(new URL(page.url()).searchParams.get("lang")).toBe("fr");
        }
      } finally {
        await page.close();
      }
    });

    test("a page whose script does not arrive says what to do", async () => {
      const page = await newTab("en");
      try {
        await site.serve(page, madeApi());
        await page.route("**/*.js", (route) => route.abort());
        await page.goto(`${SITE}/vote.html?law=L2026-001`);
        await page.getByText("update your browser").waitFor();
        await picture(page, "no-script-320");
        const narrow = await lookAt(page, "320");
        await page.setViewportSize(ZOOMED);
        await lookAt(page, "zoomed", narrow);
        await page.setViewportSize(DESK);
        await picture(page, "no-script-1200");
      } finally {
        await page.close();
      }
    });

    test("a vote that may have arrived before its law closed is forgotten once nothing more can be sent", async () => {
      const page = await newTab("en");
      try {
        await comeTo(page, stateNamed("closed-in-doubt"), "en");
        expect(await stored(page)).toBe(
          JSON.stringify({ "referendum-receipt": REQUEST_ID, "referendum-in-doubt": REQUEST_ID }),
        );
        await page.goto(`${SITE}/vote.html?law=L2026-001`);
        await page.getByRole("heading", { level: 1, name: TEXTS.en.ended.closedTitle }).waitFor();
      } finally {
        await page.close();
      }
    });

    test("a page that changes by itself leaves the focus where it is", async () => {
      const page = await newTab("en");
      try {
        const texts = TEXTS.en;
        const votes = [receipt("received"), receipt("counted")] as const;
        await site.serve(page, madeApi({ votes, results: [tally(1_012, 771), tally(1_012, 778)] }));
        await page.clock.install({ time: NOON });
        await page.goto(`${SITE}/receipt.html#${REQUEST_ID}`);
        const save = page.getByRole("button", { name: texts.receipt.save });
        await save.focus();
        await page.clock.runFor(5_000);
        await page.getByRole("heading", { level: 1, name: texts.receipt.countedTitle }).waitFor();
        expect(await page.evaluate("document.activeElement.textContent")).toBe(texts.receipt.save);
        expect(await page.locator("#spoken").textContent(), "a screen reader says it").toBe(texts.receipt.countedTitle);

        await page.goto(`${SITE}/results.html?law=L2026-001`);
        const pause = page.getByRole("button", { name: texts.results.pause });
        await pause.focus();
        const asked = page.waitForRequest("**/results/**");
        await page.clock.runFor(15_000);
        await asked;
        await page.getByText("1,790").waitFor();
        await page.setViewportSize(DESK);
        await page.clock.runFor(1_000);
        expect(await page.evaluate("document.activeElement.textContent")).toBe(texts.results.pause);
      } finally {
        await page.close();
      }
    });

    test("an address with a code or a receipt that is opened in the same tab is used, and leaves the address", async () => {
      const page = await newTab("en");
      try {
        const texts = TEXTS.en;
        await site.serve(page, madeApi());
        await page.goto(`${SITE}/vote.html?law=L2026-001`);
        const code = page.getByLabel(texts.identify.code, { exact: true });
        await code.waitFor();
        await page.goto(`${SITE}/vote.html?law=L2026-001#code=AB12CD34`);
        await page.getByText(texts.identify.codeTaken).waitFor();
        expect(await code.inputValue()).toBe("AB12CD34");
        expect(new URL(page.url()).hash).toBe("");
        await page.goto(`${SITE}/receipt.html`);
        await page.getByLabel(texts.receipt.number, { exact: true }).waitFor();
        await page.goto(`${SITE}/receipt.html#${REQUEST_ID}`);
        await page.getByRole("heading", { level: 1, name: texts.receipt.countedTitle }).waitFor();
        expect(new URL(page.url()).hash).toBe("");
      } finally {
        await page.close();
      }
    });

    test("what is wrong with a field is said at once, and belongs to the field", async () => {
      const page = await newTab("en");
      try {
        const texts = TEXTS.en;
        await site.serve(page, madeApi());
        await page.goto(`${SITE}/vote.html?law=L2026-001`);
        await identify(page, texts, "123 456 78");
        await page.getByRole("alert").getByText(texts.identify.nasDigits).waitFor();
        const field = page.getByLabel(texts.identify.nas, { exact: true });
        expect(await field.getAttribute("aria-invalid")).toBe("true");
        const described = (await field.getAttribute("aria-describedby"))?.split(" ") ?? [];
        const said = await Promise.all(described.map((id) => page.locator(`#${id}`).textContent()));
        expect(said.join(" ")).toContain(texts.identify.nasDigits);
      } finally {
        await page.close();
      }
    });

    test("how much of a field is typed is said once the typing pauses", async () => {
      const page = await newTab("en");
      try {
        await site.serve(page, madeApi());
        await page.clock.install({ time: NOON });
        await page.goto(`${SITE}/vote.html?law=L2026-001`);
        const spoken = page.locator("#spoken");
        await page.getByLabel(TEXTS.en.identify.nas, { exact: true }).pressSequentially("1234");
        expect(await page.getByText(TEXTS.en.identify.nasCount(4)).isVisible()).toBe(true);
        await page.clock.runFor(500);
        expect(await spoken.textContent()).toBe("");
        await page.clock.runFor(1_000);
        expect(await spoken.textContent()).toBe(TEXTS.en.identify.nasCount(4));
      } finally {
        await page.close();
      }
    });

    test("Back shows nothing of what was typed before the voter left, where the browser keeps whole pages", async () => {
      const page = await newTabThatKeepsPages();
      try {
        await site.serve(page, madeApi());
        await page.goto(`${SITE}/vote.html?law=L2026-001`);
        await identify(page, TEXTS.en);
        await choose(page, TEXTS.en);
        await page.getByRole("heading", { level: 1, name: TEXTS.en.check.title }).waitFor();
        await page.getByRole("link", { name: TEXTS.en.nav.results }).click();
        await page.getByRole("heading", { level: 1, name: TEXTS.en.results.title }).waitFor();
        await page.goBack({ waitUntil: "commit" });
        await page.getByRole("heading", { level: 1, name: TEXTS.en.identify.title }).waitFor();
        for (const label of [TEXTS.en.identify.nas, TEXTS.en.identify.code]) {
          expect(await page.getByLabel(label, { exact: true }).inputValue()).toBe("");
        }
      } finally {
        await page.context().browser()?.close();
      }
    });

    test("on paper a receipt has its number and address, and nothing to press", async () => {
      const page = await newTab("en");
      try {
        await site.serve(page, madeApi());
        await page.goto(`${SITE}/receipt.html#${REQUEST_ID}`);
        await page.getByRole("heading", { level: 1, name: TEXTS.en.receipt.countedTitle }).waitFor();
        await page.emulateMedia({ media: "print" });
        expect(await page.getByRole("button").count()).toBe(0);
        expect(await page.getByText(REQUEST_ID).isVisible()).toBe(true);
        expect(await page.getByText(TEXTS.en.receipt.where(`${SITE}/receipt.html`)).isVisible()).toBe(true);
      } finally {
        await page.close();
      }
    });

    test.each(["rehearsal-receipt", "rehearsal-results"])(
      "on paper, %s says that the votes do not count",
      async (name) => {
        const page = await newTab("en");
        try {
          await comeTo(page, stateNamed(name), "en");
          await page.emulateMedia({ media: "print" });
          expect(await page.getByText(TEXTS.en.rehearsal).isVisible()).toBe(true);
        } finally {
          await page.close();
        }
      },
    );

    test("a receipt of a law that counts says nothing of a rehearsal after one that does not", async () => {
      const page = await newTab("en");
      try {
        await comeTo(page, stateNamed("rehearsal-receipt"), "en");
        await page.getByRole("button", { name: TEXTS.en.receipt.another }).click();
        await page.getByRole("heading", { level: 1, name: TEXTS.en.receipt.title }).waitFor();
        expect(await page.getByText(TEXTS.en.rehearsal).count()).toBe(0);
      } finally {
        await page.close();
      }
    });

    test("a vote stays one submission although the device slept while its page was open", async () => {
      const page = await newTab("en");
      try {
        await site.serve(page, madeApi({ vote: UNAVAILABLE }));
        await page.clock.install({ time: NOON });
        const keys = new Set<string | undefined>();
        page.on("request", (request) => {
          if (request.method() === "POST") keys.add(request.headers()["idempotency-key"]);
        });
        await page.goto(`${SITE}/vote.html?law=L2026-001`);
        const first = page.waitForResponse("**/vote");
        await castOnce(page, TEXTS.en);
        await first;
        await page.clock.fastForward("10:00");
        await page.clock.runFor(1_000);
        const again = page.waitForResponse("**/vote");
        await page.reload();
        await again;
        await page.getByRole("heading", { level: 1, name: TEXTS.en.sending.title }).waitFor();
        expect(keys.size).toBe(1);
      } finally {
        await page.close();
      }
    });

    test("a vote that was given up is not sent when the device is connected again, where the browser keeps whole pages", async () => {
      const page = await newTabThatKeepsPages();
      try {
        let sent = 0;
        page.on("request", (request) => {
          if (request.method() === "POST") sent += 1;
        });
        await comeTo(page, stateNamed("unconfirmed-away"), "en");
        await page.getByRole("button", { name: TEXTS.en.unconfirmed.forget }).click();
        await page.getByRole("heading", { level: 1, name: TEXTS.en.laws.title }).waitFor();
        await page.goBack({ waitUntil: "commit" });
        await page.getByRole("heading", { level: 1, name: TEXTS.en.identify.title }).waitFor();
        const before = sent;
        await page.evaluate("dispatchEvent(new Event('online'))");
        await page.clock.runFor(5_000);
        expect(sent).toBe(before);
        await page.getByRole("heading", { level: 1, name: TEXTS.en.identify.title }).waitFor();
      } finally {
        await page.context().browser()?.close();
      }
    });

    test("Back shows nothing of a receipt that was forgotten, where the browser keeps whole pages", async () => {
      const page = await newTabThatKeepsPages();
      try {
        await site.serve(page, madeApi());
        await page.goto(`${SITE}/receipt.html#${REQUEST_ID}`);
        await page.getByRole("heading", { level: 1, name: TEXTS.en.receipt.countedTitle }).waitFor();
        // Another page of the tab, which forgets it; the page of the receipt is kept whole meanwhile.
        await page.getByRole("link", { name: TEXTS.en.nav.results }).click();
        await page.getByRole("heading", { level: 1, name: TEXTS.en.results.title }).waitFor();
        await page.evaluate("sessionStorage.clear()");
        await page.goBack({ waitUntil: "commit" });
        await page.getByRole("heading", { level: 1, name: TEXTS.en.receipt.title }).waitFor();
        expect(await page.locator("body").textContent()).not.toContain(REQUEST_ID);
        // And by the page itself.
        await page.getByLabel(TEXTS.en.receipt.number, { exact: true }).fill(REQUEST_ID);
        await page.getByRole("button", { name: TEXTS.en.receipt.look }).click();
        await page.getByRole("button", { name: TEXTS.en.receipt.done }).click();
        await page.getByRole("heading", { level: 1, name: TEXTS.en.laws.title }).waitFor();
        await page.goBack({ waitUntil: "commit" });
        expect(await page.locator("body").textContent()).not.toContain(REQUEST_ID);
      } finally {
        await page.context().browser()?.close();
      }
    });

    test.each([
      ["hours are half an hour off those of other zones", "America/St_Johns", "2026-11-29T13:00:00Z", "9:30 a.m."],
      ["an hour comes twice", "America/Toronto", "2026-11-01T05:00:00Z", "1:00 a.m. EDT – Nov 1, 1:00 a.m. EST"],
    ])("where %s, turnout says so", async (_, timezoneId, from, sees) => {
      const context = await reader(browser, "en", { timezoneId });
      const page = await context.newPage();
      const hour = (index: number) => new Date(Date.parse(from) + index * 3_600_000).toISOString();
      const hours = [0, 1, 2].map((index) => ({ from: hour(index), until: hour(index + 1), voted: 100 }));
      const turnout = { status: 200, json: { law_id: "L2026-001", eligible: 4_000, voted: 300, hours } };
      await site.serve(page, madeApi({ turnout }));
      await page.goto(`${SITE}/results.html?law=L2026-001`);
      const figures = timezoneId === "America/St_Johns" ? page.locator(".referendum-plot > text") : page.locator("th");
      await figures.filter({ hasText: sees }).first().waitFor();
      await context.close();
    });

    test.each(LANGUAGES)("forced colours and reduced motion leave everything to be seen (%s)", async (language) => {
      const context = await reader(browser, language, { forcedColors: "active", viewport: NARROW });
      await site.serve(context, madeApi());
      const page = await context.newPage();
      await page.goto(`${SITE}/results.html?law=L2026-001`);
      await page.locator(".referendum-plot__bar").first().waitFor();
      const [ink, bar, solid, hatched] = await page.evaluate<string[]>(`[
        getComputedStyle(document.body).color,
        getComputedStyle(document.querySelector(".referendum-plot__bar")).fill,
        getComputedStyle(document.querySelector(".referendum-share__bar--0")).backgroundColor,
        getComputedStyle(document.querySelector(".referendum-share__bar--1")).backgroundImage,
      ]`);
      expect(bar, "the colour that the reader has chosen for text").toBe(ink);
      expect(solid).toBe(ink);
      expect(hatched).toContain(ink);
      const moving = await page.evaluate<number>(`document.getAnimations().length + [...document.querySelectorAll("*")]
        .map((one) => getComputedStyle(one))
        .filter((style) => parseFloat(style.transitionDuration) > 0 || style.scrollBehavior === "smooth").length`);
      expect(moving).toBe(0);
      expect(await isTooWide(page)).toBe(false);
      await picture(page, `forced-colours-${language}-320`);
      await page.setViewportSize(DESK);
      await picture(page, `forced-colours-${language}-1200`);
      await context.close();
    });
  },
);
