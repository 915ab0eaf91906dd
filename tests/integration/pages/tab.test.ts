import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, startKeepingBrowser } from "../../support/pages/browser.ts";
import {
  ACCEPTED,
  CLOSED,
  CLOSED_IN_DOUBT,
  type Differences,
  NOW,
  REQUEST_ID,
  receipt,
  UNAVAILABLE,
  UNAVAILABLE_IN_DOUBT,
} from "../../support/pages/made-api.ts";
import { buildSite, SITE, type Site } from "../../support/pages/site.ts";
import { BLOCKED, castOnce, choose, HASTY, identify, TEXTS } from "../../support/pages/states.ts";
import {
  back,
  heading,
  passTimeUntil,
  pendingVote,
  press,
  remember,
  retrying,
  says,
  spendTimeElsewhere,
  stored,
  visit,
} from "../../support/pages/visit.ts";

const en = TEXTS.en;
const LAW = "L2026-001";
const VOTE = `${SITE}/vote.html?law=${LAW}`;
const OTHER = `${SITE}/vote.html?law=L2026-002`;
const RESULTS = `${SITE}/results.html`;
const RECEIPT = `${SITE}/receipt.html`;
/** As a browser whose storage is full: what is there stays, and can be removed. */
const FULL = `Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }`;
const MINUTE_MS = 60_000;

