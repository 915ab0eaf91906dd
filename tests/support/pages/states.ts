import type { Page, Request } from "playwright-core";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { en, type Texts } from "../../../web/texts/en.ts";
import { fr } from "../../../web/texts/fr.ts";
import type { Language } from "./browser.ts";
import {
  BUSY,
  CLOSED,
  type Differences,
  LAWS,
  MISTYPED,
  REFUSED,
  REQUEST_ID,
  receipt,
  UNAVAILABLE,
} from "./made-api.ts";

export const TEXTS: Readonly<Record<Language, Texts>> = { fr, en };

/** A state of a page, and how a reader comes to it. */
export interface PageState {
  readonly name: string;
  /** The address, without the language. */
  readonly path: string;
  readonly api?: Differences;
  /** What the tab remembers from before. */
  readonly session?: Readonly<Record<string, string>>;
  /** What the reader does. */
  readonly act?: (page: Page, texts: Texts) => Promise<void>;
  /** The heading that the reader finds in the end. */
  readonly heading: (texts: Texts) => string;
  /** Something else that is to be seen then. */
  readonly sees?: (texts: Texts) => string;
}

const LAW = LAWS[0];
const VOTE = "vote.html?law=L2026-001";
const vote = { nas: "123456789", code: "ABC123", law_id: LAW.law_id, vote: "oui" };
const PENDING = { "referendum-pending": JSON.stringify({ key: "3f0f1c52-0000-4000-8000-000000000000", vote }) };
const KEPT = { "referendum-receipt": REQUEST_ID };

export async function identify(page: Page, texts: Texts, nas = "123 456 789", code = "ABC-123"): Promise<void> {
  await page.getByLabel(texts.identify.nas, { exact: true }).fill(nas);
  await page.getByLabel(texts.identify.code, { exact: true }).fill(code);
  await page.getByRole("button", { name: texts.continue }).click();
}

export async function choose(page: Page, texts: Texts, answer: "oui" | "non" = "oui"): Promise<void> {
  await page.getByLabel(texts[answer], { exact: true }).check();
  await page.getByRole("button", { name: texts.continue }).click();
}

async function comeToCheck(page: Page, texts: Texts): Promise<void> {
  await identify(page, texts);
  await choose(page, texts);
}

export async function castOnce(page: Page, texts: Texts): Promise<void> {
  await comeToCheck(page, texts);
  await page.getByRole("button", { name: texts.check.cast }).click();
}

/**
 * Lets time pass on the page's clock, two minutes at most, but none while a request is under way: its answer is there
 * at once, and would else come too late.
 *
 * @param page the page, before it sends the first request that counts
 * @returns passes time until something holds
 */
function clockOf(page: Page): (isOver: () => Promise<boolean>) => Promise<void> {
  const underWay = new Set<Request>();
  page.on("request", (request) => underWay.add(request));
  page.on("requestfinished", (request) => underWay.delete(request));
  page.on("requestfailed", (request) => underWay.delete(request));
  return async (isOver) => {
    for (let seconds = 0; seconds < 120 && !(await isOver()); seconds++) {
      await waitUntil("requests are answered", () => underWay.size === 0, { withinMs: 20_000, everyMs: 5 });
      await page.clock.runFor(1_000);
    }
  };
}

/** As `castOnce`, and until the client gives up: its clock runs faster than ours. */
async function castInVain(page: Page, texts: Texts): Promise<void> {
  // The pauses between tries are the same each time. By chance, the last try would begin so shortly before the client's
  // deadline that the deadline cuts it off, and then the page rightly says that the service did not answer.
  await page.evaluate("Math.random = () => 0.5");
  const passTime = clockOf(page);
  await castOnce(page, texts);
  const heading = page.getByRole("heading", { level: 1, name: texts.unconfirmed.title });
  await passTime(() => heading.isVisible());
}

const title = (texts: Texts) => LAW.title[texts === fr ? "fr" : "en"];

