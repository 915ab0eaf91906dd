import type { Page, Request } from "playwright-core";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { en, type Texts } from "../../../web/texts/en.ts";
import { fr } from "../../../web/texts/fr.ts";
import { answeredPromise, VECTOR_KEY } from "../promise-vectors.ts";
import type { Language } from "./browser.ts";
import {
  ACCEPTED,
  BUSY,
  CLOSED,
  CLOSED_IN_DOUBT,
  DESTROYED,
  type Differences,
  FOREIGN,
  LAWS,
  MISSING,
  MISTYPED,
  NO_RECEIPT,
  NOW,
  PROMISING,
  REFUSED,
  REHEARSAL,
  REQUEST_ID,
  receipt,
  tally,
  UNAVAILABLE,
  UNAVAILABLE_IN_DOUBT,
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
  /** A script that changes the browser before the page begins. */
  readonly browser?: string;
  /** What the reader does. */
  readonly act?: (page: Page, texts: Texts) => Promise<void>;
  /** The heading that the reader finds in the end. */
  readonly heading: (texts: Texts) => string;
  /** Something else that is to be seen then. */
  readonly sees?: (texts: Texts) => string;
  /** Something that is not to be seen then. */
  readonly lacks?: (texts: Texts) => string;
}

const LAW = LAWS[0];
const VOTE = "vote.html?law=L2026-001";
const vote = { nas: "123456789", code: "ABC123", law_id: LAW.law_id, vote: "oui" };
/** The time of the made-up day at which the pages are looked at. */
export const NOON = new Date("2026-11-29T15:00:00Z");
const pendingSince = (minutes: number, law_id: string = LAW.law_id) => ({
  "referendum-pending": JSON.stringify({ key: "3f0f1c52-0000-4000-8000-000000000000", vote: { ...vote, law_id } }),
  "referendum-seen": String(NOON.getTime() - minutes * 60_000),
});
const PENDING = pendingSince(4);
const PENDING_REHEARSAL = pendingSince(4, REHEARSAL.law_id);
/** A rehearsal's vote that the first page of the tab forgets. */
const FORGOTTEN_REHEARSAL = pendingSince(6, REHEARSAL.law_id);
/** The device has no network, and the pages know it. */
const OFFLINE = 'Object.defineProperty(navigator, "onLine", { get: () => false })';
/** The pauses between tries are none, so that the minute of a sending is over soon. */
export const HASTY = "Math.random = () => 0";
/** As a browser that is told to keep nothing. */
export const BLOCKED = `Object.defineProperty(window, "sessionStorage", {
  get() { throw new DOMException("blocked", "SecurityError"); },
})`;
/** A vote may have arrived, and is refused from then on; nobody decides it. */
const IN_DOUBT = {
  vote: [UNAVAILABLE_IN_DOUBT, CLOSED_IN_DOUBT],
  votes: receipt("received"),
} as const;
const NO_COUNT = tally(0, 0, { updated_at: null });
/** A law whose results are public after the close. */
const withResults = (one: (typeof LAWS)[number]) => ({ status: 200, json: { ...one, results: "after_close" } });
const NO_TURNOUT = { status: 200, json: { law_id: "L2026-001", eligible: 0, voted: 0, hours: [] } };
/** One of those who have voted was struck off the roll after that. */
const MORE_THAN_THE_ROLL = { status: 200, json: { law_id: "L2026-001", eligible: 9, voted: 10, hours: [] } };
/** A whole country has voted. */
const NATIONAL = {
  results: tally(4_012_345, 1_987_655),
  turnout: {
    status: 200,
    json: {
      ...{ law_id: "L2026-001", eligible: 8_000_000, voted: 6_000_000 },
      hours: Array.from({ length: 4 }, (_, index) => ({
        from: `2026-11-29T${13 + index}:00:00.000Z`,
        until: `2026-11-29T${14 + index}:00:00.000Z`,
        voted: 1_500_000,
      })),
    },
  },
};
/** A vote of three days, with its nights. */
const SEVERAL_DAYS = {
  turnout: {
    status: 200,
    json: {
      ...{ law_id: "L2026-001", eligible: 4_000, voted: 1_800 },
      hours: Array.from({ length: 6 }, (_, index) => ({
        from: new Date(Date.parse("2026-11-27T13:00:00.000Z") + index * 12 * 3_600_000).toISOString(),
        until: new Date(Date.parse("2026-11-28T01:00:00.000Z") + index * 12 * 3_600_000).toISOString(),
        voted: index % 2 === 0 ? 500 : 100,
      })),
    },
  },
};
const REHEARSED = {
  laws: { status: 200, json: { laws: [...LAWS, REHEARSAL] } },
  law: { status: 200, json: REHEARSAL },
  votes: receipt("counted", undefined, REHEARSAL.law_id),
} as const;
const KEPT = { "referendum-receipt": REQUEST_ID };
/** A vote that nobody has confirmed, on a sealed law whose voters can find their ballots. */
const PENDING_WITH_PROOF = JSON.stringify({
  ...{ key: "3f0f1c52-0000-4000-8000-000000000000", vote, receipt: REQUEST_ID, seed: "0f".repeat(32) },
  law: NOW.sealedWithProof.json,
});
/** A vote that is promised with a key that the law's description, when it was read, did not name yet. */
const NEWLY_PROMISED = {
  law: [NOW.promisingElse, UNAVAILABLE],
  vote: {
    ...ACCEPTED,
    json: { ...ACCEPTED.json, promise: answeredPromise(PROMISING.origin, REQUEST_ID) },
  },
} as const;
/** A browser whose pauses between tries are the same each time. */
const STEADY = "Math.random = () => 0.5";
/** A browser whose WebCrypto cannot seal. */
const NO_SEALING = 'Object.defineProperty(crypto, "subtle", { value: undefined })';

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
export function clockOf(page: Page): (isOver: () => Promise<boolean>) => Promise<void> {
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

/** As `castOnce`; the pauses between tries are the same each time. */
async function castSteadily(page: Page, texts: Texts): Promise<void> {
  await page.evaluate(STEADY);
  await castOnce(page, texts);
}

/** As `castSteadily`, and until the pause before the next try, which says this, is over. */
function castAndRetry(says: (texts: Texts) => string) {
  return async (page: Page, texts: Texts): Promise<void> => {
    await castSteadily(page, texts);
    await retryAfter(says)(page, texts);
  };
}

/** Goes on with the vote of the tab; a page of an earlier release has kept it, without the law's description. */
async function goOn(page: Page, texts: Texts): Promise<void> {
  await page.getByRole("link", { name: texts.pendingNotice.link }).click();
}

/** Until the pause before the next try, which says this, is over. */
function retryAfter(says: (texts: Texts) => string) {
  return async (page: Page, texts: Texts): Promise<void> => {
    await page.getByText(says(texts)).first().waitFor();
    await page.clock.runFor(3_000);
  };
}

/** Until the client gives up: its clock runs faster than ours. */
function castInVain(title: (texts: Texts) => string = (t) => t.unconfirmed.title) {
  return async (page: Page, texts: Texts): Promise<void> => {
    const passTime = clockOf(page);
    await castSteadily(page, texts);
    const heading = page.getByRole("heading", { level: 1, name: title(texts) });
    await passTime(() => heading.isVisible());
  };
}

/** Opens a saved receipt. */
async function openFile(page: Page, texts: Texts, saved: object): Promise<void> {
  const buffer = Buffer.from(JSON.stringify(saved));
  await page.getByLabel(texts.receipt.file).setInputFiles({ name: "x.json", mimeType: "application/json", buffer });
}

/** A receipt of a vote that does not count has no way to vote again where no votes are taken. */
async function noVotingAgain(page: Page, texts: Texts): Promise<void> {
  await page.getByText(texts.receipt.status, { exact: true }).waitFor();
  if (await page.getByRole("link", { name: texts.receipt.voteAgain }).isVisible()) throw new Error("there is a way");
}

const title = (texts: Texts) => LAW.title[texts === fr ? "fr" : "en"];

/**
 * A state by its name.
 *
 * @throws Error when there is none
 */
export function stateNamed(name: string): PageState {
  const state = STATES.find((one) => one.name === name);
  if (state === undefined) throw new Error(`there is no state ${name}`);
  return state;
}

export const STATES: readonly PageState[] = [
  { name: "rehearsal-laws", path: "", api: REHEARSED, heading: (t) => t.laws.title, sees: (t) => t.rehearsal },
  {
    name: "rehearsal-identify",
    path: `vote.html?law=${REHEARSAL.law_id}`,
    api: REHEARSED,
    heading: (t) => t.identify.title,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-check",
    path: `vote.html?law=${REHEARSAL.law_id}`,
    api: REHEARSED,
    act: comeToCheck,
    heading: (t) => t.check.title,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-away",
    path: `vote.html?law=${REHEARSAL.law_id}`,
    api: { law: UNAVAILABLE },
    heading: (t) => t.ended.awayTitle,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-receipt",
    path: "receipt.html",
    session: KEPT,
    api: REHEARSED,
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-results-choose",
    path: "results.html",
    api: REHEARSED,
    heading: (t) => t.results.title,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-results",
    path: `results.html?law=${REHEARSAL.law_id}`,
    api: REHEARSED,
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-pending",
    path: "",
    session: PENDING_REHEARSAL,
    heading: (t) => t.laws.title,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-pending-and-a-law",
    path: VOTE,
    session: PENDING_REHEARSAL,
    heading: (t) => t.pendingNotice.heading,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-and-a-pending-vote",
    path: `vote.html?law=${REHEARSAL.law_id}`,
    api: REHEARSED,
    session: PENDING,
    heading: (t) => t.pendingNotice.heading,
    sees: (t) => t.pendingNotice.forget,
    lacks: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-forgotten",
    path: "receipt.html",
    session: FORGOTTEN_REHEARSAL,
    act: (page, t) => page.getByText(t.pendingNotice.forgotten).waitFor(),
    heading: (t) => t.receipt.title,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-forgotten-elsewhere",
    path: "vote.html",
    session: FORGOTTEN_REHEARSAL,
    act: (page, t) => page.getByText(t.pendingNotice.forgotten).waitFor(),
    heading: (t) => t.laws.title,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-receipt-away-from-a-file",
    path: "receipt.html",
    api: { votes: UNAVAILABLE },
    act: (page, t) => openFile(page, t, { request_id: REQUEST_ID, law_id: REHEARSAL.law_id, rehearsal: true }),
    heading: (t) => t.receipt.awayTitle,
    sees: (t) => t.rehearsal,
  },
  {
    name: "rehearsal-receipt-away-after-a-vote",
    path: `vote.html?law=${REHEARSAL.law_id}`,
    api: { ...REHEARSED, votes: UNAVAILABLE },
    act: castOnce,
    heading: (t) => t.receipt.awayTitle,
    sees: (t) => t.rehearsal,
  },
  { name: "laws", path: "", heading: (t) => t.laws.title, sees: (t) => t.laws.frozen },
  {
    name: "laws-none",
    path: "",
    api: { laws: { status: 200, json: { laws: [] } } },
    heading: (t) => t.laws.title,
    sees: (t) => t.laws.none,
  },
  {
    name: "laws-without-a-planned-close",
    path: "",
    api: { laws: { status: 200, json: { laws: [LAWS[0], LAWS[3]].map((one) => ({ ...one, closes_at: null })) } } },
    heading: (t) => t.laws.title,
    sees: (t) => t.laws.closed,
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
    lacks: (t) => t.rehearsal,
  },
  {
    name: "laws-pending-of-long-ago",
    path: "",
    session: pendingSince(6),
    heading: (t) => t.laws.title,
    sees: (t) => t.pendingNotice.forgotten,
    act: async (page) => {
      if ((await page.evaluate("sessionStorage.length")) !== 0) throw new Error("the tab remembers a vote of long ago");
    },
  },
  {
    name: "laws-forgotten-elsewhere",
    path: "vote.html",
    session: pendingSince(6),
    heading: (t) => t.laws.title,
    sees: (t) => t.pendingNotice.forgotten,
  },
  {
    name: "vote-pending-on-another-law",
    path: "vote.html?law=L2026-002",
    session: PENDING,
    heading: (t) => t.pendingNotice.heading,
    sees: (t) => t.pendingNotice.forget,
  },
  {
    name: "vote-pending-and-chosen-anew",
    path: VOTE,
    session: PENDING,
    heading: (t) => t.pendingNotice.heading,
    sees: (t) => t.pendingNotice.sameLaw,
  },
  {
    name: "vote-pending-and-another-letter",
    path: `${VOTE}#code=ZZ99ZZ99`,
    session: PENDING,
    heading: (t) => t.pendingNotice.heading,
    sees: (t) => t.pendingNotice.letter,
  },
  {
    name: "laws-offline",
    path: "",
    api: { laws: "away" },
    browser: OFFLINE,
    heading: (t) => t.ended.awayTitle,
    sees: (t) => t.ended.offline,
  },
  {
    name: "laws-from-letter",
    path: "#code=AB12CD34",
    act: (page, t) => page.getByRole("link", { name: t.laws.voteOn(title(t)) }).click(),
    heading: (t) => t.identify.title,
    sees: (t) => t.identify.codeTaken,
  },
  {
    name: "laws-from-letter-without-law",
    path: "vote.html#code=AB12CD34",
    act: (page, t) => page.getByRole("link", { name: t.laws.voteOn(title(t)) }).click(),
    heading: (t) => t.identify.title,
    sees: (t) => t.identify.codeTaken,
  },
  {
    name: "identify",
    path: VOTE,
    heading: (t) => t.identify.title,
    sees: (t) => t.identify.privacy,
    lacks: (t) => t.identify.privacyLetter,
  },
  {
    name: "identify-from-letter",
    path: `${VOTE}#code=AB12CD34`,
    heading: (t) => t.identify.title,
    sees: (t) => t.identify.privacyLetter,
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
    name: "identify-checked-code",
    path: VOTE,
    api: { law: NOW.checked },
    act: (page, t) => identify(page, t, "123456789", "abcd efgh"),
    heading: (t) => t.identify.title,
    sees: (t) => t.identify.codeCount(8, 20),
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
    name: "choose-long-words",
    path: VOTE,
    api: { law: NOW.longWords },
    act: identify,
    heading: (t) => NOW.longWords.json.title[t === fr ? "fr" : "en"],
  },
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
    name: "check-sealed",
    path: VOTE,
    api: { law: NOW.sealed },
    act: comeToCheck,
    heading: (t) => t.check.title,
    sees: (t) => t.check.sealedHere,
  },
  {
    name: "check-sealed-with-proof",
    path: VOTE,
    api: { law: NOW.sealedWithProof },
    act: comeToCheck,
    heading: (t) => t.check.title,
    sees: (t) => t.check.proof,
  },
  {
    name: "check-sealed-by-the-service",
    path: VOTE,
    api: { law: NOW.sealedWithProof },
    browser: NO_SEALING,
    act: async (page, t) => {
      await comeToCheck(page, t);
      await page.getByText(t.check.sealedByService).waitFor();
    },
    heading: (t) => t.check.title,
    sees: (t) => t.check.noProof,
  },
  {
    name: "sending",
    path: VOTE,
    api: { vote: "never" },
    act: castOnce,
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.first,
  },
  {
    name: "sending-busy",
    path: VOTE,
    api: { vote: BUSY },
    act: castSteadily,
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.busy(3),
  },
  {
    name: "sending-away",
    path: VOTE,
    api: { vote: UNAVAILABLE },
    act: castSteadily,
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.away(3),
  },
  {
    name: "sending-no-answer",
    path: VOTE,
    api: { vote: "away" },
    act: castSteadily,
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.noAnswer(1),
  },
  {
    name: "sending-offline",
    path: VOTE,
    api: { vote: "away" },
    browser: OFFLINE,
    act: castSteadily,
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.offline(1),
  },
  {
    name: "sending-again",
    path: VOTE,
    api: { vote: [BUSY, "never"] },
    act: castAndRetry((t) => t.sending.busy(3)),
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.again,
  },
  {
    name: "sending-describing",
    path: "",
    session: PENDING,
    api: { law: UNAVAILABLE },
    browser: STEADY,
    act: goOn,
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.describeIn(3),
  },
  {
    name: "sending-describing-again",
    path: "",
    session: PENDING,
    api: { law: [UNAVAILABLE, "never"] },
    browser: STEADY,
    act: async (page, texts) => {
      await goOn(page, texts);
      await retryAfter((t) => t.sending.describeIn(3))(page, texts);
    },
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.describing,
  },
  {
    name: "sending-checking",
    path: VOTE,
    api: NEWLY_PROMISED,
    act: castSteadily,
    heading: (t) => t.sending.checkTitle,
    sees: (t) => t.sending.checkIn(3),
  },
  {
    name: "sending-checking-again",
    path: VOTE,
    api: { ...NEWLY_PROMISED, law: [NOW.promisingElse, UNAVAILABLE, "never"] },
    act: castAndRetry((t) => t.sending.checkIn(3)),
    heading: (t) => t.sending.checkTitle,
    sees: (t) => t.sending.checking,
  },
  {
    name: "sending-checking-at-first",
    path: VOTE,
    api: { ...NEWLY_PROMISED, law: [NOW.promisingElse, "never"], vote: [BUSY, NEWLY_PROMISED.vote] },
    act: castAndRetry((t) => t.sending.busy(3)),
    heading: (t) => t.sending.checkTitle,
    sees: (t) => t.sending.checking,
  },
  {
    name: "sending-looked",
    path: VOTE,
    api: {
      law: NOW.promising,
      vote: [UNAVAILABLE_IN_DOUBT, CLOSED_IN_DOUBT, BUSY, "never"],
      votes: receipt("counted"),
    },
    act: castAndRetry((t) => t.sending.away(3)),
    heading: (t) => t.sending.checkTitle,
    sees: (t) => t.sending.checkIn(3),
  },
  {
    name: "sending-after-describing",
    path: "",
    session: PENDING,
    api: { law: [UNAVAILABLE, NOW.open], vote: "never" },
    browser: STEADY,
    act: async (page, texts) => {
      await goOn(page, texts);
      await retryAfter((t) => t.sending.describeIn(3))(page, texts);
    },
    heading: (t) => t.sending.title,
    sees: (t) => t.sending.first,
  },
  {
    name: "sending-looking",
    path: VOTE,
    api: IN_DOUBT,
    act: castAndRetry((t) => t.sending.away(3)),
    heading: (t) => t.sending.lookTitle,
    sees: (t) => t.sending.looking,
  },
  {
    name: "confirmed-without-the-page-of-its-receipt",
    path: VOTE,
    act: async (page, t) => {
      await page.route("**/receipt.html*", (route) => route.fulfill({ status: 204 }));
      await castOnce(page, t);
    },
    heading: (t) => t.receipt.receivedTitle,
    sees: (t) => t.ended.lookAtReceipt,
  },
  {
    name: "unconfirmed-away",
    path: VOTE,
    api: { vote: UNAVAILABLE },
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.unknown,
  },
  {
    name: "unconfirmed-busy",
    path: VOTE,
    api: { vote: BUSY },
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.busy,
  },
  {
    name: "unconfirmed-no-answer",
    path: VOTE,
    api: { vote: "away" },
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.safe,
  },
  {
    name: "unconfirmed-with-a-promise-of-an-unknown-key",
    path: VOTE,
    api: NEWLY_PROMISED,
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.unchecked,
    lacks: (t) => t.unconfirmed.unknown,
  },
  {
    name: "unconfirmed-without-promise",
    path: VOTE,
    api: { law: NOW.promising, vote: ACCEPTED },
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.unpromised,
  },
  {
    name: "unconfirmed-foreign-answer",
    path: VOTE,
    api: { vote: ["away", FOREIGN] },
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.unknown,
  },
  {
    name: "unconfirmed-refused-now",
    path: VOTE,
    api: { vote: ["away", CLOSED] },
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.ended.notTaken,
  },
  {
    name: "unconfirmed-and-open-again",
    path: VOTE,
    api: IN_DOUBT,
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.ended.notTaken,
  },
  {
    name: "unconfirmed-refused",
    path: VOTE,
    api: { vote: ["away", REFUSED] },
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.refused,
  },
  {
    name: "unconfirmed-offline",
    path: VOTE,
    api: { vote: "away" },
    browser: OFFLINE,
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.unconfirmed.offline,
  },
  {
    name: "unconfirmed-with-receipt",
    path: VOTE,
    api: { vote: UNAVAILABLE_IN_DOUBT, votes: receipt("received") },
    act: castInVain(),
    heading: (t) => t.unconfirmed.title,
    sees: (t) => t.ended.lookAtReceipt,
  },
  {
    name: "closed-meanwhile",
    path: VOTE,
    api: { law: [NOW.open, NOW.closed], vote: CLOSED },
    act: castOnce,
    heading: (t) => t.ended.closedTitle,
    sees: (t) => t.ended.closed,
  },
  {
    name: "mistyped-in-doubt",
    path: VOTE,
    api: { vote: ["away", MISTYPED] },
    act: castInVain((t) => t.identify.title),
    heading: (t) => t.identify.title,
    sees: (t) => t.identify.codeRefused,
  },
  {
    name: "not-taken",
    path: VOTE,
    api: { vote: CLOSED },
    act: castOnce,
    heading: (t) => t.ended.notTakenTitle,
    sees: (t) => t.ended.notTaken,
  },
  {
    name: "not-taken-and-open-again",
    path: VOTE,
    api: { vote: CLOSED },
    act: async (page, t) => {
      const passTime = clockOf(page);
      await castOnce(page, t);
      await passTime(() => page.getByText(t.ended.openAgain).isVisible());
    },
    heading: (t) => t.ended.notTakenTitle,
    sees: (t) => t.ended.openAgain,
  },
  {
    name: "frozen-a-moment-ago",
    path: VOTE,
    api: { law: [NOW.open, NOW.open, NOW.frozen], vote: CLOSED },
    act: async (page, t) => {
      await castOnce(page, t);
      await page.getByRole("heading", { level: 1, name: t.ended.notTakenTitle }).waitFor();
      await page.clock.runFor(2_500);
    },
    heading: (t) => t.ended.frozenTitle,
    sees: (t) => t.ended.frozenRefused,
  },
  {
    name: "frozen-meanwhile",
    path: VOTE,
    api: { law: [NOW.open, NOW.frozen], vote: CLOSED },
    act: castOnce,
    heading: (t) => t.ended.frozenTitle,
    sees: (t) => t.ended.frozenRefused,
  },
  {
    name: "closed-in-doubt",
    path: VOTE,
    api: { law: [NOW.open, NOW.closed], ...IN_DOUBT },
    act: castInVain((t) => t.ended.closedTitle),
    heading: (t) => t.ended.closedTitle,
    sees: (t) => t.ended.lookAtReceipt,
  },
  {
    name: "closed-in-doubt-without-receipt",
    path: VOTE,
    api: { law: [NOW.open, NOW.closed], vote: ["away", CLOSED] },
    act: async (page, t) => {
      await castInVain((texts) => texts.ended.closedTitle)(page, t);
      if (await page.getByText(t.ended.closedUnsureReceipt).isVisible()) throw new Error("there is no receipt to show");
    },
    heading: (t) => t.ended.closedTitle,
    sees: (t) => t.ended.closedUnsure,
  },
  {
    name: "frozen-in-doubt",
    path: VOTE,
    api: { law: [NOW.open, NOW.frozen], ...IN_DOUBT },
    act: castInVain((t) => t.ended.frozenTitle),
    heading: (t) => t.ended.frozenTitle,
    sees: (t) => t.ended.frozenUnsure,
  },
  {
    name: "frozen-in-doubt-without-receipt",
    path: VOTE,
    api: { law: [NOW.open, NOW.frozen], vote: ["away", CLOSED] },
    act: async (page, t) => {
      await castInVain((texts) => texts.ended.frozenTitle)(page, t);
      if (await page.getByText(t.ended.lookAtReceipt).isVisible()) throw new Error("there is no receipt to show");
    },
    heading: (t) => t.ended.frozenTitle,
    sees: (t) => t.ended.frozenUnsure,
  },
  { name: "storage-off", path: VOTE, browser: BLOCKED, act: castOnce, heading: (t) => t.receipt.countedTitle },
  {
    name: "refused",
    path: VOTE,
    api: { vote: REFUSED },
    act: castOnce,
    heading: (t) => t.ended.refusedTitle,
    sees: (t) => t.ended.refused,
  },
  {
    name: "sealed-for-nobody",
    path: VOTE,
    api: { law: NOW.sealedForNobody, vote: "never" },
    act: castOnce,
    heading: (t) => t.ended.refusedTitle,
    sees: (t) => t.ended.cannotSeal,
  },
  { name: "law-removed", path: VOTE, api: { vote: MISSING }, act: castOnce, heading: (t) => t.ended.unknownLawTitle },
  { name: "frozen", path: "vote.html?law=L2026-002", heading: (t) => t.ended.frozenTitle },
  { name: "not-open-yet", path: "vote.html?law=L2026-003", heading: (t) => t.ended.soonTitle },
  {
    name: "closed",
    path: "vote.html?law=L2026-004",
    heading: (t) => t.ended.closedTitle,
    sees: (t) => t.ended.closedPlain,
  },
  { name: "no-such-law", path: "vote.html?law=L9", heading: (t) => t.ended.unknownLawTitle },
  { name: "no-law-can-have-that-id", path: "vote.html?law=..", heading: (t) => t.ended.unknownLawTitle },
  { name: "vote-without-law", path: "vote.html", heading: (t) => t.laws.title, sees: (t) => t.laws.intro },
  { name: "vote-away", path: VOTE, api: { law: UNAVAILABLE }, heading: (t) => t.ended.awayTitle },
  { name: "vote-busy", path: VOTE, api: { law: BUSY }, heading: (t) => t.ended.busyTitle },
  {
    name: "vote-offline",
    path: VOTE,
    api: { law: "away" },
    browser: OFFLINE,
    heading: (t) => t.ended.awayTitle,
    sees: (t) => t.ended.offline,
  },
  { name: "receipt-ask", path: "receipt.html", heading: (t) => t.receipt.title, sees: (t) => t.receipt.choose },
  {
    name: "receipt-empty",
    path: "receipt.html",
    act: (page, t) => page.getByRole("button", { name: t.receipt.look }).click(),
    heading: (t) => t.receipt.title,
    sees: (t) => t.receipt.numberEmpty,
  },
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
    sees: (t) => t.receipt.statuses.received,
    lacks: (t) => t.receipt.time,
  },
  {
    name: "receipt-in-doubt",
    path: VOTE,
    api: { vote: UNAVAILABLE_IN_DOUBT, votes: receipt("received") },
    act: async (page, t) => {
      await castInVain()(page, t);
      await page.getByRole("button", { name: t.ended.lookAtReceipt }).click();
    },
    heading: (t) => t.receipt.inDoubtTitle,
    sees: (t) => t.pendingNotice.link,
    lacks: (t) => t.receipt.time,
  },
  {
    name: "receipt-after-a-vote-of-long-ago",
    path: "receipt.html",
    session: { ...KEPT, ...pendingSince(6) },
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.pendingNotice.forgotten,
  },
  {
    name: "receipt-late",
    path: "receipt.html",
    session: KEPT,
    api: { votes: receipt("received") },
    act: async (page, t) => {
      await page.getByRole("heading", { level: 1, name: t.receipt.receivedTitle }).waitFor();
      const late = page.locator("#main").getByText(t.receipt.receivedLong);
      await clockOf(page)(() => late.isVisible());
    },
    heading: (t) => t.receipt.receivedTitle,
    sees: (t) => t.receipt.receivedLong,
  },
  {
    name: "receipt-counted",
    path: "receipt.html",
    session: KEPT,
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.receipt.time,
  },
  {
    name: "receipt-sealed-with-tracker",
    path: VOTE,
    api: { law: NOW.sealedWithProof },
    act: async (page, t) => {
      await castOnce(page, t);
      await page.getByText(t.receipt.sealed).waitFor();
    },
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.receipt.trackerWarning,
  },
  {
    name: "receipt-that-arrived-with-tracker",
    path: "receipt.html",
    session: { ...KEPT, ...pendingSince(4), "referendum-pending": PENDING_WITH_PROOF },
    api: { law: NOW.sealedWithProof },
    act: async (page) => {
      await page.getByText(/^[0-9a-f]{32}$/).waitFor();
      const kept = await page.evaluate<string>("JSON.stringify({ ...sessionStorage })");
      if (/pending|seed/.test(kept)) throw new Error("the tab remembers a vote that has arrived");
    },
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.receipt.trackerWarning,
  },
  {
    name: "receipt-from-a-file-with-tracker",
    path: "receipt.html",
    api: { law: NOW.sealedWithProof },
    act: async (page, t) => {
      const tracker = "0123456789abcdef".repeat(2);
      const buffer = Buffer.from(JSON.stringify({ request_id: REQUEST_ID, tracker }));
      await page.getByLabel(t.receipt.file).setInputFiles({ name: "x.json", mimeType: "application/json", buffer });
      await page.getByText(tracker).waitFor();
    },
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.receipt.trackerWarning,
  },
  {
    name: "receipt-with-promise",
    path: VOTE,
    api: { law: NOW.promising },
    act: castOnce,
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.receipt.promiseRight,
  },
  {
    name: "receipt-with-a-promise-that-cannot-be-checked",
    path: VOTE,
    api: { law: NOW.sealed },
    browser: NO_SEALING,
    act: castOnce,
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.receipt.promiseUnchecked,
  },
  {
    name: "receipt-from-a-file-with-a-wrong-promise",
    path: "receipt.html",
    api: { law: NOW.promising },
    act: async (page, t) => {
      const promise = {
        ...{ request_id: REQUEST_ID, public_key: VECTOR_KEY.public_key },
        ...answeredPromise(PROMISING.origin, "another"),
      };
      const buffer = Buffer.from(JSON.stringify({ request_id: REQUEST_ID, promise }));
      await page.getByLabel(t.receipt.file).setInputFiles({ name: "x.json", mimeType: "application/json", buffer });
    },
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.receipt.promiseWrong,
  },
  {
    name: "receipt-copied",
    path: "receipt.html",
    session: KEPT,
    api: { law: NOW.sealed, votes: receipt("invalid", "copied") },
    heading: (t) => t.receipt.invalidTitle,
    sees: (t) => t.receipt.copiedHelp,
  },
  {
    name: "receipt-copied-and-closed",
    path: "receipt.html",
    session: KEPT,
    api: { law: NOW.sealedAndClosed, votes: receipt("invalid", "copied") },
    act: noVotingAgain,
    heading: (t) => t.receipt.invalidTitle,
    sees: (t) => t.receipt.copiedClosed,
  },
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
    name: "receipt-code-replaced",
    path: "receipt.html",
    session: KEPT,
    api: { votes: receipt("invalid", "code_replaced") },
    heading: (t) => t.receipt.invalidTitle,
    sees: (t) => t.receipt.codeReplacedHelp,
  },
  {
    name: "receipt-code-replaced-and-closed",
    path: "receipt.html",
    session: KEPT,
    api: { law: NOW.closed, votes: receipt("invalid", "code_replaced") },
    act: noVotingAgain,
    heading: (t) => t.receipt.invalidTitle,
    sees: (t) => t.receipt.codeReplacedClosed,
  },
  {
    name: "receipt-struck",
    path: "receipt.html",
    session: KEPT,
    api: { votes: receipt("invalid", "struck") },
    heading: (t) => t.receipt.invalidTitle,
    sees: (t) => t.receipt.struckHelp,
  },
  {
    name: "receipt-lost",
    path: "receipt.html",
    session: KEPT,
    api: { votes: receipt("lost") },
    heading: (t) => t.receipt.lostTitle,
    sees: (t) => t.receipt.voteAgain,
  },
  {
    name: "receipt-lost-and-closed",
    path: "receipt.html",
    session: KEPT,
    api: { law: NOW.closed, votes: receipt("lost") },
    act: noVotingAgain,
    heading: (t) => t.receipt.lostTitle,
    sees: (t) => t.receipt.lostClosed,
  },
  {
    name: "receipt-lost-and-suspended",
    path: "receipt.html",
    session: KEPT,
    api: { law: NOW.frozen, votes: receipt("lost") },
    act: noVotingAgain,
    heading: (t) => t.receipt.lostTitle,
    sees: (t) => t.receipt.notNow,
  },
  {
    name: "receipt-lost-and-law-away",
    path: "receipt.html",
    session: KEPT,
    api: { law: UNAVAILABLE, votes: receipt("lost") },
    heading: (t) => t.receipt.lostTitle,
    sees: (t) => t.receipt.ifOpen,
  },
  {
    name: "receipt-invalid-and-closed",
    path: "receipt.html",
    session: KEPT,
    api: { law: NOW.closed, votes: receipt("invalid") },
    act: noVotingAgain,
    heading: (t) => t.receipt.invalidTitle,
    sees: (t) => t.receipt.invalidClosed,
  },
  {
    name: "receipt-in-doubt-and-closed",
    path: VOTE,
    api: { law: [NOW.open, NOW.closed], ...IN_DOUBT },
    act: async (page, t) => {
      await castInVain((texts) => texts.ended.closedTitle)(page, t);
      await page.getByRole("button", { name: t.ended.lookAtReceipt }).click();
    },
    heading: (t) => t.receipt.inDoubtTitle,
    sees: (t) => t.receipt.inDoubtClosed,
  },
  {
    name: "receipt-in-doubt-of-a-forgotten-vote",
    path: "receipt.html",
    session: { ...KEPT, "referendum-in-doubt": REQUEST_ID },
    api: { votes: receipt("received") },
    heading: (t) => t.receipt.inDoubtTitle,
    sees: (t) => t.receipt.inDoubtForgotten,
  },
  {
    name: "receipt-in-doubt-from-a-file",
    path: "receipt.html",
    api: { votes: receipt("received") },
    act: (page, t) =>
      page.getByLabel(t.receipt.file).setInputFiles({
        ...{ name: "receipt.json", mimeType: "application/json" },
        buffer: Buffer.from(JSON.stringify({ request_id: REQUEST_ID, status: "received", in_doubt: true })),
      }),
    heading: (t) => t.receipt.inDoubtTitle,
    sees: (t) => t.receipt.inDoubtStatus,
  },
  {
    name: "receipt-unknown",
    path: `receipt.html#${REQUEST_ID}`,
    api: { votes: NO_RECEIPT },
    heading: (t) => t.receipt.unknownTitle,
    sees: () => REQUEST_ID,
  },
  {
    name: "receipt-destroyed",
    path: "receipt.html",
    session: KEPT,
    api: { votes: DESTROYED },
    heading: (t) => t.receipt.destroyedTitle,
    sees: (t) => t.receipt.destroyed,
  },
  {
    name: "receipt-destroyed-while-it-is-open",
    path: "receipt.html",
    session: KEPT,
    api: { votes: [receipt("received"), DESTROYED] },
    heading: (t) => t.receipt.destroyedTitle,
    sees: (t) => t.receipt.destroyed,
    lacks: (t) => t.receipt.receivedLong,
  },
  {
    name: "receipt-foreign-answer",
    path: "receipt.html",
    session: KEPT,
    api: { votes: FOREIGN },
    heading: (t) => t.receipt.awayTitle,
  },
  {
    name: "receipt-away",
    path: "receipt.html",
    session: KEPT,
    api: { votes: UNAVAILABLE },
    heading: (t) => t.receipt.awayTitle,
  },
  {
    name: "receipt-busy",
    path: "receipt.html",
    session: KEPT,
    api: { votes: BUSY },
    heading: (t) => t.receipt.awayTitle,
    sees: (t) => t.receipt.busy,
  },
  {
    name: "receipt-offline",
    path: "receipt.html",
    session: KEPT,
    api: { votes: "away" },
    browser: OFFLINE,
    heading: (t) => t.receipt.awayTitle,
    sees: (t) => t.receipt.offline,
  },
  {
    name: "receipt-refused-once",
    path: "receipt.html",
    session: KEPT,
    api: { votes: [receipt("received"), REFUSED, receipt("counted")] },
    act: async (page, t) => {
      await page.locator("#main").getByText(t.receipt.receivedLong).waitFor();
      await page.clock.runFor(6_000);
    },
    heading: (t) => t.receipt.countedTitle,
  },
  {
    name: "receipt-saved",
    path: "receipt.html",
    session: KEPT,
    act: (page, t) => page.getByRole("button", { name: t.receipt.save }).click(),
    heading: (t) => t.receipt.countedTitle,
    sees: (t) => t.receipt.saved(`${t === fr ? "recepisse" : "receipt"}-L2026-001-${REQUEST_ID.slice(0, 12)}.json`),
  },
  { name: "results-choose", path: "results.html", heading: (t) => t.results.title },
  {
    name: "results-of-no-law",
    path: "results.html?law=",
    heading: (t) => t.results.title,
    sees: (t) => t.results.choose,
  },
  { name: "results-of-no-such-law", path: "results.html?law=..", heading: (t) => t.ended.unknownLawTitle },
  { name: "results-choose-away", path: "results.html", api: { laws: UNAVAILABLE }, heading: (t) => t.ended.awayTitle },
  {
    name: "results-after-close",
    path: "results.html?law=L2026-001",
    api: { law: withResults(LAWS[0]), results: NO_COUNT },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.afterClose,
  },
  {
    name: "results-soon",
    path: "results.html?law=L2026-004",
    api: {
      law: withResults(LAWS[3]),
      results: tally(0, 0, { law_id: "L2026-004", state: "counting", updated_at: null }),
    },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.soon,
  },
  {
    name: "results-final",
    path: "results.html?law=L2026-004",
    api: { law: withResults(LAWS[3]), results: tally(1_012, 771, { law_id: "L2026-004", state: "published" }) },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.final,
  },
  {
    name: "results-final-none",
    path: "results.html?law=L2026-004",
    api: {
      law: withResults(LAWS[3]),
      results: tally(0, 0, { law_id: "L2026-004", state: "published", updated_at: null }),
    },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.nobodyVoted,
  },
  {
    name: "results-sealed",
    path: "results.html?law=L2026-001",
    api: { law: NOW.sealed, results: NO_COUNT },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.sealed,
  },
  {
    name: "results-sealed-and-closed",
    path: "results.html?law=L2026-001",
    api: { law: NOW.sealedAndClosed, results: tally(0, 0, { state: "counting", updated_at: null }) },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.opening,
  },
  {
    name: "results-spoiled",
    path: "results.html?law=L2026-001",
    api: { law: NOW.sealedAndClosed, results: tally(1_012, 771, { state: "published", spoiled_count: 17 }) },
    act: async (page, t) => {
      const row = page.getByRole("row", { name: t.results.spoiled });
      await row.getByRole("cell", { name: "17", exact: true }).waitFor();
      await page.getByText(t.results.spoiledShare(t === fr ? "0,9\u00a0%" : "0.9%")).waitFor();
    },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.spoiledHint,
  },
  {
    name: "results-stale",
    path: "results.html?law=L2026-001",
    api: { results: [tally(1_012, 771), UNAVAILABLE] },
    act: async (page, t) => {
      await page.getByRole("heading", { level: 1, name: t.results.of(title(t)) }).waitFor();
      await page.clock.runFor(6_000);
    },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.stale,
  },
  {
    name: "results-several-days",
    path: "results.html?law=L2026-001",
    api: SEVERAL_DAYS,
    act: (page, t) =>
      page
        .locator(".referendum-plot text")
        .filter({ hasText: t === fr ? "29 nov." : "Nov 29" })
        .waitFor(),
    heading: (t) => t.results.of(title(t)),
  },
  {
    name: "results-live",
    path: "results.html?law=L2026-001",
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.progress.open,
    lacks: (t) => t.results.turnoutStruck,
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
    sees: (t) => t.results.progress.closed,
  },
  {
    name: "results-none",
    path: "results.html?law=L2026-001",
    api: { results: NO_COUNT, turnout: NO_TURNOUT },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.noVotes,
  },
  {
    name: "results-of-more-than-the-roll",
    path: "results.html?law=L2026-001",
    api: { turnout: MORE_THAN_THE_ROLL },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.turnoutStruck,
  },
  {
    name: "results-national",
    path: "results.html?law=L2026-001",
    api: NATIONAL,
    heading: (t) => t.results.of(title(t)),
    sees: (t) => (t === fr ? "4\u00a0012\u00a0345" : "4,012,345"),
  },
  {
    name: "results-not-open-yet",
    path: "results.html?law=L2026-003",
    api: { results: NO_COUNT, turnout: NO_TURNOUT },
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.progress.not_open_yet,
  },
  {
    name: "results-frozen",
    path: "results.html?law=L2026-002",
    heading: (t) => t.results.of(title(t)),
    sees: (t) => t.results.progress.frozen,
  },
  {
    name: "results-away",
    path: "results.html?law=L2026-001",
    api: { turnout: UNAVAILABLE },
    heading: (t) => t.ended.awayTitle,
  },
];
