import { NotDecided, Refused, waitForReceipt } from "../../client/index.ts";
import { pause } from "../../client/request.ts";
import { isRehearsal } from "../../shared/domain/rehearsal.ts";
import type { Law, Receipt } from "../api/answers.ts";
import { API, goneBy, readLaw, readReceipt } from "../api/read.ts";
import { actionLink, button, link, paragraph, summaryList, warning } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { dayAndTime } from "../parts/format.ts";
import { language, pageAt, t, votePageOf } from "../parts/language.ts";
import { announce, show, startPage, type View } from "../parts/layout.ts";
import { loadingView } from "../parts/unreadable.ts";
import { askView } from "../receipt/ask.ts";
import { type LookedPromise, lookAtPromise, promiseText, promiseWords } from "../receipt/promise.ts";
import { REQUEST_ID, saveReceipt } from "../receipt/save.ts";
import { trackerOf } from "../receipt/tracker.ts";
import { wordsOf } from "../receipt/words.ts";
import { GO_ON, takeFragment } from "../tab/fragment.ts";
import {
  finishReceipt,
  forgetReceipt,
  isInDoubt,
  isKeptRehearsal,
  keepReceipt,
  keptPromise,
  keptReceipt,
  keptTracker,
  TRACKER_FORM,
} from "../tab/kept.ts";
import { promiseIn } from "../tab/promise.ts";
import { happened, keptVote, onReturn } from "../tab/tab.ts";

/** The page of a receipt: the one of the vote just cast, one whose number is typed, or one that was saved. */

/** When a receipt is asked for again that something refused to give. */
const AGAIN_MS = 5_000;

/** What the page shows: an answer about anything earlier comes too late. */
interface Shown {
  readonly requestId: string;
}
let shown: Shown | undefined;
/** Whether the law of the receipt that is shown is a rehearsal: until the receipt is read, as far as the tab knows. */
let isRehearsed = false;
/** The promise that belongs to it. */
let looked: LookedPromise | undefined;

takeNumber();
startPage("receipt", () => isRehearsed);
lookAtKept();
// Another receipt's address is opened in the tab that shows this page already.
addEventListener("hashchange", () => {
  if (takeNumber()) lookAtKept();
});
// What it says may be old, and the tab may have forgotten it.
onReturn(lookAtKept);

/** @returns whether the address had the number of a receipt, which is now the tab's */
function takeNumber(): boolean {
  const parts = takeFragment();
  const id = parts.get("id");
  // An address that lost its end names no receipt.
  if (id === null || !REQUEST_ID.test(id)) return false;
  const tracker = parts.get("tracker") ?? "";
  keepReceipt(id, parts.has("doubt"), {
    tracker: TRACKER_FORM.test(tracker) ? tracker : undefined,
    promise: promiseIn(parts.get("promise") ?? undefined, id),
    isRehearsed: parts.has("rehearsal") || undefined,
  });
  return true;
}

function lookAtKept(): void {
  const kept = keptReceipt();
  if (kept === undefined) ask();
  else void look(kept);
}

function ask(): void {
  shown = undefined;
  isRehearsed = false;
  forgetReceipt();
  show(
    askView(({ requestId, isInDoubt, ...beside }) => {
      keepReceipt(requestId, isInDoubt, beside);
      void look(requestId);
    }),
  );
}

async function look(requestId: string): Promise<void> {
  const mine = { requestId };
  shown = mine;
  isRehearsed = isKeptRehearsal(requestId);
  show(loadingView(() => t().receipt.title));
  const answer = await readReceipt(requestId);
  if (shown !== mine) return;
  if (answer.kind === "missing" || answer.kind === "destroyed") {
    showGone(answer.kind, requestId);
  } else if (answer.kind !== "read") {
    show(() => {
      const texts = t().receipt;
      const again = button(t().tryAgain, () => void look(requestId));
      return { title: texts.awayTitle, content: [paragraph(texts[answer.kind]), again] };
    });
  } else {
    // Said also when it cannot be read the next time.
    keepReceipt(requestId, false, { isRehearsed: isRehearsal(answer.body.law_id) });
    const law = await lawOf(answer.body);
    await keepTracker(answer.body);
    if (shown !== mine) return;
    show(receiptView(answer.body, law, false));
    if (answer.body.status === "received") await follow(answer.body, law, mine);
  }
}

