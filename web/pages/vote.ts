import { canSeal, newKey, newSeed } from "../../client/index.ts";
import { isRehearsal } from "../../shared/domain/rehearsal.ts";
import type { Law } from "../api/answers.ts";
import { readLaw } from "../api/read.ts";
import { link } from "../parts/components.ts";
import { pageAt, t } from "../parts/language.ts";
import { show, startPage } from "../parts/layout.ts";
import { loadingView, notReadView } from "../parts/unreadable.ts";
import { isReload, isReturn } from "../tab/arrival.ts";
import { fragmentOf, takeFragment } from "../tab/fragment.ts";
import { forgetLetter, keepLetter, keepReceipt, keptLetter, keptReceipt } from "../tab/kept.ts";
import { seedText } from "../tab/pending.ts";
import { NONE, type State } from "../tab/states.ts";
import { forgottenVote, happened, onChange, onReturn, submission } from "../tab/tab.ts";
import { checkView } from "../vote/check.ts";
import { chooseView } from "../vote/choose.ts";
import { type Draft, emptyDraft, isComplete } from "../vote/draft.ts";
import { faultsOf, identifyView } from "../vote/identify.ts";
import { notOpenView } from "../vote/not-open.ts";
import { askingView, closedView, refusedView, suspendedView, unconfirmedView } from "../vote/outcome.ts";
import { readRefusedLaw } from "../vote/refused-law.ts";
import { sendVote } from "../vote/send.ts";

/**
 * The page of one vote, in steps: who votes, the answer, a look at both, sending. What is typed stays in memory. What
 * is being sent is the tab's (tab/submission.ts), so that a reload or a step back goes on with the same submission and
 * never begins a second one.
 */

const STEPS = ["identify", "choose", "check"] as const;
type Step = (typeof STEPS)[number];
/** What the history says while the page asks which vote is meant, so that a reload asks again. */
const ASKING = "asking";
/** What it says once a vote is confirmed, until the page of its receipt has taken its place. */
const SENT = "sent";

const lawId = new URLSearchParams(location.search).get("law") ?? "";
let draft: Draft = emptyDraft("");
let law: Law | undefined;
/** Whether this device can seal ballots; known once the law is read, if it is a sealed one. */
let sealsHere = false;
/** How often something was drawn: the answer to an earlier question comes too late. */
let turn = 0;
/** What is shown now. */
let drawn: State = NONE;

const address = takeFragment();
const lettersCode = address.get("code") ?? (isReload() ? keptLetter(lawId) : undefined);
forgetLetter();
// While it asks about a vote on another law, what it says is about that one.
startPage("vote", () => isRehearsal(drawn.name === "asking" ? drawn.pending.vote.law_id : lawId));
onChange(draw);
if (lawId === "") leadToTheList();
else {
  draft = emptyDraft(lettersCode ?? "");
  // A reload and Back find what this page has noted. Whoever comes otherwise may be another voter than the vote's.
  const isGoingOn = address.has("go_on") || (isReturn() && nameOf(history.state) !== undefined);
  comeBack(lettersCode ?? (isGoingOn ? undefined : ""));
}
addEventListener("popstate", () => {
  // A code behind # is a letter's: "hashchange" follows.
  if (location.hash === "") comeBack();
});
// A letter is scanned again, or its address is pasted, in a tab that shows this page already.
addEventListener("hashchange", () => {
  const code = takeFragment().get("code");
  if (code === null) return;
  // Another letter is another voter's.
  if (draft.code !== "" && draft.code !== code) draft = emptyDraft(code);
  else draft = { ...emptyDraft(code), nas: draft.nas, choice: draft.choice };
  const isDrawn = happened({ name: "open", law: lawId, letter: code });
  if (!isDrawn && submission().name === "none" && law?.state === "open") showStep("identify");
});
onReturn(() => {
  // Whoever comes back may be another voter.
  draft = emptyDraft("");
  forgetLetter();
  law = undefined;
  drawn = NONE;
  comeBack();
});

/** An address that lost its end: the list has the laws, and names a vote that is not confirmed. */
function leadToTheList(): void {
  location.replace(pageAt("index") + fragmentOf({ code: lettersCode, forgotten: forgottenVote() }));
}

/** The page begins, or its reader has come back to it. */
function comeBack(letter = nameOf(history.state) === ASKING ? "" : undefined): void {
  if (happened({ name: "open", law: lawId, letter })) return;
  const now = submission();
  if (now.name === "none" || now.name === "confirmed" || now !== drawn) draw(now);
  else if (now.name === "asking") noteAsking(now);
}

