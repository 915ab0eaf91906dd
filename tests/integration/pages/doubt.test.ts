import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, startKeepingBrowser } from "../../support/pages/browser.ts";
import {
  ACCEPTED,
  CLOSED_IN_DOUBT,
  type Differences,
  NOW,
  REQUEST_ID,
  receipt,
  UNAVAILABLE,
  UNAVAILABLE_IN_DOUBT,
} from "../../support/pages/made-api.ts";
import { buildSite, SITE, type Site } from "../../support/pages/site.ts";
import { BLOCKED, castOnce, HASTY, TEXTS } from "../../support/pages/states.ts";
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
const VOTE = `${SITE}/vote.html?law=L2026-001`;
const OTHER = `${SITE}/vote.html?law=L2026-002`;
const RECEIPT = `${SITE}/receipt.html`;
const THEIRS = `${REQUEST_ID}Theirs`;

/** The API calls a vote received that it may never have got. The pages know better, until it is decided. */
describe.skipIf(CHROMIUM === undefined)(
  "a receipt of a vote that nobody confirmed, in a browser (skipped where there is no Chromium)",
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

    const IN_DOUBT = { vote: UNAVAILABLE_IN_DOUBT, votes: receipt("received") };

    async function comeToReceiptInDoubt(script = HASTY) {
      const visited = await open(VOTE, IN_DOUBT, script);
      await castOnce(visited.page, en);
      await passTimeUntil(visited.page, en.unconfirmed.title);
      await press(visited.page, en.ended.lookAtReceipt);
      await heading(visited.page, en.receipt.inDoubtTitle);
      return visited;
    }

    test("of a law that closed meanwhile can be looked at after the page that named it is loaded again", async () => {
      const law = [NOW.open, NOW.closed] as const;
      const vote = [UNAVAILABLE_IN_DOUBT, CLOSED_IN_DOUBT] as const;
      const api = { law, vote, votes: receipt("received") };
      const { page, close } = await open(VOTE, api, HASTY);
      await castOnce(page, en);
      await passTimeUntil(page, en.ended.closedTitle);
      await page.reload();
      await says(page, en.ended.closedPlain);
      await page.getByRole("link", { name: en.nav.receipt, exact: true }).click();
      await heading(page, en.receipt.inDoubtTitle);
      await close();
    });

    test("stays in doubt after its vote is given up on another page", async () => {
      const { page, close } = await comeToReceiptInDoubt();
      await page.goto(OTHER);
      await press(page, en.pendingNotice.forget);
      await heading(page, en.ended.frozenTitle);
      // Whole from the browser's memory, and anew.
      await back(page);
      await says(page, en.receipt.inDoubtForgotten);
      expect(await page.getByRole("link", { name: en.pendingNotice.link }).count()).toBe(0);
      await page.reload();
      await heading(page, en.receipt.inDoubtTitle);
      await press(page, en.receipt.done);
      await heading(page, en.laws.title);
      expect(await stored(page)).toBe("{}");
      await close();
    });

    test("stays in doubt after its vote is forgotten because it is of long ago", async () => {
      const { page, close } = await comeToReceiptInDoubt();
      await spendTimeElsewhere(page);
      await page.goto(RECEIPT);
      await heading(page, en.receipt.inDoubtTitle);
      await says(page, en.pendingNotice.forgotten);
      await says(page, en.receipt.inDoubtForgotten);
      await close();
    });

    test("is in doubt where the storage is blocked", async () => {
      const { page, close } = await comeToReceiptInDoubt(`${HASTY}; ${BLOCKED}`);
      await says(page, en.receipt.inDoubtForgotten);
      expect(new URL(page.url()).hash).toBe("");
      await close();
    });

    test("does not forget a later vote when it is decided", async () => {
      const { page, close } = await open(`${SITE}/`, { votes: receipt("counted") });
      await heading(page, en.laws.title);
      await remember(page, {
        pending: pendingVote("L2026-002"),
        "in-doubt": REQUEST_ID,
        receipt: REQUEST_ID,
      });
      await page.goto(RECEIPT);
      await heading(page, en.receipt.countedTitle);
      expect(await stored(page)).toContain(pendingVote().key);
      await close();
    });

    async function typeNumber(page: Page, number: string): Promise<void> {
      await page.getByLabel(en.receipt.number, { exact: true }).fill(number);
      await press(page, en.receipt.look);
      await says(page, number);
    }
    /** What the API says of another voter's vote. */
    const answerOf = (page: Page, status: string) =>
      page.route(`**/votes/${THEIRS}`, (route) =>
        route.fulfill({ json: { ...receipt(status).json, request_id: THEIRS } }),
      );
    /** As long as an undecided vote may be called safe, and longer. */
    async function isNeverCalledReceived(page: Page): Promise<void> {
      await heading(page, en.receipt.inDoubtTitle);
      const asked = page.waitForResponse("**/votes/**");
      await page.clock.runFor(40_000);
      await asked;
      await heading(page, en.receipt.inDoubtTitle);
      await says(page, en.receipt.inDoubtStatus);
      const text = await page.locator("main").innerText();
      for (const untrue of [en.receipt.receivedTitle, en.receipt.received, en.receipt.receivedLong]) {
        expect(text).not.toContain(untrue);
      }
    }

    test("stays in doubt after another receipt was looked at", async () => {
      const { page, close } = await comeToReceiptInDoubt();
      await page.goto(OTHER);
      await press(page, en.pendingNotice.forget);
      await heading(page, en.ended.frozenTitle);
      await page.goto(RECEIPT);
      await press(page, en.receipt.another);
      await answerOf(page, "counted");
      await typeNumber(page, THEIRS);
      await heading(page, en.receipt.countedTitle);
      await press(page, en.receipt.another);
      await typeNumber(page, REQUEST_ID);
      await isNeverCalledReceived(page);
      await close();
    });

    test("is saved as one in doubt, and is so when the file is opened in another browser", async () => {
      const { page, close } = await comeToReceiptInDoubt();
      const download = page.waitForEvent("download");
      await press(page, en.receipt.save);
      const file = await (await download).path();
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
        form: "referendum receipt 1",
        ...{ request_id: REQUEST_ID, law_id: "L2026-001", status: "received", in_doubt: true },
        updated_at: receipt("received").json.updated_at,
      });
      const other = await open(RECEIPT, { votes: receipt("received") });
      await other.page.getByLabel(en.receipt.file).setInputFiles(file);
      await isNeverCalledReceived(other.page);
      await other.page.reload();
      await heading(other.page, en.receipt.inDoubtTitle);
      await Promise.all([close(), other.close()]);
    });

    test("that is confirmed is saved without a word of doubt", async () => {
      const { page, close } = await open(VOTE, { votes: receipt("received") });
      await castOnce(page, en);
      await heading(page, en.receipt.receivedTitle);
      const download = page.waitForEvent("download");
      await press(page, en.receipt.save);
      expect(readFileSync(await (await download).path(), "utf8")).not.toContain("in_doubt");
      await close();
    });

    test("stays in doubt on the menu's page after its law has closed", async () => {
      const api: Differences = {
        law: [NOW.open, NOW.closed],
        vote: [UNAVAILABLE_IN_DOUBT, CLOSED_IN_DOUBT],
        votes: receipt("received"),
      };
      const { page, close } = await open(VOTE, api, HASTY);
      await castOnce(page, en);
      await passTimeUntil(page, en.ended.closedTitle);
      await page.getByRole("link", { name: en.nav.receipt }).click();
      await heading(page, en.receipt.inDoubtTitle);
      await isNeverCalledReceived(page);
      await says(page, en.receipt.inDoubtClosed);
      await close();
    });

    test("stays in doubt although nobody has looked at it before its vote was given up", async () => {
      const { page, close } = await open(VOTE, IN_DOUBT, HASTY);
      await castOnce(page, en);
      await passTimeUntil(page, en.unconfirmed.title);
      await press(page, en.unconfirmed.forget);
      await heading(page, en.laws.title);
      await page.goto(RECEIPT);
      await typeNumber(page, REQUEST_ID);
      await isNeverCalledReceived(page);
      await close();
    });

    test("stays in doubt after a second vote is in doubt in the same tab", async () => {
      const { page, close } = await comeToReceiptInDoubt();
      await page.goto(`${SITE}/vote.html?law=L2026-005`);
      await press(page, en.pendingNotice.forget);
      await heading(page, en.ended.unknownLawTitle);
      await answerOf(page, "received");
      await page.route("**/api/v1/vote", (route) =>
        route.fulfill({ ...UNAVAILABLE_IN_DOUBT, json: { ...UNAVAILABLE_IN_DOUBT.json, receipt: `votes/${THEIRS}` } }),
      );
      await page.goto(VOTE);
      await castOnce(page, en);
      await passTimeUntil(page, en.unconfirmed.title);
      await press(page, en.ended.lookAtReceipt);
      await says(page, THEIRS);
      await isNeverCalledReceived(page);
      await press(page, en.receipt.another);
      await typeNumber(page, REQUEST_ID);
      await isNeverCalledReceived(page);
      await close();
    });

    test("is in doubt no more once its vote is confirmed", async () => {
      const { page, close } = await comeToReceiptInDoubt();
      await page.unroute("**/api/v1/vote");
      await page.route("**/api/v1/vote", (route) => route.fulfill({ ...ACCEPTED }));
      await page.getByRole("link", { name: en.pendingNotice.link }).click();
      await heading(page, en.receipt.receivedTitle);
      expect(await page.evaluate("sessionStorage.getItem('referendum-in-doubt')")).toBeNull();
      await close();
    });

    test("whose number another page has learned keeps it when Back brings back a page that does not know it", async () => {
      const { page, sent, close } = await open(VOTE, { vote: UNAVAILABLE }, HASTY);
      await castOnce(page, en);
      await retrying(page);
      await page.evaluate("window.isWhole = true");
      await page.getByRole("link", { name: en.nav.results }).click();
      await heading(page, en.results.title);
      await page.route("**/api/v1/vote", (route) => route.fulfill({ ...UNAVAILABLE_IN_DOUBT }));
      await page.goto(`${VOTE}#go_on=1`);
      await passTimeUntil(page, en.unconfirmed.title);
      // From here on no answer names the number.
      await page.route("**/api/v1/vote", (route) => route.fulfill({ ...UNAVAILABLE }));
      await back(page);
      await heading(page, en.results.title);
      const before = sent.length;
      const again = page.waitForRequest("**/api/v1/vote");
      await back(page);
      await again;
      await retrying(page);
      expect(await page.evaluate("window.isWhole")).toBe(true);
      expect(sent, "the page sends once, not twice").toHaveLength(before + 1);
      await passTimeUntil(page, en.unconfirmed.title);
      await page.getByRole("button", { name: en.ended.lookAtReceipt }).waitFor();
      expect(await stored(page)).toContain(REQUEST_ID);
      expect(new Set(sent).size).toBe(1);
      await close();
    });
  },
);
