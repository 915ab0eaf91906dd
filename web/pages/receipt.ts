import { NotDecided, Refused, waitForReceipt } from "../../client/index.ts";
import { pause } from "../../client/request.ts";
import type { Law, Receipt } from "../parts/answers.ts";
import { API, readLaw, readReceipt } from "../parts/api.ts";
import { actionLink, button, link, paragraph, summaryList } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { dayAndTime } from "../parts/format.ts";
import { language, pageAt, t, votePageOf } from "../parts/language.ts";
import { announce, show, startPage, type View } from "../parts/layout.ts";
import {
  forgetPending,
  forgetReceipt,
  isInDoubt,
  keepReceipt,
  keptReceipt,
  onReturn,
  readPending,
  takeFragment,
} from "../parts/session.ts";
import { loadingView } from "../parts/unreadable.ts";
import { askView } from "../receipt/ask.ts";
import { saveReceipt } from "../receipt/save.ts";
import { wordsOf } from "../receipt/words.ts";

/** The page of a receipt: the one of the vote just cast, one whose number is typed, or one that was saved. */

/** When a receipt is asked for again that something refused to give. */
const AGAIN_MS = 5_000;

const named = takeFragment().get("id");
if (named !== null) keepReceipt(named);
startPage("receipt");
/** The receipt that the page is about: an answer about an earlier one comes too late. */
let shown: string | undefined;
const kept = keptReceipt();
if (kept === undefined) ask();
else void look(kept);
// Another receipt's address is opened in the tab that shows this page already.
addEventListener("hashchange", () => {
  const other = takeFragment().get("id");
  if (other === null) return;
  keepReceipt(other);
  void look(other);
});
onReturn(() => {
  const now = keptReceipt();
  if (now === undefined) ask();
  else if (now !== shown) void look(now);
});

function ask(): void {
  shown = undefined;
  forgetReceipt();
  show(
    askView((requestId) => {
      keepReceipt(requestId);
      void look(requestId);
    }),
  );
}

async function look(requestId: string): Promise<void> {
  shown = requestId;
  show(loadingView(() => t().receipt.title));
  const answer = await readReceipt(requestId);
  if (shown !== requestId) return;
  if (answer.kind === "missing") {
    forgetReceipt();
    show(() => {
      const texts = t().receipt;
      return {
        title: texts.unknownTitle,
        content: [
          paragraph(texts.unknown),
          summaryList([{ name: texts.number, value: requestId, isExact: true }]),
          button(texts.another, ask, true),
        ],
      };
    });
  } else if (answer.kind !== "read") {
    show(() => {
      const texts = t().receipt;
      const again = button(t().tryAgain, () => void look(requestId));
      return { title: texts.awayTitle, content: [paragraph(texts[answer.kind]), again] };
    });
  } else {
    const law = await readLaw(answer.body.law_id);
    if (shown !== requestId) return;
    // Without its title, the law is named by its id.
    const title = law.kind === "read" ? law.body.title : undefined;
    show(receiptView(answer.body, title, false));
    if (answer.body.status === "received") await follow(answer.body, title);
  }
}

/** Until it is decided, however long that takes; with a word when it takes longer than usual. */
async function follow(receipt: Receipt, title: Law["title"] | undefined): Promise<void> {
  const isShown = () => shown === receipt.request_id;
  while (isShown()) {
    try {
      await waitForReceipt(`${API}/api/v1/votes/${encodeURIComponent(receipt.request_id)}`, { deadlineMs: 30_000 });
      const answer = await readReceipt(receipt.request_id);
      if (!isShown()) return;
      if (answer.kind !== "read" || answer.body.status === "received") continue;
      show(receiptView(answer.body, title, false), false);
      announce(wordsOf(answer.body).title);
      return;
    } catch (error) {
      // A refusal is not the receipt's: a firewall or a proxy on the way answers for the API now and then.
      if (!(error instanceof NotDecided || error instanceof Refused)) throw error;
      if (isShown()) {
        show(receiptView(receipt, title, true), false);
        if (!isInDoubt(receipt.request_id)) announce(t().receipt.receivedLong);
      }
      if (error instanceof Refused) await pause(AGAIN_MS, undefined);
    }
  }
}

function receiptView(receipt: Receipt, lawTitle: Law["title"] | undefined, isLate: boolean): () => View {
  let savedAs: string | undefined;
  // What is decided has arrived: there is no doubt, and nothing to send again.
  if (receipt.status !== "received" && isInDoubt(receipt.request_id)) forgetPending();
  const inDoubt = isInDoubt(receipt.request_id);
  return () => {
    const texts = t().receipt;
    const { title, tone, sentences, again } = wordsOf(receipt, isLate, inDoubt);
    const pending = readPending();
    const saved = h("p", { class: "govuk-body referendum-screen", role: "status" });
    const say = () => {
      saved.textContent = savedAs === undefined ? "" : texts.saved(savedAs);
    };
    const save = () => {
      savedAs = saveReceipt(receipt);
      say();
    };
    say();
    const finish = () => {
      shown = undefined;
      forgetReceipt();
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
          { name: texts.law, value: lawOf(receipt, lawTitle) },
          { name: texts.time, value: dayAndTime(receipt.updated_at) },
          { name: texts.number, value: receipt.request_id, isExact: true },
        ]),
        inDoubt && pending !== undefined && link(t().pendingNotice.link, votePageOf(pending.vote.law_id)),
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

function lawOf({ law_id }: Receipt, title: Law["title"] | undefined): string {
  return title === undefined ? law_id : `${title[language()]} (${law_id})`;
}
