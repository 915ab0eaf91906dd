import type { Law } from "../parts/answers.ts";
import { readLaw } from "../parts/api.ts";
import { actionLink, button, paragraph } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { pageAt, t, votePageOf } from "../parts/language.ts";
import { show, startPage, type View } from "../parts/layout.ts";
import type { Pending } from "../parts/pending.ts";
import {
  codeFragment,
  FORGOTTEN,
  forgetPending,
  hasForgotten,
  onReturn,
  readPending,
  takeFragment,
} from "../parts/session.ts";
import { loadingView, notReadView } from "../parts/unreadable.ts";
import { checkView } from "../vote/check.ts";
import { chooseView } from "../vote/choose.ts";
import { type Draft, emptyDraft, isComplete } from "../vote/draft.ts";
import { faultsOf, identifyView } from "../vote/identify.ts";
import { notOpenView } from "../vote/not-open.ts";
import { sendVote } from "../vote/send.ts";

/**
 * The page of one vote, in steps: who votes, the answer, a look at both, sending. What is typed stays in memory; only
 * what is being sent is remembered by the tab, with its key, so that a reload or a step back goes on with the same
 * submission and never begins a second one.
 */

const STEPS = ["identify", "choose", "check"] as const;
type Step = (typeof STEPS)[number];

const lawId = new URLSearchParams(location.search).get("law") ?? "";
const lettersCode = takeFragment().get("code");
let draft: Draft = emptyDraft(lettersCode ?? "");
let law: Law | undefined;
/** The submission that is being sent, if one is. */
let sending: Pending | undefined;

startPage("vote");
void begin();
addEventListener("popstate", () => {
  // A code behind # is a letter's: "hashchange" follows.
  if (location.hash !== "") return;
  if (sending !== undefined) return;
  if (readPending() !== undefined || law?.state !== "open") void begin();
  else showStep(stepOf(history.state));
});
// A letter is scanned again, or its address is pasted, in a tab that shows this page already.
addEventListener("hashchange", () => {
  const code = takeFragment().get("code");
  if (code === null) return;
  // Another letter is another voter's.
  if (draft.code !== "" && draft.code !== code) draft = emptyDraft(code);
  else draft = { ...emptyDraft(code), nas: draft.nas, choice: draft.choice };
  if (sending === undefined && readPending() === undefined && law?.state === "open") showStep("identify");
});
// The draft is old.
onReturn(() => {
  draft = emptyDraft("");
  sending = undefined;
  void begin();
});

async function begin(): Promise<void> {
  const pending = readPending();
  if (pending !== undefined) {
    if (pending.vote.law_id === lawId) goOnSending();
    else if (lawId === "") location.replace(votePageOf(pending.vote.law_id));
    else show(otherVoteView, false);
    return;
  }
  // An address that lost its end: the list of laws is where to go on.
  if (lawId === "") {
    location.replace(pageAt("index") + (hasForgotten ? FORGOTTEN : codeFragment(lettersCode)));
    return;
  }
  show(loadingView(() => t().identify.title));
  const answer = await readLaw(lawId);
  if (answer.kind !== "read") {
    show(() => notReadView(answer, () => void begin()), false);
    return;
  }
  const found = answer.body;
  law = found;
  if (found.state === "open") showStep("identify", false);
  else show(() => notOpenView(found), false);
}

/** A vote on another law is not confirmed yet: both would want the tab. */
function otherVoteView(): View {
  const texts = t().pendingNotice;
  // On the page of its law, whose codes and choices are not another one's.
  const goOn = () => {
    const pending = readPending();
    if (pending === undefined) void begin();
    else location.assign(votePageOf(pending.vote.law_id));
  };
  const forget = () => {
    forgetPending();
    void begin();
  };
  return {
    title: texts.heading,
    content: [
      paragraph(texts.text),
      button(texts.link, goOn),
      h("p", { class: "govuk-body" }, actionLink(texts.forget, forget)),
    ],
  };
}

function stepOf(state: unknown): Step {
  const named = typeof state === "object" && state !== null && "step" in state ? state.step : undefined;
  return STEPS.find((step) => step === named) ?? "identify";
}

/** Goes forward, to a field if one is named: Back returns to where the reader was. */
function goTo(step: Step, field?: string): void {
  history.pushState({ step }, "");
  showStep(step);
  if (field !== undefined) document.getElementById(field)?.focus();
}

function possibleStep({ codes }: Law, wanted: Step): Step {
  if (faultsOf(codes, draft).length > 0) return "identify";
  return wanted === "check" && !isComplete(draft) ? "choose" : wanted;
}

/**
 * Shows a step, or the first one that lacks something. The history says which it is, so that Back leads to the one
 * before.
 */
function showStep(wanted: Step, focus = true): void {
  const of = law;
  if (of === undefined) {
    void begin();
    return;
  }
  const step = possibleStep(of, wanted);
  history.replaceState({ step }, "");
  const change = (changed: Partial<Draft>) => {
    draft = { ...draft, ...changed };
  };
  if (step === "identify")
    show(
      identifyView(
        of,
        () => draft,
        change,
        () => goTo("choose"),
      ),
      focus,
    );
  else if (step === "choose")
    show(
      chooseView(
        of,
        () => draft,
        change,
        () => goTo("check"),
      ),
      focus,
    );
  else
    show(
      checkView(of, () => draft, goTo, cast),
      focus,
    );
}

/** A second press of the button finds that the first one is being done. */
function cast(): void {
  if (sending !== undefined || law === undefined || !isComplete(draft)) return;
  const { nas, code, choice } = draft;
  const pending: Pending = { key: crypto.randomUUID(), vote: { nas, code, law_id: law.law_id, vote: choice } };
  history.pushState({ step: "sending" }, "");
  start(pending, false);
}

/** After a reload, a step back, or a try that nobody confirmed: the same submission again. */
function goOnSending(): void {
  const pending = readPending();
  if (pending !== undefined) start(pending, true);
}

function start(pending: Pending, wasSentBefore: boolean): void {
  if (sending !== undefined) return;
  sending = pending;
  const onRefused = () => {
    const { nas, code, vote } = pending.vote;
    draft = { nas, code, choice: vote, isCodeTaken: false, refusedCode: code };
    showStep("identify");
  };
  const done = () => {
    if (sending === pending) sending = undefined;
  };
  sendVote(pending, { wasSentBefore, onRefused, again: () => start(pending, true) }).then(done, done);
}