/** So that the entry of the history that is shown asks again after a reload; Back may have led to another one. */
function noteAsking({ letter, pending }: Extract<State, { readonly name: "asking" }>): void {
  if (letter !== undefined && pending.vote.law_id === lawId) history.replaceState({ step: ASKING }, "");
  if (letter === "") forgetLetter();
  else if (letter !== undefined) keepLetter(lawId, letter);
}

function draw(state: State): void {
  const before = drawn;
  drawn = state;
  turn += 1;
  if (state.name !== "asking") forgetLetter();
  switch (state.name) {
    case "none":
      // What is given up is not left in the form.
      if (before.name === "unconfirmed" || before.name === "suspended") draft = emptyDraft("");
      // Whoever begins a new vote without a letter may be another voter than the one who filled the form in.
      if (before.name === "asking" && before.letter === "") draft = emptyDraft("");
      if (nameOf(history.state) === SENT && keptReceipt() !== undefined) {
        // The page was loaded again before that of the receipt had come.
        leadToReceipt(pageAt("receipt"));
        return;
      }
      if (nameOf(history.state) === ASKING) history.replaceState({ step: "identify" }, "");
      if (law?.state === "open") showStep(stepOf(history.state));
      else void begin();
      return;
    case "resting":
      comeBack();
      return;
    case "asking":
      noteAsking(state);
      show(() => askingView(state));
      return;
    case "sending":
      if ([undefined, ASKING].includes(nameOf(history.state))) history.replaceState({ step: "sending" }, "");
      void sendVote(state);
      return;
    case "unconfirmed":
      show(() => unconfirmedView(state));
      return;
    case "suspended":
      show(() => suspendedView(state));
      return;
    case "confirmed":
      draft = emptyDraft("");
      history.replaceState({ step: SENT }, "");
      leadToReceipt(
        pageAt("receipt") + keepReceipt(state.receipt, false, { ...state, isRehearsed: isRehearsal(lawId) }),
      );
      return;
    case "refused":
      drawRefused(state);
      return;
    case "closed":
      // Nothing is left to be corrected. The law is read again before the form is shown.
      draft = emptyDraft("");
      law = undefined;
      // Its page is the only place that can still say what became of the vote.
      if (state.receipt !== undefined) keepReceipt(state.receipt, true, { isRehearsed: isRehearsal(lawId) });
      show(() => closedView(state));
      return;
  }
}

/** The page of the receipt takes the place of this one, so that Back does not return here. */
function leadToReceipt(address: string): void {
  show(() => ({ title: t().receipt.receivedTitle, content: [link(t().ended.lookAtReceipt, address)] }));
  location.replace(address);
}

function drawRefused(state: Extract<State, { readonly name: "refused" }>): void {
  if (state.why === "mistyped") {
    const { nas, code, vote } = state.refused.vote;
    draft = { nas, code, choice: vote, isCodeTaken: false, refusedCode: code };
    showStep("identify");
    return;
  }
  if (state.why === "not_taken" && state.law === undefined) {
    void readRefusedLaw(state);
    return;
  }
  law = state.law?.law ?? law;
  const view = refusedView(state);
  if (view !== undefined) show(view);
}

/** Reads the law, and begins with the first step if votes are taken. */
async function begin(): Promise<void> {
  show(loadingView(() => t().identify.title));
  const mine = turn;
  const answer = await readLaw(lawId);
  if (mine !== turn) return;
  if (answer.kind !== "read") {
    show(() => notReadView(answer, () => void begin()), false);
    return;
  }
  const found = answer.body;
  sealsHere = found.form === "sealed" && (await canSeal());
  if (mine !== turn) return;
  law = found;
  if (found.state === "open") showStep("identify", false);
  else show(() => notOpenView(found), false);
}

function nameOf(state: unknown): string | undefined {
  return typeof state === "object" && state !== null && "step" in state ? String(state.step) : undefined;
}

function stepOf(state: unknown): Step {
  return STEPS.find((step) => step === nameOf(state)) ?? "identify";
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
      checkView(of, sealsHere, () => draft, goTo, cast),
      focus,
    );
}

function cast(): void {
  if (law === undefined || !isComplete(draft)) return;
  const { nas, code, choice } = draft;
  const { law_id, form, origin, promise_keys, election_key, proof } = law;
  const vote = { nas, code, law_id, vote: choice };
  const sealing = form === "sealed" ? { seed: seedText(newSeed()) } : {};
  const now = submission().name;
  if (now === "none" || now === "refused") history.pushState({ step: "sending" }, "");
  happened({
    name: "cast",
    pending: {
      key: newKey(),
      vote,
      law: { law_id, form, origin, promise_keys, election_key, proof },
      ...sealing,
    },
  });
}