/** The API says that there is no such receipt, or none any more. */
function showGone(kind: "missing" | "destroyed", requestId: string, focus = true): void {
  shown = undefined;
  forgetReceipt();
  const view = (): View => {
    const texts = t().receipt;
    if (kind === "destroyed")
      return { title: texts.destroyedTitle, content: [paragraph(texts.destroyed), button(texts.another, ask, true)] };
    return {
      title: texts.unknownTitle,
      content: [
        paragraph(texts.unknown),
        summaryList([{ name: texts.number, value: requestId, isExact: true }]),
        button(texts.another, ask, true),
      ],
    };
  };
  show(view, focus);
  if (!focus) announce(view().title);
}

/** The law of a receipt as it is now; undefined when it cannot be read. The promise of the receipt is checked by it. */
async function lawOf(receipt: Receipt): Promise<Law | undefined> {
  const answer = await readLaw(receipt.law_id);
  const law = answer.kind === "read" ? answer.body : undefined;
  looked = await lookAtPromise(keptPromise(receipt.request_id), law);
  return law;
}

/** What the tab forgets with a vote that has arrived is kept with its receipt. */
async function keepTracker({ request_id, status }: Receipt): Promise<void> {
  const pending = keptVote();
  if (status !== "counted" || pending?.receipt !== request_id) return;
  const tracker = await trackerOf(pending);
  if (tracker !== undefined && keptReceipt() === request_id) keepReceipt(request_id, true, { tracker });
}

/** Until it is decided, however long that takes; with a word when it takes longer than usual. */
async function follow(receipt: Receipt, before: Law | undefined, mine: Shown): Promise<void> {
  let law = before;
  while (shown === mine) {
    try {
      await waitForReceipt(`${API}/api/v1/votes/${encodeURIComponent(receipt.request_id)}`, { deadlineMs: 30_000 });
      const answer = await readReceipt(receipt.request_id);
      if (shown !== mine) return;
      if (answer.kind === "missing" || answer.kind === "destroyed") {
        showGone(answer.kind, receipt.request_id, false);
        return;
      }
      if (answer.kind !== "read" || answer.body.status === "received") {
        // The two answers differ, or the second one was refused.
        await pause(AGAIN_MS, undefined);
        continue;
      }
      // What its voter can do now depends on the law, which may have closed meanwhile.
      law = (await lawOf(receipt)) ?? law;
      await keepTracker(answer.body);
      if (shown !== mine) return;
      show(receiptView(answer.body, law, false), false);
      announce(wordsOf({ status: answer.body.status, reason: answer.body.reason }).title);
      return;
    } catch (error) {
      if (!(error instanceof NotDecided)) throw error;
      const refusal = error.cause instanceof Refused ? error.cause : undefined;
      const gone = refusal && goneBy(refusal.status, refusal.problem);
      if (gone !== undefined) {
        if (shown === mine) showGone(gone, receipt.request_id, false);
        return;
      }
      // Any other refusal is not the receipt's: a firewall or a proxy on the way answers for the API now and then.
      law = (await lawOf(receipt)) ?? law;
      if (shown === mine) {
        show(receiptView(receipt, law, true), false);
        if (!isInDoubt(receipt.request_id)) announce(t().receipt.receivedLong);
      }
      if (refusal !== undefined) await pause(AGAIN_MS, undefined);
    }
  }
}

