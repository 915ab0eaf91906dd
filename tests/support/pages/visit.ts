import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { reader } from "./browser.ts";
import { type Differences, madeApi } from "./made-api.ts";
import { SITE, type Site } from "./site.ts";
import { NOON } from "./states.ts";

/** A tab, and what it has asked the API for. */
interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** The Idempotency-Key of each request to vote. */
  readonly sent: string[];
  /** The addresses of all other requests to the API. */
  readonly read: string[];
  /** What the page's script has thrown. */
  readonly errors: string[];
  readonly close: () => Promise<void>;
}

/**
 * Opens an address in a new tab of an English reader. Its clock stands at NOON and runs on. A page with such a clock
 * does not know a reload from another visit; with `isOnTime`, it has the browser's own clock, and does.
 *
 * @param browser the browser
 * @param site the built pages
 * @param to where to, what the API answers otherwise than usual, and a script that changes the browser
 */
export async function visit(
  browser: Browser,
  site: Site,
  to: { address: string; api?: Differences; options?: BrowserContextOptions; script?: string; isOnTime?: boolean },
): Promise<Visit> {
  const context = await reader(browser, "en", to.options);
  if (to.script !== undefined) await context.addInitScript(to.script);
  const page = await context.newPage();
  const [sent, read, errors]: [string[], string[], string[]] = [[], [], []];
  context.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.headers()["idempotency-key"] ?? "none");
    else if (request.url().includes("/api/")) read.push(request.url());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  await site.serve(context, madeApi(to.api));
  if (to.isOnTime !== true) await page.clock.install({ time: NOON });
  await page.goto(to.address);
  return { context, page, sent, read, errors, close: () => context.close() };
}

/** Waits for a page's heading. */
export function heading(page: Page, name: string): Promise<void> {
  return page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Presses a button. */
export function press(page: Page, name: string): Promise<void> {
  return page.getByRole("button", { name, exact: true }).click();
}

/** Waits until an English page says that a vote is sent again. */
export function retrying(page: Page): Promise<void> {
  return page
    .locator("#progress")
    .getByText(/sent again in/)
    .waitFor();
}

/**
 * Lets time pass on a page's clock until something is to be seen, two minutes at most.
 *
 * @param page the page
 * @param name the heading to come
 */
export async function passTimeUntil(page: Page, name: string): Promise<void> {
  const heading = page.getByRole("heading", { level: 1, name });
  await waitUntil(
    `the page says: ${name}`,
    async () => {
      await page.clock.runFor(2_000);
      return heading.isVisible();
    },
    { withinMs: 60_000, everyMs: 20 },
  );
}

/** A vote as a tab keeps it, with the number of its receipt if that is known. */
export function pendingVote(law_id = "L2026-001", receipt?: string) {
  return {
    key: "3f0f1c52-0000-4000-8000-000000000000",
    vote: { nas: "123456789", code: "ABC123", law_id, vote: "oui" },
    law: { law_id, form: "open" },
    ...(receipt === undefined ? {} : { receipt }),
  };
}

/**
 * Has the tab remember something, as if an earlier page had kept it a moment ago.
 *
 * @param page a page of the tab
 * @param items what to remember, by name
 */
export function remember(page: Page, items: Readonly<Record<string, unknown>>): Promise<void> {
  return page.evaluate<void>(
    `for (const [name, value] of Object.entries(${JSON.stringify(items)}))
       sessionStorage.setItem("referendum-" + name, typeof value === "string" ? value : JSON.stringify(value));
     sessionStorage.setItem("referendum-seen", String(Date.now()))`,
  );
}

/** All that a tab's storage has, as JSON. */
export function stored(page: Page): Promise<string> {
  return page.evaluate<string>("JSON.stringify({ ...sessionStorage })");
}

/** Six minutes pass at a page that does not say that the tab is open. */
export async function spendTimeElsewhere(page: Page): Promise<void> {
  await page.goto(`${SITE}/a/b`);
  await page.evaluate(`sessionStorage.setItem("referendum-seen",
    String(Number(sessionStorage.getItem("referendum-seen")) - ${6 * 60_000}))`);
}

/** Waits until the page says something. */
export async function says(page: Page, text: string): Promise<void> {
  await page.locator("main").getByText(text).first().waitFor();
}

/** Goes back, and waits until the address is that of the entry before. */
export async function back(page: Page): Promise<void> {
  await page.goBack({ waitUntil: "commit" });
}
