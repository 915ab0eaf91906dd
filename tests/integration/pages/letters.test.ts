import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeLetters } from "../../../papers/letters/make-letters.ts";
import { LETTER_CODE, LETTER_JOB } from "../../support/letter-job.ts";
import { CHROMIUM, startKeepingBrowser } from "../../support/pages/browser.ts";
import { buildSite, SITE, type Site } from "../../support/pages/site.ts";
import { TEXTS } from "../../support/pages/states.ts";
import { heading, visit } from "../../support/pages/visit.ts";
import { readQrCodes } from "../../support/read-paper.ts";

describe.skipIf(CHROMIUM === undefined)(
  "the QR code of a letter, in a browser (skipped where there is no Chromium)",
  { tags: ["browser"] },
  () => {
    let browser: Browser;
    let site: Site;
    beforeAll(async () => {
      [browser, site] = await Promise.all([startKeepingBrowser(), buildSite()]);
    });
    afterAll(() => browser?.close());

    test.each([
      ["fr", TEXTS.fr],
      ["both", TEXTS.en],
    ] as const)("of a letter in %s opens the law's page with the code filled in", async (language, texts) => {
      const job = { ...LETTER_JOB, law: { ...LETTER_JOB.law, id: "L2026-001" }, pages: `${SITE}/` };
      const bytes = await makeLetters(job, [{ number: 1, code: LETTER_CODE, address: [], language }]);
      const [address = ""] = readQrCodes(bytes ?? new Uint8Array());
      const { page, read, close } = await visit(browser, site, { address });
      await heading(page, texts.identify.title);
      await page.getByText(texts.identify.codeTaken).waitFor();
      expect(await page.getByLabel(texts.identify.code).inputValue()).toBe(LETTER_CODE);
      expect(new URL(page.url()).hash).toBe("");
      expect(read.join("\n")).not.toContain(LETTER_CODE);
      await close();
    });
  },
);