function receiptView(receipt: Receipt, law: Law | undefined, isLate: boolean): () => View {
  let savedAs: string | undefined;
  isRehearsed = isRehearsal(receipt.law_id);
  // What is decided has arrived: there is no doubt, and nothing to send again.
  if (receipt.status !== "received") happened({ name: "decided", receipt: receipt.request_id });
  return () => {
    const texts = t().receipt;
    const inDoubt = isInDoubt(receipt.request_id);
    const kept = keptVote();
    const pending = kept?.receipt === receipt.request_id ? kept : undefined;
    const hasBallot = receipt.status === "received" || receipt.status === "counted";
    const tracker = hasBallot ? keptTracker(receipt.request_id) : undefined;
    const promised = looked?.promise.request_id === receipt.request_id ? looked : undefined;
    const { title, tone, sentences, again } = wordsOf({
      status: receipt.status,
      reason: receipt.reason,
      isLate,
      isInDoubt: inDoubt,
      isKept: pending !== undefined,
      law: law?.state,
      isSealed: law?.form === "sealed",
    });
    const saved = h("p", { class: "govuk-body referendum-screen", role: "status" });
    const say = () => {
      saved.textContent = savedAs === undefined ? "" : texts.saved(savedAs);
    };
    const save = () => {
      savedAs = saveReceipt(receipt, isInDoubt(receipt.request_id), { tracker, promise: promised?.promise });
      say();
    };
    say();
    const finish = () => {
      shown = undefined;
      isRehearsed = false;
      finishReceipt(receipt.request_id);
      // Back leads to the page before this one. The browser may keep a picture of this one, which says nothing.
      show(() => ({ title: texts.title, content: [] }), false);
      location.replace(pageAt("index"));
    };
    return {
      title,
      hasHeading: true,
      content: [
        h(
          "div",
          { class: `referendum-outcome referendum-outcome--${tone}` },
          h("h1", { class: "govuk-heading-l" }, title),
          ...sentences.map((sentence) => h("p", { class: "govuk-body govuk-!-margin-bottom-2" }, sentence)),
        ),
        summaryList([
          {
            name: texts.status,
            value: inDoubt ? texts.inDoubtStatus : texts.statuses[receipt.status],
          },
          { name: texts.law, value: nameOf(receipt, law) },
          // Of one that is not decided, the API says when it was looked at.
          ...(receipt.status === "received" ? [] : [{ name: texts.time, value: dayAndTime(receipt.updated_at) }]),
          { name: texts.number, value: receipt.request_id, isExact: true },
          ...(promised === undefined
            ? []
            : [{ name: texts.promise, value: promiseText(promised.promise), isExact: true }]),
          ...(tracker === undefined ? [] : [{ name: texts.tracker, value: tracker, isExact: true }]),
        ]),
        promised !== undefined && promiseWords(promised),
        tracker !== undefined && warning(texts.trackerWarning),
        pending !== undefined && link(t().pendingNotice.link, votePageOf(pending.vote.law_id) + GO_ON),
        again &&
          h(
            "p",
            { class: "referendum-screen" },
            h("a", { class: "govuk-button", href: votePageOf(receipt.law_id) }, texts.voteAgain),
          ),
        h("p", { class: "govuk-hint referendum-screen" }, texts.keep),
        h(
          "div",
          { class: "govuk-button-group referendum-screen" },
          button(texts.save, save, true),
          button(texts.print, () => print(), true),
        ),
        saved,
        h("p", { class: "govuk-body referendum-paper" }, texts.where(new URL(pageAt("receipt"), location.href).href)),
        h("p", { class: "govuk-body referendum-screen" }, actionLink(texts.another, ask)),
        h("p", { class: "govuk-body referendum-screen" }, actionLink(texts.done, finish)),
      ],
    };
  };
}

function nameOf({ law_id }: Receipt, law: Law | undefined): string {
  // Without its title, the law is named by its id.
  return law === undefined ? law_id : `${law.title[language()]} (${law_id})`;
}