export const STATES: readonly PageState[] = [
  { name: "laws", path: "", heading: (t) => t.laws.title, sees: (t) => t.laws.frozen },
  {
    name: "laws-none",
    path: "",
    api: { laws: { status: 200, json: { laws: [] } } },
    heading: (t) => t.laws.title,
    sees: (t) => t.laws.none,
  },
  { name: "laws-away", path: "", api: { laws: UNAVAILABLE }, heading: (t) => t.ended.awayTitle },
  { name: "laws-busy", path: "", api: { laws: BUSY }, heading: (t) => t.ended.busyTitle },
  { name: "laws-loading", path: "", api: { laws: "never" }, heading: (t) => t.laws.title, sees: (t) => t.loading },
  {
    name: "laws-pending",
    path: "",
    session: PENDING,
    heading: (t) => t.laws.title,
    sees: (t) => t.pendingNotice.heading,
  },
  { name: "identify", path: VOTE, heading: (t) => t.identify.title },
  {
    name: "identify-from-letter",
    path: `${VOTE}#code=AB12CD34`,
    heading: (t) => t.identify.title,
    sees: (t) => t.identify.codeTaken,
  },
  {
    name: "identify-empty",
    path: VOTE,
    act: (page, t) => page.getByRole("button", { name: t.continue }).click(),
    heading: (t) => t.identify.title,
    sees: (t) => t.problemHeading,
  },
  {
    name: "identify-wrong",
    path: VOTE,
    act: (page, t) => identify(page, t, "12345", "A!"),
    heading: (t) => t.identify.title,
    sees: (t) => t.identify.nasCount(5),
  },
  {
    name: "identify-refused",
    path: VOTE,
    api: { vote: MISTYPED },
    act: castOnce,
    heading: (t) => t.identify.title,
    sees: (t) => t.problemHeading,
  },
  { name: "choose", path: VOTE, act: identify, heading: title },
  {
    name: "choose-empty",
    path: VOTE,
    act: async (page, t) => {
      await identify(page, t);
      await page.getByRole("button", { name: t.continue }).click();
    },
    heading: title,
    sees: (t) => t.problemHeading,
  },
  { name: "check", path: VOTE, act: comeToCheck, heading: (t) => t.check.title, sees: (t) => t.check.nasMasked("789") },
  {
    name: "sending",
    path: VOTE,
    api: { vote: "never" },
    act: castOnce,
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.first,
  },
  {
    name: "unconfirmed-away",
    path: VOTE,
    api: { vote: UNAVAILABLE },
    act: castInVain,
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.unknown,
  },
  {
    name: "unconfirmed-busy",
    path: VOTE,
    api: { vote: BUSY },
    act: castInVain,
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.busy,
  },
  {
    name: "unconfirmed-no-answer",
    path: VOTE,
    api: { vote: "away" },
    act: castInVain,
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.safe,
  },
  {
    name: "closed-meanwhile",
    path: VOTE,
    api: { vote: CLOSED },
    act: castOnce,
    heading: (t) => t.ended.closedTitle,
    sees: (t) => t.ended.closed,
  },
  { name: "refused", path: VOTE, api: { vote: REFUSED }, act: castOnce, heading: (t) => t.ended.refusedTitle },
  { name: "frozen", path: "vote.html?law=L2026-002", heading: (t) => t.ended.frozenTitle },
  { name: "not-open-yet", path: "vote.html?law=L2026-003", heading: (t) => t.ended.soonTitle },
  {
    name: "closed",
    path: "vote.html?law=L2026-004",
    heading: (t) => t.ended.closedTitle,
    sees: (t) => t.ended.closedPlain,
  },
  { name: "no-such-law", path: "vote.html?law=L9", heading: (t) => t.ended.unknownLawTitle },
  { name: "vote-without-law", path: "vote.html", heading: (t) => t.laws.title, sees: (t) => t.laws.intro },
  { name: "vote-away", path: VOTE, api: { law: UNAVAILABLE }, heading: (t) => t.ended.awayTitle },
  { name: "receipt-ask", path: "receipt.html", heading: (t) => t.receipt.title, sees: (t) => t.receipt.choose },
  {
    name: "receipt-wrong",
    path: "receipt.html",
    act: async (page, t) => {
      await page.getByLabel(t.receipt.number, { exact: true }).fill("A?");
      await page.getByRole("button", { name: t.receipt.look }).click();
    },
    heading: (t) => t.receipt.title,
    sees: (t) => t.problemHeading,
  },
  {
    name: "receipt-wrong-file",
    path: "receipt.html",
    act: (page, t) =>
      page
        .getByLabel(t.receipt.file)
        .setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{}") }),
    heading: (t) => t.receipt.title,
    sees: (t) => t.problemHeading,
  },
  {
    name: "receipt-received",
    path: "receipt.html",
    session: KEPT,
    api: { votes: receipt("received") },
    heading: (t) => t.receipt.receivedTitle,
  },
  {
    name: "receipt-late",
    path: "receipt.html",
    session: KEPT,
    api: { votes: receipt("received") },
    act: async (page, t) => {
      await page.getByRole("heading", { level: 1, name: t.receipt.receivedTitle }).waitFor();
      const late = page.getByText(t.receipt.receivedLong);
      await clockOf(page)(() => late.isVisible());
    },
    heading: (t) => t.receipt.receivedTitle,
    sees: (t) => t.receipt.receivedLong,
  },
  { name: "receipt-counted", path: "receipt.html", session: KEPT, heading: (t) => t.receipt.countedTitle },
  {
    name: "receipt-duplicate",
    path: "receipt.html",
    session: KEPT,
    api: { votes: receipt("duplicate") },
    heading: (t) => t.receipt.duplicateTitle,
  },
  {
    name: "receipt-invalid",
    path: "receipt.html",
    session: KEPT,
    api: { votes: receipt("invalid") },
    heading: (t) => t.receipt.invalidTitle,
  },
  {
    name: "receipt-lost",
    path: "receipt.html",
    session: KEPT,
    api: { votes: receipt("lost") },
    heading: (t) => t.receipt.lostTitle,
  },
  {
    name: "receipt-unknown",
    path: `receipt.html#${REQUEST_ID}`,
    api: { votes: { status: 404, json: {} } },
    heading: (t) => t.receipt.unknownTitle,
    sees: () => REQUEST_ID,
  },
  {
    name: "receipt-away",
    path: "receipt.html",
    session: KEPT,
    api: { votes: UNAVAILABLE },
    heading: (t) => t.receipt.awayTitle,
  },
  { name: "results-choose", path: "results.html", heading: (t) => t.results.title },
  {
    name: "results-live",
    path: "results.html?law=L2026-001",
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.live,
  },
  {
    name: "results-paused",
    path: "results.html?law=L2026-001",
    act: (page, t) => page.getByRole("button", { name: t.results.pause }).click(),
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.paused,
  },
  {
    name: "results-closed",
    path: "results.html?law=L2026-004",
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.final,
  },
  {
    name: "results-none",
    path: "results.html?law=L2026-001",
    api: {
      results: {
        status: 200,
        json: { law_id: "L2026-001", oui_count: 0, non_count: 0, total_votes: 0, updated_at: null },
      },
      turnout: { status: 200, json: { law_id: "L2026-001", eligible: 0, voted: 0, hours: [] } },
    },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.noVotes,
  },
  {
    name: "results-away",
    path: "results.html?law=L2026-001",
    api: { turnout: UNAVAILABLE },
    heading: (t) => t.ended.awayTitle,
  },
];
