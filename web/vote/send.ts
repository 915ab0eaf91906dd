import { castVote, NotConfirmed, Refused, type Retry } from "../../client/index.ts";
import { pause } from "../../client/request.ts";
import { API, isNotThere, readLaw } from "../parts/api.ts";
import { actionLink, button, inset, link, paragraph, summaryList, warning } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { pageAt, t } from "../parts/language.ts";
import { announce, show, timesShown, type View } from "../parts/layout.ts";
import type { Pending } from "../parts/pending.ts";
import { forgetPending, keepInDoubt, keepPending, keepReceipt } from "../parts/session.ts";
import { notOpenView } from "./not-open.ts";

/** How often a law is read again that refuses votes and is said to be open, and how far apart. */
const READ_AGAIN = 5;
const READ_AGAIN_MS = 2_500;

/** Ends the wait of a vote that nobody confirmed for the device to be connected again. */
let stopWaiting = (): void => undefined;

export interface SendOptions {
  /** A try of it may have arrived already. */
  readonly wasSentBefore: boolean;
  /** Called when the API refused the code as mistyped: it can be mended. Any other refusal is shown here. */
  readonly onRefused: () => void;
  /** Called to go on with the same submission, after nobody confirmed it. */
  readonly again: () => void;
}

/**
 * Sends a vote by the reference client, and says truthfully how that goes. Once it is confirmed, the page of its
 * receipt takes the place of this one, so that Back does not return here.
 *
 * @param pending the submission; the tab remembers it until it is confirmed or refused for good
 * @param options what to do when it is not
 */
export async function sendVote(pending: Pending, options: SendOptions): Promise<void> {
  stopWaiting();
  keepPending(pending);
  let said = () => t().sending.first;
  const line = h("p", { class: "govuk-body-l", id: "progress" }, said());
  const say = (what: () => string) => {
    said = what;
    line.textContent = said();
  };
  const view = (): View => {
    line.textContent = said();
    return { title: t().sending.title, content: [line, inset(t().sending.keepOpen)] };
  };
  show(view);
  let counting: ReturnType<typeof setInterval> | undefined;
  const onRetry = (retry: Retry) => {
    const until = performance.now() + retry.waitMs;
    const count = () => {
      const leftMs = until - performance.now();
      say(leftMs > 0 ? () => progressOf(retry, leftMs) : () => t().sending.again);
    };
    clearInterval(counting);
    counting = setInterval(count, 500);
    count();
    announce(said());
  };
  const onLook = () => {
    clearInterval(counting);
    say(() => t().sending.looking);
    announce(said());
  };
  // A page that the browser keeps whole would go on when it comes back, with what was given up meanwhile.
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  addEventListener("pagehide", leave);
  const key = options.wasSentBefore ? { resume: pending.key } : { key: pending.key };
  try {
    const { requestId } = await castVote(API, pending.vote, { ...key, onRetry, onLook, signal: leaving.signal });
    forgetPending();
    location.replace(pageAt("receipt") + keepReceipt(requestId));
  } catch (error) {
    // The page is left. Whichever page comes next goes on with what the tab still remembers.
    if (leaving.signal.aborted) return;
    const why = error instanceof NotConfirmed ? neverAccepted(error) : error;
    if (why instanceof Refused) await refused(why, pending, options);
    else if (error instanceof NotConfirmed) await notConfirmed(error, pending, options);
    else throw error;
  } finally {
    clearInterval(counting);
    removeEventListener("pagehide", leave);
  }
}

/** What no try of a submission can have passed: a law that does not exist, or a code that is mistyped. */
function neverAccepted({ cause }: NotConfirmed): Refused | undefined {
  return cause instanceof Refused && (isNotThere(cause.problem) || fieldsOf(cause).includes("code"))
    ? cause
    : undefined;
}

function progressOf({ because }: Retry, leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1_000);
  if (!navigator.onLine) return t().sending.offline(seconds);
  if (because instanceof Error) return t().sending.noAnswer(seconds);
  return because.status === 429 ? t().sending.busy(seconds) : t().sending.away(seconds);
}

/** Nothing was accepted, and sending the same again would not help. */
async function refused(error: Refused, { vote }: Pending, { onRefused }: SendOptions): Promise<void> {
  forgetPending();
  if (fieldsOf(error).includes("code")) {
    onRefused();
    return;
  }
  if (error.status === 409) {
    const answer = await readLaw(vote.law_id);
    const law = answer.kind === "read" && answer.body.state !== "open" ? answer.body : undefined;
    show(() => (law === undefined ? ended(t().ended.notTakenTitle, t().ended.notTaken) : notOpenView(law, true)));
    if (law === undefined) void untilNotOpen(vote.law_id);
  } else if (isNotThere(error.problem)) show(() => ended(t().ended.unknownLawTitle, t().ended.unknownLaw));
  else show(() => ended(t().ended.refusedTitle, t().ended.refused));
}