/** Ways around the rules of a tab's submission, one test for each that was found. */
describe.skipIf(CHROMIUM === undefined)(
  "a tab's vote, in a browser (skipped where there is no Chromium)",
  { tags: ["browser"] },
  () => {
    let browser: Browser;
    let site: Site;
    beforeAll(async () => {
      [browser, site] = await Promise.all([startKeepingBrowser(), buildSite()]);
    });
    afterAll(() => browser?.close());

    const open = (address: string, api: Differences = {}, script?: string) =>
      visit(browser, site, { address, api, ...(script === undefined ? {} : { script }) });
    const nasOf = (page: Page) => page.getByLabel(en.identify.nas, { exact: true }).inputValue();
    const codeOf = (page: Page) => page.getByLabel(en.identify.code, { exact: true }).inputValue();
    /** The tab has an unconfirmed vote, begun by an earlier page. */
    async function openWithVote(address: string, api: Differences = {}, isOnTime = false) {
      const visited = await visit(browser, site, { address: `${SITE}/`, api, isOnTime });
      await heading(visited.page, en.laws.title);
      await remember(visited.page, { pending: pendingVote() });
      await visited.page.goto(address);
      return visited;
    }

    describe("a letter that is opened in the tab of an unconfirmed vote", () => {
      test("with another code: nothing is sent until its reader chooses, also after a reload", async () => {
        const { page, sent, errors, close } = await openWithVote(`${VOTE}#code=ZZ99ZZ99`, { vote: "never" });
        await heading(page, en.pendingNotice.heading);
        await says(page, en.pendingNotice.letter);
        expect(page.url()).not.toContain("ZZ99ZZ99");
        await page.reload();
        await heading(page, en.pendingNotice.heading);
        await page.clock.runFor(MINUTE_MS);
        expect(sent).toEqual([]);
        await press(page, en.pendingNotice.link);
        await heading(page, en.sending.title);
        await page.reload();
        await heading(page, en.sending.title);
        expect(new Set(sent)).toEqual(new Set([pendingVote().key]));
        expect(errors).toEqual([]);
        await close();
      });

      test("the vote is given up for the letter, whose code is filled in and which is nobody else's", async () => {
        const { page, sent, close } = await openWithVote(`${VOTE}#code=ZZ99ZZ99`);
        await press(page, en.pendingNotice.useLetter);
        await heading(page, en.identify.title);
        expect([await nasOf(page), await codeOf(page)]).toEqual(["", "ZZ99ZZ99"]);
        expect(await stored(page)).toBe("{}");
        await page.reload();
        await heading(page, en.identify.title);
        expect(sent).toEqual([]);
        await close();
      });

      test("with its own code: the vote goes on", async () => {
        const { page, sent, close } = await openWithVote(`${VOTE}#code=ABC-123`, { vote: "never" });
        await heading(page, en.sending.title);
        await page.waitForFunction("location.hash === ''");
        expect(new Set(sent)).toEqual(new Set([pendingVote().key]));
        await close();
      });

      test("while that is being sent: the sending stops, and its answer leads nowhere", async () => {
        const { page, sent, close } = await open(VOTE, { vote: UNAVAILABLE });
        await castOnce(page, en);
        await retrying(page);
        await page.evaluate("location.hash = '#code=ZZ99ZZ99'");
        await heading(page, en.pendingNotice.heading);
        const before = sent.length;
        await page.clock.runFor(2 * MINUTE_MS);
        expect(sent).toHaveLength(before);
        await heading(page, en.pendingNotice.heading);
        await press(page, en.pendingNotice.useLetter);
        await heading(page, en.identify.title);
        expect([await nasOf(page), await codeOf(page)]).toEqual(["", "ZZ99ZZ99"]);
        await close();
      });

      test("of another law: a reload of the question keeps the letter's code", async () => {
        const { page, sent, close } = await openWithVote(`${OTHER}#code=ZZ99ZZ99`, { law: NOW.open }, true);
        await heading(page, en.pendingNotice.heading);
        await page.reload();
        await press(page, en.pendingNotice.forget);
        await heading(page, en.identify.title);
        await says(page, en.identify.codeTaken);
        expect([await nasOf(page), await codeOf(page)]).toEqual(["", "ZZ99ZZ99"]);
        expect(await stored(page)).toBe("{}");
        expect(sent).toEqual([]);
        await close();
      });

      test("with another code: a reload of the question keeps that code, and Back does not", async () => {
        const { page, sent, close } = await openWithVote(`${VOTE}#code=ZZ99ZZ99`, {}, true);
        await says(page, en.pendingNotice.letter);
        await page.reload();
        await says(page, en.pendingNotice.letter);
        expect(await stored(page)).toContain("ZZ99ZZ99");
        await page.getByRole("link", { name: en.nav.results }).click();
        await heading(page, en.results.title);
        await back(page);
        await says(page, en.pendingNotice.sameLaw);
        expect(await stored(page)).not.toContain("ZZ99ZZ99");
        await press(page, en.pendingNotice.useNew);
        await heading(page, en.identify.title);
        expect([await nasOf(page), await codeOf(page)]).toEqual(["", ""]);
        expect(sent).toEqual([]);
        await close();
      });

      test("is forgotten with the vote that it asks about", async () => {
        const { page, close } = await openWithVote(`${VOTE}#code=ZZ99ZZ99`);
        await says(page, en.pendingNotice.letter);
        await spendTimeElsewhere(page);
        await page.goto(RESULTS);
        await says(page, en.pendingNotice.forgotten);
        expect(await stored(page)).toBe("{}");
        await close();
      });

      test("where no law is named: the list has both, the vote and the code", async () => {
        const { page, sent, close } = await openWithVote(`${SITE}/vote.html#code=ZZ99ZZ99`);
        await page.getByRole("heading", { name: en.pendingNotice.heading }).waitFor();
        await page.getByRole("link", { name: en.laws.voteOn(NOW.open.json.title.en) }).click();
        await says(page, en.pendingNotice.letter);
        expect(sent).toEqual([]);
        await close();
      });

      test("where no law is named, and the vote is of long ago: the code is not lost with it", async () => {
        const { page, close } = await open(`${SITE}/`);
        await heading(page, en.laws.title);
        await remember(page, { pending: pendingVote() });
        await spendTimeElsewhere(page);
        await page.goto(`${SITE}/vote.html#code=ZZ99ZZ99`);
        await says(page, en.pendingNotice.forgotten);
        await page.getByRole("link", { name: en.laws.voteOn(NOW.open.json.title.en) }).click();
        await says(page, en.identify.codeTaken);
        await close();
      });
    });

    describe("the next person in the tab of an unconfirmed vote", () => {
      /** An hour later, at the page that says so. */
      async function leaveVoteBehind() {
        const visited = await open(VOTE, { vote: UNAVAILABLE }, HASTY);
        await castOnce(visited.page, en);
        await passTimeUntil(visited.page, en.unconfirmed.title);
        await visited.page.clock.fastForward("59:00");
        await visited.page.route("**/api/v1/vote", (route) => route.fulfill({ ...ACCEPTED }));
        return { ...visited, before: visited.sent.length };
      }
      const onTheLaw = { name: en.laws.voteOn(NOW.open.json.title.en) };

      test("who chooses the law from the list is asked, also after a reload, and finds an empty form", async () => {
        const { page, sent, before, close } = await leaveVoteBehind();
        await page.getByRole("link", { name: en.nav.vote, exact: true }).click();
        await page.getByRole("heading", { name: en.pendingNotice.heading }).waitFor();
        await page.getByRole("link", onTheLaw).click();
        await says(page, en.pendingNotice.sameLaw);
        await page.reload();
        await says(page, en.pendingNotice.sameLaw);
        const shown = await page.locator("main").innerText();
        for (const secret of ["123456789", "123 456 789", "ABC123", "ABC-123"]) expect(shown).not.toContain(secret);
        await press(page, en.pendingNotice.useNew);
        await heading(page, en.identify.title);
        expect([await nasOf(page), await codeOf(page)]).toEqual(["", ""]);
        expect(await stored(page)).toBe("{}");
        expect(sent).toHaveLength(before);
        await close();
      });

      test("who opens the address of the law, or of no law, is asked", async () => {
        const { page, sent, before, close } = await leaveVoteBehind();
        await page.goto(`${VOTE}&lang=en`);
        await says(page, en.pendingNotice.sameLaw);
        await page.goto(`${SITE}/vote.html`);
        await page.getByRole("heading", { name: en.pendingNotice.heading }).waitFor();
        await heading(page, en.laws.title);
        expect(sent).toHaveLength(before);
        await close();
      });

      test("who begins a new vote without the letter of the voter before finds an empty form", async () => {
        const { page, sent, close } = await openWithVote(VOTE, { vote: "never" });
        await says(page, en.pendingNotice.sameLaw);
        await page.evaluate("location.hash = 'code=ZZ99ZZ99'");
        await says(page, en.pendingNotice.letter);
        await page.goBack();
        await says(page, en.pendingNotice.sameLaw);
        await page.reload();
        await says(page, en.pendingNotice.sameLaw);
        await press(page, en.pendingNotice.useNew);
        await heading(page, en.identify.title);
        expect([await nasOf(page), await codeOf(page)]).toEqual(["", ""]);
        expect(sent).toEqual([]);
        await close();
      });

      test("a person who opens the address that the tab already shows is asked which vote is meant", async () => {
        const { page, sent, close } = await openWithVote(`${VOTE}#code=ABC-123`, { vote: "never" }, true);
        await heading(page, en.sending.title);
        await page.waitForFunction("location.hash === ''");
        const before = sent.length;
        expect(await page.evaluate("history.state")).not.toBeNull();
        await page.goto(page.url());
        await says(page, en.pendingNotice.sameLaw);
        expect(sent).toHaveLength(before);
        await page.reload();
        await says(page, en.pendingNotice.sameLaw);
        await close();
      });

      test("a person who votes again from another receipt is asked which vote is meant", async () => {
        const { page, sent, before, close } = await leaveVoteBehind();
        await page.route("**/votes/*", (route) => route.fulfill({ ...receipt("invalid") }));
        await page.goto(`${RECEIPT}#${REQUEST_ID}`);
        await page.getByRole("link", { name: en.receipt.voteAgain }).click();
        await says(page, en.pendingNotice.sameLaw);
        expect(sent).toHaveLength(before);
        await close();
      });

      test("and its voter, who goes on from the list, sends it at once", async () => {
        const { page, sent, before, close } = await leaveVoteBehind();
        await page.getByRole("link", { name: en.nav.vote, exact: true }).click();
        await page.getByRole("link", { name: en.pendingNotice.link }).click();
        await heading(page, en.receipt.countedTitle);
        expect(sent).toHaveLength(before + 1);
        expect(new Set(sent).size).toBe(1);
        await close();
      });
    });

    test("a page that Back brings back after a long time elsewhere sends nothing, and says that it has forgotten", async () => {
      const { page, sent, close } = await open(VOTE, { vote: UNAVAILABLE });
      await castOnce(page, en);
      await retrying(page);
      await page.evaluate("window.isWhole = true");
      await spendTimeElsewhere(page);
      const before = sent.length;
      await back(page);
      await says(page, en.pendingNotice.forgotten);
      await heading(page, en.identify.title);
      expect(await page.evaluate("window.isWhole")).toBe(true);
      expect(await nasOf(page)).toBe("");
      expect(sent).toHaveLength(before);
      expect(await stored(page)).toBe("{}");
      await close();
    });

    test("where the storage is blocked, a vote is forgotten when its page is left, although Back brings it back", async () => {
      const { page, sent, close } = await open(VOTE, { vote: UNAVAILABLE }, BLOCKED);
      await castOnce(page, en);
      await retrying(page);
      await page.getByRole("link", { name: en.nav.results }).click();
      await heading(page, en.results.title);
      const before = sent.length;
      await back(page);
      await says(page, en.pendingNotice.forgotten);
      await heading(page, en.identify.title);
      await page.clock.runFor(MINUTE_MS);
      expect(sent).toHaveLength(before);
      await close();
    });

    test("a reload of a form that is half filled in empties it, and sends nothing", async () => {
      const { page, sent, errors, close } = await open(VOTE);
      await page.getByLabel(en.identify.nas, { exact: true }).fill("123 456");
      await page.getByLabel(en.identify.code, { exact: true }).fill("AB");
      await page.reload();
      await heading(page, en.identify.title);
      expect([await nasOf(page), await codeOf(page)]).toEqual(["", ""]);
      expect(await stored(page)).toBe("{}");
      expect(sent).toEqual([]);
      expect(errors).toEqual([]);
      await close();
    });

    test("where the storage is full, a reload does not bring back somebody else's receipt", async () => {
      const older = `${REQUEST_ID}Older`;
      const { page, close } = await open(`${SITE}/`, {}, undefined);
      await heading(page, en.laws.title);
      await page.evaluate(`sessionStorage.setItem("referendum-receipt", ${JSON.stringify(older)})`);
      await page.addInitScript(FULL);
      await page.goto(VOTE);
      await castOnce(page, en);
      await heading(page, en.receipt.countedTitle);
      await page.reload();
      await heading(page, en.receipt.title);
      expect(await stored(page)).not.toContain(older);
      await close();
    });

    test.each([
      ["Back", "history.back()"],
      ["a reload", "location.reload()"],
    ])("%s before the page of the receipt has come does not lead to the form", async (_, act) => {
      const { page, sent, close } = await open(VOTE);
      await identify(page, en);
      await choose(page, en);
      let isFirst = true;
      await page.route("**/receipt.html*", async (route) => {
        // As when the voter presses Stop: the page that is open stays.
        if (isFirst) await route.fulfill({ status: 204 });
        else await route.fallback();
        isFirst = false;
      });
      await press(page, en.check.cast);
      await heading(page, en.receipt.receivedTitle);
      await page.evaluate(act);
      await heading(page, en.receipt.countedTitle);
      expect(sent).toHaveLength(1);
      await close();
    });

    test("what became of a sending before its page was left is not shown over what goes on since", async () => {
      const { page, close } = await openWithVote(RESULTS, { vote: [CLOSED, "never"] });
      let isHeld = true;
      let answerLater = (): void => undefined;
      await page.route(`**/laws/${LAW}`, async (route) => {
        if (!isHeld) return route.fallback();
        isHeld = false;
        await new Promise<void>((resolve) => {
          answerLater = resolve;
        });
        await route.fulfill({ status: 200, json: NOW.closed.json });
      });
      const asked = page.waitForRequest(`**/laws/${LAW}`);
      await page.goto(`${VOTE}#go_on=1`);
      await asked;
      // As a browser does that keeps a page whole although it waits for an answer.
      await page.evaluate(`for (const name of ["pagehide", "pageshow"])
        dispatchEvent(new PageTransitionEvent(name, { persisted: true }))`);
      await heading(page, en.sending.title);
      answerLater();
      await page.evaluate("fetch('/api/v1/laws').then((response) => response.json())");
      await heading(page, en.sending.title);
      expect(await stored(page)).toContain(pendingVote().key);
      await close();
    });

    test("a second press of Send my vote again sends no second time", async () => {
      const { page, sent, errors, close } = await open(VOTE, { vote: UNAVAILABLE }, HASTY);
      await castOnce(page, en);
      await passTimeUntil(page, en.unconfirmed.title);
      await page.route("**/api/v1/vote", () => undefined);
      const before = sent.length;
      const again = page.waitForRequest("**/api/v1/vote");
      await page.getByRole("button", { name: en.unconfirmed.send }).dblclick();
      await page.evaluate("dispatchEvent(new Event('online'))");
      await Promise.all([again, heading(page, en.sending.title)]);
      expect(sent).toHaveLength(before + 1);
      expect(new Set(sent).size).toBe(1);
      expect(errors).toEqual([]);
      await close();
    });

    test("a vote that is given up leaves nothing in the form, also if the list of laws cannot be opened", async () => {
      const { page, close } = await open(VOTE, { vote: UNAVAILABLE }, HASTY);
      await castOnce(page, en);
      await passTimeUntil(page, en.unconfirmed.title);
      await page.route(
        ({ pathname }) => pathname === "/",
        (route) => route.fulfill({ status: 204 }),
      );
      await press(page, en.unconfirmed.forget);
      await heading(page, en.identify.title);
      expect([await nasOf(page), await codeOf(page)]).toEqual(["", ""]);
      await close();
    });

    test("once the device is connected again, the same vote is sent, once", async () => {
      const { page, sent, close } = await open(VOTE, { vote: UNAVAILABLE }, HASTY);
      await castOnce(page, en);
      await passTimeUntil(page, en.unconfirmed.title);
      await page.route("**/api/v1/vote", () => undefined);
      const before = sent.length;
      const again = page.waitForRequest("**/api/v1/vote");
      await page.evaluate("dispatchEvent(new Event('online')), dispatchEvent(new Event('online'))");
      await Promise.all([again, heading(page, en.sending.title)]);
      expect(sent).toHaveLength(before + 1);
      expect(new Set(sent).size).toBe(1);
      await close();
    });

    test("a vote that was lost before its law closed is called lost, and not refused", async () => {
      const api: Differences = {
        law: [NOW.open, NOW.closed],
        vote: [UNAVAILABLE_IN_DOUBT, CLOSED_IN_DOUBT],
        votes: receipt("lost"),
      };
      const { page, close } = await open(VOTE, api, HASTY);
      await castOnce(page, en);
      await passTimeUntil(page, en.receipt.lostTitle);
      await says(page, en.receipt.lostClosed);
      await close();
    });

    test("the question which vote is meant comes again after Back and a reload", async () => {
      const { page, sent, close } = await open(VOTE, { vote: UNAVAILABLE });
      await castOnce(page, en);
      await retrying(page);
      await page.evaluate("location.hash = '#code=ZZ99ZZ99'");
      await heading(page, en.pendingNotice.heading);
      const before = sent.length;
      await page.goBack();
      // Back loses the letter's code.
      await says(page, en.pendingNotice.sameLaw);
      expect(await stored(page)).not.toContain("ZZ99ZZ99");
      await page.reload();
      await says(page, en.pendingNotice.sameLaw);
      expect(sent.length).toBe(before);
      await press(page, en.pendingNotice.useNew);
      await heading(page, en.identify.title);
      expect([await nasOf(page), await codeOf(page)]).toEqual(["", ""]);
      await close();
    });

    test("an address of a receipt that lost its number asks for one", async () => {
      const { page, close } = await open(`${RECEIPT}#id=`);
      await page.getByLabel(en.receipt.number, { exact: true }).waitFor();
      expect(await stored(page)).toBe("{}");
      await close();
    });

    test("after its law has closed, Back shows no form to cast a vote again", async () => {
      const law = [NOW.open, NOW.closed] as const;
      const { page, sent, close } = await open(VOTE, { law, vote: ["away", CLOSED] });
      await castOnce(page, en);
      await passTimeUntil(page, en.ended.closedTitle);
      await says(page, en.ended.closedUnsure);
      const before = sent.length;
      await page.goBack();
      await says(page, en.ended.closedPlain);
      expect(await page.getByRole("button", { name: en.check.cast }).count()).toBe(0);
      expect(sent).toHaveLength(before);
      await close();
    });

    test("after its law has closed, Back shows an empty form although the law is open again", async () => {
      const law = [NOW.open, NOW.closed, NOW.open] as const;
      const { page, close } = await open(VOTE, { law, vote: ["away", CLOSED] });
      await castOnce(page, en);
      await passTimeUntil(page, en.ended.closedTitle);
      await page.goBack();
      await heading(page, en.identify.title);
      expect([await nasOf(page), await codeOf(page)]).toEqual(["", ""]);
      await close();
    });

    test("the next voter in a tab finds an empty form, and has a vote and a receipt of their own", async () => {
      const { page, sent, close } = await open(VOTE);
      await castOnce(page, en);
      await heading(page, en.receipt.countedTitle);
      await page.getByRole("link", { name: en.nav.vote, exact: true }).click();
      await page.getByRole("link", { name: en.laws.voteOn(NOW.open.json.title.en) }).click();
      await heading(page, en.identify.title);
      expect([await nasOf(page), await codeOf(page)]).toEqual(["", ""]);
      const theirs = `${REQUEST_ID}Theirs`;
      const json = { ...ACCEPTED.json, request_id: theirs };
      await page.route("**/api/v1/vote", (route) => route.fulfill({ ...ACCEPTED, json }));
      await identify(page, en, "987654321", "ZZ99ZZ99");
      await choose(page, en, "non");
      await press(page, en.check.cast);
      await heading(page, en.receipt.countedTitle);
      expect(await page.evaluate("sessionStorage.getItem('referendum-receipt')")).toBe(theirs);
      expect(new Set(sent).size).toBe(2);
      await close();
    });

    test("two tabs of one vote are one submission", async () => {
      const { context, page, sent, close } = await open(VOTE, { vote: UNAVAILABLE });
      await castOnce(page, en);
      await retrying(page);
      // As "Duplicate tab" does: the new tab begins with what this one remembers.
      const [second] = await Promise.all([
        context.waitForEvent("page"),
        page.evaluate("void window.open(location.href)"),
      ]);
      await press(second, en.pendingNotice.link);
      await retrying(second);
      expect(sent.length).toBeGreaterThanOrEqual(2);
      expect(new Set(sent).size).toBe(1);
      await close();
    });

    test("a vote whose tab's storage is emptied while it is sent still comes to its receipt", async () => {
      const { page, close } = await open(VOTE, { vote: [UNAVAILABLE, ACCEPTED] });
      await castOnce(page, en);
      await retrying(page);
      await page.evaluate("sessionStorage.clear()");
      await page.clock.runFor(10_000);
      await heading(page, en.receipt.countedTitle);
      await close();
    });

    test("a code behind the address of an open page of results leaves the address", async () => {
      const { page, close } = await open(RESULTS);
      await heading(page, en.results.title);
      await page.evaluate("location.hash = '#code=ZZ99ZZ99'");
      await page.waitForFunction("location.hash === ''");
      await close();
    });

    test("the French name of an answer in English is marked as French", async () => {
      const { page, close } = await open(VOTE);
      await identify(page, en);
      for (const answer of ["oui", "non"] as const) {
        await page.getByLabel(en[answer], { exact: true }).waitFor();
        expect(await page.locator(`label[for=choice-${answer}] [lang=fr]`).textContent()).toBe(answer);
      }
      await choose(page, en);
      expect(await page.locator("dd [lang=fr]").textContent()).toBe("oui");
      await page.goto(`${RESULTS}?law=${LAW}`);
      await page.locator("th [lang=fr]").first().waitFor();
      expect(await page.locator("th [lang=fr]").allTextContents()).toEqual(["oui", "non"]);
      await close();
    });
  },
);
