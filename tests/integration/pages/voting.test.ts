import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHOICES } from "../../../shared/domain/ballot.ts";
import { ballotBox, openBallot } from "../../../shared/domain/sealing/sealed-ballot.ts";
import { closeForAll } from "../../support/close-law.ts";
import { buildTestEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { CHROMIUM, LANGUAGES, type Language, reader, startBrowser } from "../../support/pages/browser.ts";
import { castOnce, choose, identify, TEXTS } from "../../support/pages/states.ts";

/** A reader at one page of the stack, and every vote that the page has sent. */
interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** The Idempotency-Key of each request to vote. */
  readonly keys: string[];
  /** Every address that was asked for. */
  readonly asked: string[];
}

describe.skipIf(CHROMIUM === undefined)(
  "voting in a browser, on a stack (skipped where there is no Chromium)",
  { tags: ["browser"] },
  () => {
    let env: TestEnvironment;
    let browser: Browser;
    beforeAll(async () => {
      [env, browser] = await Promise.all([buildTestEnvironment(), startBrowser()]);
    });
    afterAll(async () => {
      await browser?.close();
      await env?.checkLedger();
      await env?.close();
    });

    async function visit(language: Language = "en"): Promise<Visit> {
      const context = await reader(browser, language);
      const page = await context.newPage();
      // As long as a vote may take to be counted (tests/support/environment.ts).
      page.setDefaultTimeout(Number(process.env["REFERENDUM_DECIDED_WITHIN_MS"]) || 45_000);
      const keys: string[] = [];
      const asked: string[] = [];
      context.on("request", (request: Request) => {
        asked.push(request.url());
        if (request.method() === "POST") keys.push(request.headers()["idempotency-key"] ?? "none");
      });
      return { context, page, keys, asked };
    }

    const pageOf = (path: string) => `${env.api.url}/${path}`;
    const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();
    const countOf = async (lawId: string) => (await env.api.results(lawId)).json["total_votes"];
    const counted = (lawId: string, votes: number) =>
      env.until(`${votes} votes are counted`, async () => (await countOf(lawId)) === votes);
    const en = TEXTS.en;

    async function fill(page: Page, voter: Voter, lawId: string, texts = en): Promise<void> {
      await page.goto(pageOf(`vote.html?law=${lawId}`));
      await identify(page, texts, voter.nas, voter.code);
      await choose(page, texts, "non");
    }
    const cast = (page: Page, texts = en) => page.getByRole("button", { name: texts.check.cast }).click();

    test("a browser that lacks what the client needs is told to be updated", async () => {
      const { lawId } = await env.newLaw(1);
      const { context, page } = await visit();
      await context.addInitScript("delete AbortSignal.prototype.throwIfAborted");
      await page.goto(pageOf(`vote.html?law=${lawId}`));
      await page.getByText("update your browser").waitFor();
      expect(await page.getByRole("textbox").count()).toBe(0);
      await context.close();
    });

    test("a vote needs no function that is missing on pages by http from another machine", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page, keys } = await visit();
      await context.addInitScript("delete Crypto.prototype.randomUUID");
      await fill(page, voters[0] as Voter, lawId);
      await cast(page);
      await heading(page, en.receipt.countedTitle);
      expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
      await counted(lawId, 1);
      await context.close();
    });

    test("a mistake in the page ends in doubt, and not in a vote that is being sent for ever", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page, keys } = await visit();
      await context.addInitScript("AbortSignal.prototype.throwIfAborted = () => { throw new TypeError('broken') }");
      await fill(page, voters[0] as Voter, lawId);
      await cast(page);
      await heading(page, en.unconfirmed.title);
      expect(keys).toEqual([]);
      await context.close();
    });

    test.each(LANGUAGES)("the whole way, in %s", async (language) => {
      const texts = TEXTS[language];
      const { lawId, voters } = await env.newLaw(2, { titles: { fr: `Loi ${language}`, en: `Law ${language}` } });
      const title = language === "fr" ? "Loi fr" : "Law en";
      const { context, page, keys, asked } = await visit(language);
      const link = page.getByRole("link", { name: texts.laws.voteOn(title) });
      // The list may be as old as the API lets it be, if another reader has just asked for it.
      await env.until("the list has the law", async () => {
        await page.goto(pageOf(""));
        await page.getByRole("heading", { level: 2, name: texts.laws.open }).waitFor();
        return link.isVisible();
      });
      await link.click();
      // As people type it.
      const [voter] = voters;
      await identify(
        page,
        texts,
        `${voter.nas.slice(0, 3)} ${voter.nas.slice(3)} `,
        `${voter.code.slice(0, 4)}-${voter.code.slice(4)}`,
      );
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
      await choose(page, texts, "oui");
      expect(await page.getByText(texts.check.nasMasked(voter.nas.slice(-3))).isVisible()).toBe(true);
      await cast(page, texts);
      await heading(page, texts.receipt.countedTitle);
      expect(keys).toHaveLength(1);

      // Nothing of the voter is left: not in the tab, not in an address, not behind Back.
      const kept = await page.evaluate<string>(
        "JSON.stringify({ ...sessionStorage, ...localStorage }) + document.cookie",
      );
      for (const secret of [voter.nas, voter.code]) {
        expect(kept).not.toContain(secret);
        expect(asked.filter((url) => url.includes(secret))).toEqual([]);
      }
      expect(asked.filter((url) => !url.startsWith(env.api.url))).toEqual([]);
      await page.goBack();
      await page.getByLabel(texts.identify.nas, { exact: true }).waitFor();
      expect(await page.getByLabel(texts.identify.nas, { exact: true }).inputValue()).toBe("");

      await page.goto(pageOf(`results.html?law=${lawId}`));
      await page.getByText(texts.results.turnoutText("1", "2", language === "fr" ? "50,0\u00a0%" : "50.0%")).waitFor();
      await context.close();
    });

    test.each(LANGUAGES)("a sealed vote, in %s: only its trustees can read it", async (language) => {
      const texts = TEXTS[language];
      // Its voters can find their ballots, in one of the two.
      const proof = language === "fr" ? "voter" : "none";
      const { lawId, voters, keys } = await env.newSealedLaw(2, { proof });
      const { context, page } = await visit(language);
      const bodies: string[] = [];
      page.on("request", (request) => bodies.push(request.postData() ?? ""));
      await fill(page, voters[0], lawId, texts);
      await page.getByText(texts.check.sealedHere).waitFor();
      await cast(page, texts);
      await heading(page, texts.receipt.countedTitle);
      await page.getByText(texts.receipt.sealed).waitFor();
      expect(bodies.join("")).toContain("sealed_vote");
      expect(bodies.join("")).not.toMatch(/"vote"|\b(?:oui|non)\b/);

      const { rows } = await env.target.pool.query("select envelope from ballot_box where law_id = $1", [lawId]);
      const law = await env.target.laws.items.get(lawId);
      const box = ballotBox(law?.origin ?? "", keys.election.publicKey);
      const envelope = Buffer.from(rows[0]?.envelope ?? "").toString("base64url");
      const ballot = openBallot(box, keys.election.privateKey, envelope, CHOICES.length);
      expect(ballot).toMatchObject({ type: "opened", option: CHOICES.indexOf("non") });

      // The tracker is on the receipt and in its file, if there is one, and nothing else of the vote is in the tab.
      const download = page.waitForEvent("download");
      await page.getByRole("button", { name: texts.receipt.save }).click();
      const saved = readFileSync(await (await download).path(), "utf8");
      const tracker = Object(ballot).tracker;
      const isProven = proof === "voter";
      expect([await page.getByText(tracker).isVisible(), saved.includes(tracker)]).toEqual([isProven, isProven]);
      const kept = await page.evaluate<string>("JSON.stringify({ ...sessionStorage })");
      expect([kept.includes(tracker), kept.includes("seed")]).toEqual([isProven, false]);

      await page.goto(pageOf(`results.html?law=${lawId}`));
      await page.getByText(texts.results.sealed).waitFor();
      await page.getByText(texts.results.turnoutText("1", "2", language === "fr" ? "50,0\u00a0%" : "50.0%")).waitFor();
      expect((await env.api.results(lawId)).json).toMatchObject({
        voted: 1,
        eligible: 2,
        total_votes: 0,
        state: "voting",
      });
      await context.close();
    });

    test("a sealed vote whose answers are lost is the same bytes in each try, also after a reload", async () => {
      const { lawId, voters } = await env.newSealedLaw(1);
      const { context, page } = await visit();
      const bodies: string[] = [];
      page.on("request", (request) => {
        if (request.method() === "POST") bodies.push(request.postData() ?? "");
      });
      await fill(page, voters[0], lawId);
      await page.route("**/api/v1/vote", async (route) => {
        await route.fetch();
      });
      await cast(page);
      await heading(page, en.sending.title);
      await env.until("the vote has arrived", async () => (await env.api.results(lawId)).json["voted"] === 1);
      await page.reload();
      await heading(page, en.sending.title);
      await page.unroute("**/api/v1/vote");
      await heading(page, en.receipt.countedTitle);
      expect(bodies.length).toBeGreaterThanOrEqual(2);
      expect(new Set(bodies).size).toBe(1);
      await context.close();
    });

    test("the saved receipt opens again, in another browser", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const first = await visit();
      await fill(first.page, voters[0], lawId);
      await cast(first.page);
      await heading(first.page, en.receipt.countedTitle);
      const download = first.page.waitForEvent("download");
      await first.page.getByRole("button", { name: en.receipt.save }).click();
      const file = await (await download).path();
      const other = await visit("fr");
      await other.page.goto(pageOf("receipt.html"));
      await other.page.getByLabel(TEXTS.fr.receipt.file).setInputFiles(file);
      await heading(other.page, TEXTS.fr.receipt.countedTitle);
      await Promise.all([first.context.close(), other.context.close()]);
    });

    test("a reload, or Back, at each step sends nothing", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page, keys } = await visit();
      await fill(page, voters[0], lawId);
      await heading(page, en.check.title);
      await page.goBack();
      await page.getByLabel(en.non, { exact: true }).waitFor();
      expect(await page.getByLabel(en.non, { exact: true }).isChecked()).toBe(true);
      await page.goBack();
      expect(await page.getByLabel(en.identify.nas, { exact: true }).inputValue()).toBe(voters[0].nas);
      await page.goForward();
      await page.goForward();
      await heading(page, en.check.title);
      await page.reload();
      await heading(page, en.identify.title);
      // What the page shows is what Back and Forward count from.
      await identify(page, en, voters[0].nas, voters[0].code);
      await choose(page, en, "non");
      await heading(page, en.check.title);
      await page.goBack();
      await page.getByLabel(en.non, { exact: true }).waitFor();
      await page.goBack();
      await heading(page, en.identify.title);
      await page.goForward();
      await page.reload();
      await heading(page, en.identify.title);
      await page.goBack();
      await heading(page, en.identify.title);
      expect(keys).toEqual([]);
      expect(await countOf(lawId)).toBe(0);
      await context.close();
    });

    test("a double click, and a reload and Back while it is being sent, are one submission", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page, keys } = await visit();
      await fill(page, voters[0], lawId);
      // The vote arrives, its answers do not.
      await page.route("**/api/v1/vote", async (route) => {
        await route.fetch();
      });
      await page.getByRole("button", { name: en.check.cast }).dblclick();
      await heading(page, en.sending.title);
      await counted(lawId, 1);
      await page.goBack();
      await heading(page, en.sending.title);
      await page.reload();
      await heading(page, en.sending.title);
      // From here on answers arrive, if not to this try then to the next.
      await page.unroute("**/api/v1/vote");
      await heading(page, en.receipt.countedTitle);
      expect(keys.length).toBeGreaterThanOrEqual(2);
      expect(new Set(keys).size).toBe(1);
      expect(await countOf(lawId)).toBe(1);
      await context.close();
    });

    test("without a network the page says so, and goes on when it is back", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page, keys } = await visit();
      await fill(page, voters[0], lawId);
      await heading(page, en.check.title);
      await context.setOffline(true);
      await cast(page);
      await page.locator("#progress").getByText("not connected to the Internet").waitFor();
      await context.setOffline(false);
      await heading(page, en.receipt.countedTitle);
      expect(new Set(keys).size).toBe(1);
      await context.close();
    });

    test("a law that closes in the meantime takes no vote, and the page says so", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page } = await visit();
      await fill(page, voters[0], lawId);
      await heading(page, en.check.title);
      await closeForAll(env, lawId);
      await cast(page);
      await heading(page, en.ended.closedTitle);
      await page.getByText(en.ended.closed).waitFor();
      expect(await page.evaluate("sessionStorage.length")).toBe(0);
      await context.close();
    });

    test("one vote of a voter with two tabs counts, and the other tab is told", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page, keys } = await visit();
      const second = await context.newPage();
      await fill(page, voters[0], lawId);
      await fill(second, voters[0], lawId);
      await cast(page);
      await heading(page, en.receipt.countedTitle);
      await cast(second);
      await heading(second, en.receipt.duplicateTitle);
      expect(new Set(keys).size).toBe(2);
      expect(await countOf(lawId)).toBe(1);
      await context.close();
    });

    test("somebody who is not on the roll is told, and may try again", async () => {
      const { lawId } = await env.newLaw(1);
      const { context, page } = await visit("fr");
      await page.goto(pageOf(`vote.html?law=${lawId}`));
      await castOnce(page, TEXTS.fr);
      await heading(page, TEXTS.fr.receipt.invalidTitle);
      await page.getByRole("link", { name: TEXTS.fr.receipt.voteAgain }).click();
      await heading(page, TEXTS.fr.identify.title);
      await context.close();
    });

    test("a code from a letter leaves the address before anything is asked for, and no server sees it", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page, asked } = await visit();
      await page.goto(pageOf(`vote.html?law=${lawId}#code=${voters[0].code}`));
      const code = page.getByLabel(en.identify.code, { exact: true });
      await code.waitFor();
      expect(await code.inputValue()).toBe(voters[0].code);
      expect(page.url()).not.toContain(voters[0].code);
      const sent = asked
        .filter((url) => url.includes("#") || url.includes(voters[0].code))
        .map((url) => url.split("#")[0]);
      // The browser names the fragment to itself; on the wire it has none.
      expect(sent.filter((url) => url?.includes(voters[0].code))).toEqual([]);
      await context.close();
    });

    test("the keyboard alone is enough, and the focus is always where the reader is", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page } = await visit();
      await page.goto(pageOf(`vote.html?law=${lawId}`));
      // Its heading is there while the law is still being read.
      await page.locator("#nas").waitFor();
      /** Whether the page looks otherwise while the part that has the focus does not have it. */
      const isFocusSeen = async () => {
        const focused = await page.screenshot();
        await page.evaluate("(window.held = document.activeElement).blur()");
        const blurred = await page.screenshot();
        await page.evaluate("window.held.focus()");
        return !focused.equals(blurred);
      };
      const tabTo = async (selector: string) => {
        for (let presses = 0; presses < 20; presses++) {
          if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`)) {
            expect(await isFocusSeen(), `the focus on ${selector} can be seen`).toBe(true);
            return;
          }
          await page.keyboard.press("Tab");
        }
        throw new Error(`the focus never came to ${selector}`);
      };
      await tabTo(".govuk-skip-link");
      await page.keyboard.press("Enter");
      await tabTo("#nas");
      await page.keyboard.type(voters[0].nas);
      await tabTo("#code");
      await page.keyboard.type(voters[0].code);
      await page.keyboard.press("Enter");
      await page.getByLabel(en.oui, { exact: true }).waitFor();
      expect(await page.evaluate("document.activeElement.tagName")).toBe("H1");
      await tabTo("#choice-oui");
      await page.keyboard.press("Space");
      await page.keyboard.press("Enter");
      await heading(page, en.check.title);
      await tabTo("main .govuk-button");
      await page.keyboard.press("Enter");
      await heading(page, en.receipt.countedTitle);
      await context.close();
    });

    test("another language in the middle keeps what was typed", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const { context, page } = await visit();
      await page.goto(pageOf(`vote.html?law=${lawId}`));
      await page.getByLabel(en.identify.nas, { exact: true }).fill(voters[0].nas);
      await page.getByRole("link", { name: "Français" }).click();
      await heading(page, TEXTS.fr.identify.title);
      expect(await page.getByLabel(TEXTS.fr.identify.nas, { exact: true }).inputValue()).toBe(voters[0].nas);
      expect(page.url()).toContain("lang=fr");
      await context.close();
    });
  },
);