/** Caches may say for some seconds that a law is open that has just been closed or frozen. */
async function untilNotOpen(lawId: string): Promise<void> {
  const then = timesShown();
  for (let tried = 0; tried < READ_AGAIN; tried++) {
    await pause(READ_AGAIN_MS, undefined);
    const answer = await readLaw(lawId);
    // The voter has gone on to something else.
    if (timesShown() !== then) return;
    if (answer.kind !== "read" || answer.body.state === "open") continue;
    show(() => notOpenView(answer.body, true));
    return;
  }
}

function ended(title: string, text: string): View {
  return { title, content: [paragraph(text), link(t().toStart, pageAt("index"))] };
}

function fieldsOf({ problem }: Refused): string[] {
  const errors = problem?.["errors"];
  if (!Array.isArray(errors)) return [];
  return errors.map((one: unknown) =>
    typeof one === "object" && one !== null && "field" in one ? String(one.field) : "",
  );
}

/** Nobody confirmed it: it is known whether more votes are taken, or sending it again may help. */
async function notConfirmed(error: NotConfirmed, { vote }: Pending, options: SendOptions): Promise<void> {
  const status = statusOf(error.cause);
  const answer = status === 409 ? await readLaw(vote.law_id) : undefined;
  const state = answer?.kind === "read" ? answer.body.state : undefined;
  const receipt = error.receipt?.split("/").at(-1);
  if (state === "closed") {
    // Sending it again would help nobody.
    forgetPending();
    show(() => ({
      title: t().ended.closedTitle,
      content: [
        paragraph(t().ended.closedUnsure),
        ...(receipt === undefined
          ? []
          : [
              paragraph(t().ended.closedUnsureReceipt),
              summaryList([{ name: t().receipt.number, value: receipt, isExact: true }]),
              receiptButton(receipt),
            ]),
        link(t().toStart, pageAt("index")),
      ],
    }));
  } else if (state === "frozen") {
    show(() => ({
      title: t().ended.frozenTitle,
      content: [paragraph(t().ended.frozenUnsure), ...waysOn(receipt, options.again), inset(t().unconfirmed.close)],
    }));
  } else unconfirmed(error, status, receipt, options);
}

/**
 * Nobody confirmed it in a minute. The tab keeps it, and goes on when asked to, or when the device is connected again.
 */
function unconfirmed(error: NotConfirmed, status: unknown, receipt: string | undefined, { again }: SendOptions): void {
  addEventListener("online", again);
  stopWaiting = () => {
    removeEventListener("online", again);
    removeEventListener("pagehide", stopWaiting);
  };
  // A page that the browser keeps whole begins anew when it comes back: the vote may have been given up meanwhile.
  addEventListener("pagehide", stopWaiting);
  const why = (): string => {
    if (!navigator.onLine) return t().unconfirmed.offline;
    if (status === 409) return t().ended.notTaken;
    return status === 429 ? t().unconfirmed.busy : t().unconfirmed.away;
  };
  show(() => ({
    title: t().unconfirmed.title,
    content: [
      warning(error.mayHaveArrived ? t().unconfirmed.unknown : t().unconfirmed.notArrived),
      paragraph(why()),
      paragraph(t().unconfirmed.safe),
      ...waysOn(receipt, again),
      inset(t().unconfirmed.close),
    ],
  }));
}

/** What a voter can do with a vote that is not confirmed. */
function waysOn(receipt: string | undefined, again: () => void): HTMLElement[] {
  const forget = () => {
    stopWaiting();
    forgetPending();
    location.assign(pageAt("index"));
  };
  return [
    button(t().unconfirmed.send, again),
    ...(receipt === undefined ? [] : [receiptButton(receipt)]),
    h("p", { class: "govuk-body" }, actionLink(t().unconfirmed.forget, forget)),
  ];
}

function statusOf(cause: unknown): unknown {
  return typeof cause === "object" && cause !== null && "status" in cause ? cause.status : undefined;
}

function receiptButton(requestId: string): HTMLElement {
  const look = () => {
    keepInDoubt(requestId);
    location.assign(pageAt("receipt") + keepReceipt(requestId));
  };
  return h("p", {}, button(t().ended.lookAtReceipt, look, true));
}
