import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { CHROMIUM, startKeepingBrowser } from "../../support/pages/browser.ts";
import {
  CLOSED,
  CLOSED_IN_DOUBT,
  type Differences,
  LAWS,
  MISTYPED,
  NOW,
  promisedAnswer,
  REQUEST_ID,
  receipt,
  UNAVAILABLE,
} from "../../support/pages/made-api.ts";
import { buildSite, SITE, type Site } from "../../support/pages/site.ts";
import { castOnce, clockOf, identify, TEXTS } from "../../support/pages/states.ts";
import { heading, pendingVote, press, retrying, visit } from "../../support/pages/visit.ts";

const en = TEXTS.en;
const VOTE = `${SITE}/vote.html?law=L2026-001`;
const OTHER = `${SITE}/vote.html?law=L2026-002`;
const PENDING_VOTE = pendingVote("L2026-001", REQUEST_ID);
const PHONE = { width: 360, height: 600 };

describe.skipIf(CHROMIUM === undefined)(
  "going on, back and elsewhere, in a browser (skipped where there is no Chromium)",
  { tags: ["browser"] },
  () => {
    let browser: Browser;
    let site: Site;
    beforeAll(async () => {
      [browser, site] = await Promise.all([startKeepingBrowser(), buildSite()]);
    });
    afterAll(() => browser?.close());

    const open = (address: string, api: Differences = {}, options: BrowserContextOptions = {}) =>
      visit(browser, site, { address, api, options });

    test("a vote on one law is gone on with on its own page, and its answer is filled in for no other law", async () => {
      const { page, sent, close } = await open(VOTE, { vote: [UNAVAILABLE, "never", MISTYPED] });
      await castOnce(page, en);
      await retrying(page);
      await page.goto(OTHER);
      await heading(page, en.pendingNotice.heading);
      // Another address of the same page sends nothing.
      await page.evaluate("location.hash = '#code=ZZ99ZZ99'");
      await page.waitForFunction("location.hash === ''");
      await heading(page, en.pendingNotice.heading);
      expect(sent).toHaveLength(1);
      const again = page.waitForRequest("**/vote");
      await press(page, en.pendingNotice.link);
      await again;
      expect(new URL(page.url()).searchParams.get("law")).toBe("L2026-001");
      await page.reload();
      await heading(page, en.identify.title);
      await page.getByRole("alert").waitFor();
      expect(new Set(sent).size).toBe(1);
      await close();
    });

    test.each([
      ["of an open law", NOW.promising, false],
      ["of a sealed law, also after a reload", NOW.sealedWithProof, true],
    ])(
      "a vote %s is sent again when the law is opened again while the page looks for it",
      async (_, law, isReloaded) => {
        const { page, sent, close } = await open(VOTE, { law, votes: receipt("received") });
        const bodies: (string | null)[] = [];
        let isFrozen = true;
        await page.route("**/api/v1/vote", (route) => {
          bodies.push(route.request().postData());
          if (bodies.length === 1) return route.abort("connectionrefused");
          return route.fulfill(isFrozen ? CLOSED_IN_DOUBT : promisedAnswer(route.request(), law !== NOW.promising));
        });
        const heading1 = page.getByRole("heading", { level: 1 });
        const passUntil = async (name: string) => {
          await clockOf(page)(async () => (await heading1.textContent()) === name);
          await heading(page, name);
        };
        await castOnce(page, en);
        // From here on the law is suspended.
        await page.route("**/api/v1/laws/*", (route) => route.fulfill(isFrozen ? NOW.frozen : law));
        await passUntil(en.sending.lookTitle);
        if (isReloaded) {
          await page.reload();
          await passUntil(en.sending.lookTitle);
        }
        const read = page.waitForResponse("**/api/v1/laws/*");
        await page.clock.runFor(5_000);
        await read;
        await heading(page, en.sending.lookTitle);
        const before = sent.length;
        isFrozen = false;
        await passUntil(en.receipt.receivedTitle);
        expect(sent, "no more is sent than is needed").toHaveLength(before + 1);
        expect([new Set(sent).size, new Set(bodies).size], "it stays one submission, to the byte").toEqual([1, 1]);
        await close();
      },
    );

    test("a vote that was given up on another page is not sent when Back brings its page back", async () => {
      const { page, sent, close } = await open(VOTE, { vote: UNAVAILABLE });
      await castOnce(page, en);
      await retrying(page);
      await page.getByRole("link", { name: en.nav.results }).click();
      await heading(page, en.results.title);
      await page.goto(OTHER);
      await press(page, en.pendingNotice.forget);
      await heading(page, en.ended.frozenTitle);
      const before = sent.length;
      await page.goBack({ waitUntil: "commit" });
      await page.goBack({ waitUntil: "commit" });
      await heading(page, en.identify.title);
      await page.clock.runFor(20_000);
      expect(sent).toHaveLength(before);
      await close();
    });

    test("a vote that nobody confirmed and that was given up on another page is not sent once there is a network", async () => {
      const { page, sent, close } = await open(VOTE, { vote: UNAVAILABLE });
      await page.evaluate("Math.random = () => 0");
      await castOnce(page, en);
      const unconfirmed = page.getByRole("heading", { level: 1, name: en.unconfirmed.title });
      await waitUntil(
        "nobody confirms it",
        async () => {
          await page.clock.runFor(2_000);
          return unconfirmed.isVisible();
        },
        { withinMs: 60_000, everyMs: 20 },
      );
      await page.getByRole("link", { name: en.nav.results }).click();
      await heading(page, en.results.title);
      await page.goto(OTHER);
      await press(page, en.pendingNotice.forget);
      await heading(page, en.ended.frozenTitle);
      await page.goBack({ waitUntil: "commit" });
      await page.goBack({ waitUntil: "commit" });
      await heading(page, en.identify.title);
      const before = sent.length;
      await page.evaluate("dispatchEvent(new Event('online'))");
      await page.clock.runFor(5_000);
      expect(sent).toHaveLength(before);
      await heading(page, en.identify.title);
      await close();
    });

    test("a vote in doubt whose receipt says what became of it is not sent again, and forgotten", async () => {
      const votes = [receipt("received"), receipt("counted")] as const;
      const { page, close } = await open(VOTE, { votes });
      await page.evaluate(
        `sessionStorage.setItem("referendum-pending", ${JSON.stringify(JSON.stringify(PENDING_VOTE))});
         sessionStorage.setItem("referendum-in-doubt", ${JSON.stringify(REQUEST_ID)});
         sessionStorage.setItem("referendum-seen", String(Date.now()));
         sessionStorage.setItem("referendum-receipt", ${JSON.stringify(REQUEST_ID)})`,
      );
      await page.goto(`${SITE}/receipt.html`);
      await heading(page, en.receipt.inDoubtTitle);
      await page.clock.runFor(5_000);
      await heading(page, en.receipt.countedTitle);
      expect(await page.evaluate("JSON.stringify({ ...sessionStorage })")).not.toContain(PENDING_VOTE.vote.nas);
      await page.goto(`${SITE}/`);
      await heading(page, en.laws.title);
      expect(await page.getByText(en.pendingNotice.heading).count()).toBe(0);
      await close();
    });

    test("a vote that is being sent is not said to be refused because an earlier one was", async () => {
      const { page, close } = await open(VOTE, { vote: [CLOSED, "never"] });
      await castOnce(page, en);
      await heading(page, en.ended.notTakenTitle);
      let answer = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        answer = resolve;
      });
      await page.route("**/laws/L2026-001", async (route) => {
        await held;
        await route.fulfill({ status: 200, json: { ...LAWS[0], state: "frozen" } });
      });
      const asked = page.waitForRequest("**/laws/L2026-001");
      await page.clock.runFor(2_500);
      await asked;
      await page.goBack();
      await page.getByRole("button", { name: en.check.cast }).click();
      await heading(page, en.sending.title);
      const looked = page.waitForResponse("**/laws/L2026-001");
      answer();
      await looked;
      // An answer that comes later than that one: the page has seen both.
      await page.evaluate("fetch('/api/v1/laws').then((response) => response.json())");
      await heading(page, en.sending.title);
      await close();
    });

    test("a letter that is opened in the tab of a law that takes no votes changes nothing", async () => {
      const { page, close } = await open(`${SITE}/vote.html?law=L2026-004`);
      await heading(page, en.ended.closedTitle);
      await page.evaluate("location.hash = '#code=ZZ99ZZ99'");
      await page.waitForFunction("location.hash === ''");
      await heading(page, en.ended.closedTitle);
      await close();
    });

    test("another letter is another voter's", async () => {
      const { page, close } = await open(`${VOTE}#code=AB12CD34`);
      await page.getByText(en.identify.codeTaken).waitFor();
      const nas = page.getByLabel(en.identify.nas, { exact: true });
      await nas.fill("123456789");
      await page.evaluate("location.hash = '#code=ZZ99ZZ99'");
      await page.waitForFunction("document.querySelector('#code').value === 'ZZ99ZZ99'");
      expect(await nas.inputValue()).toBe("");
      await close();
    });

    test("the list forgets a letter's code when Back brings it back", async () => {
      const { page, close } = await open(`${SITE}/#code=AB12CD34`);
      await page.getByRole("link", { name: en.laws.voteOn(LAWS[0].title.en) }).click();
      await page.getByText(en.identify.codeTaken).waitFor();
      await page.goBack({ waitUntil: "commit" });
      await heading(page, en.laws.title);
      await page.waitForFunction("!document.body.innerHTML.includes('AB12CD34')");
      await close();
    });

    test("what was said of one step is not left to be read at the next one", async () => {
      const { page, close } = await open(VOTE);
      const spoken = page.locator("#spoken");
      await page.getByLabel(en.identify.nas, { exact: true }).fill("123456789");
      await page.clock.runFor(2_000);
      expect(await spoken.textContent()).toBe(en.identify.nasCount(9));
      await identify(page, en);
      await heading(page, LAWS[0].title.en);
      expect(await spoken.textContent()).toBe("");
      await close();
    });

    test("each wait of a vote is said, and the browser is asked to remember nothing that is typed", async () => {
      const { page, close } = await open(VOTE, { vote: UNAVAILABLE });
      for (const label of [en.identify.nas, en.identify.code]) {
        expect(await page.getByLabel(label, { exact: true }).getAttribute("autocomplete")).toBe("off");
      }
      expect(await page.locator("form").getAttribute("autocomplete")).toBe("off");
      await castOnce(page, en);
      await page
        .locator("#spoken")
        .getByText(/sent again in/)
        .waitFor();
      await close();
    });

    test("Change leads to its field", async () => {
      const { page, close } = await open(VOTE);
      for (const [change, field] of [
        [en.check.changeNas, "nas"],
        [en.check.changeCode, "code"],
      ] as const) {
        await identify(page, en);
        await heading(page, LAWS[0].title.en);
        await page.getByLabel(en.oui, { exact: true }).check();
        await press(page, en.continue);
        await press(page, change);
        await heading(page, en.identify.title);
        expect(await page.evaluate("document.activeElement.id")).toBe(field);
      }
      await close();
    });

    test("results stay as they are when a phone hides its address bar, and are not read while they are paused", async () => {
      const { page, read, close } = await open(`${SITE}/results.html?law=L2026-001`, {}, { viewport: PHONE });
      await press(page, en.results.pause);
      await page.evaluate("document.querySelector('table').dataset.mark = 'same'");
      const before = read.length;
      await page.setViewportSize({ width: 360, height: 656 });
      await page.clock.runFor(30_000);
      expect(await page.evaluate("document.querySelector('table').dataset.mark")).toBe("same");
      expect(read).toHaveLength(before);
      await page.setViewportSize({ width: 600, height: 656 });
      await page.waitForFunction("document.querySelector('table').dataset.mark === undefined");
      await close();
    });
  },
);
