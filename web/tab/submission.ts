import { withoutSeparators } from "../../shared/domain/separators.ts";
import type { Pending } from "./pending.ts";
import { type Happened, Impossible, NONE, pendingOf, type State } from "./states.ts";

/**
 * The submission of a tab as a state machine: what a page that is open may do with it, and what follows. Pure: the
 * tab's storage is beside it (kept.ts), and tab.ts brings the two together. docs/pages.md says the same in words.
 */

/**
 * What a page remembers, put right by what the tab has kept: another page of the tab may have begun or forgotten a
 * submission since.
 *
 * @param remembered the state that the page remembers
 * @param kept the submission that the tab has
 */
export function asKept(remembered: State, kept: Pending | undefined): State {
  const own = pendingOf(remembered);
  if (own?.key === kept?.key) return kept === undefined ? remembered : withReceiptOf(kept, remembered);
  // While this page sends, no other page of the tab is open: somebody has emptied the storage under it.
  if (remembered.name === "sending" && kept === undefined) return remembered;
  return kept === undefined ? NONE : { name: "resting", pending: kept };
}

/** Another page of the tab may have learned the number of its receipt. */
function withReceiptOf(kept: Pending, remembered: State): State {
  // What is being sent stays the same object: another one would be drawn, and that sends it a second time.
  if (!("pending" in remembered) || remembered.name === "sending") return remembered;
  const isKnown = kept.receipt === undefined || kept.receipt === remembered.pending.receipt;
  return isKnown ? remembered : { ...remembered, pending: kept };
}

/**
 * What an event leads to.
 *
 * @param state the state, after `asKept`
 * @param event what happened
 * @param run the number of the sending that this begins, if it begins one: another one each time
 * @returns the same object when nothing changes
 * @throws Impossible when the event cannot come in this state
 */
export function next(state: State, event: Happened, run: number): State {
  switch (event.name) {
    case "open":
      return opened(state, event, run);
    case "cast":
      return cast(state, event, run);
    case "again":
      return again(state, event, run);
    case "connected":
      return state.name === "unconfirmed" ? send(state.pending, run) : state;
    case "give_up":
      return givenUp(state, event);
    case "leave":
      return left(state);
    case "outlived":
      return outlived(state, event);
    case "decided":
      return decided(state, event);
    case "law_read":
      // Too late for any other state: the voter has gone on to something else.
      return state.name === "refused" && state.run === event.run ? { ...state, law: { law: event.law } } : state;
    default:
      // Too late unless that sending is still going on. If the tab has the vote, it is sent again and answered again.
      return state.name === "sending" && state.run === event.run ? finished(state.pending, event) : state;
  }
}

type On<Name extends Happened["name"]> = Extract<Happened, { readonly name: Name }>;

function send(pending: Pending, run: number): State {
  return { name: "sending", pending, run, wasSentBefore: true };
}

/** Goes on with the vote of this page, and asks where another one may be meant. */
function opened(state: State, { law, letter }: On<"open">, run: number): State {
  switch (state.name) {
    case "none":
      return state;
    case "confirmed":
      // Back does not lead away from the receipt, which is being opened. A letter does: it is another vote's.
      return letter === undefined ? state : NONE;
    case "refused":
    case "closed":
      return NONE;
    case "asking":
      // Back from a letter loses its code: whoever comes next is asked without it.
      if (letter === undefined && law === state.law) return state.letter ? ask(state.pending, law, "") : state;
      return isMeant(state.pending, law, letter) ? send(state.pending, run) : ask(state.pending, law, letter);
    case "sending":
      return isMeant(state.pending, law, letter) ? state : ask(state.pending, law, letter);
    case "resting":
    case "unconfirmed":
    case "suspended":
      return isMeant(state.pending, law, letter) ? send(state.pending, run) : ask(state.pending, law, letter);
  }
}

function isMeant({ vote }: Pending, law: string, letter: string | undefined): boolean {
  if (vote.law_id !== law) return false;
  // Letter by letter: in some codes, capital and small letters matter.
  return letter === undefined || withoutSeparators(letter) === withoutSeparators(vote.code);
}

function ask(pending: Pending, law: string, letter: string | undefined): State {
  return { name: "asking", pending, law, letter };
}

function cast(state: State, event: On<"cast">, run: number): State {
  switch (state.name) {
    case "none":
    case "refused":
      return { name: "sending", pending: event.pending, run, wasSentBefore: false };
    case "resting":
      // The tab has room for one. Another page has begun it while this one was away.
      return ask(state.pending, event.pending.vote.law_id, "");
    case "sending":
    case "confirmed":
      return state; // A second press of the button.
    case "asking":
    case "unconfirmed":
    case "suspended":
    case "closed":
      throw new Impossible(state, event, "nothing is shown that could be cast");
  }
}

function again(state: State, event: On<"again">, run: number): State {
  switch (state.name) {
    case "asking":
    case "unconfirmed":
    case "suspended":
      return send(state.pending, run);
    case "sending":
      return state; // A second press of the button.
    case "none":
    case "resting":
      return state; // Another page has forgotten the vote that was meant. The page shows what there is now.
    case "confirmed":
    case "refused":
    case "closed":
      throw new Impossible(state, event, "there is nothing to go on with, and no button for it");
  }
}

function givenUp(state: State, event: On<"give_up">): State {
  switch (state.name) {
    case "asking":
    case "unconfirmed":
    case "suspended":
      return NONE;
    case "none":
    case "resting":
      return state; // As for "again": the vote that was meant is gone, and another one is not given up with it.
    case "sending":
    case "confirmed":
    case "refused":
    case "closed":
      throw new Impossible(state, event, "there is no button to give it up");
  }
}

/** Nothing goes on behind another page. What is kept rests until a page begins or comes back. */
function left(state: State): State {
  if (state.name === "none" || state.name === "resting") return state;
  const pending = pendingOf(state);
  return pending === undefined ? NONE : { name: "resting", pending };
}

function outlived(state: State, event: On<"outlived">): State {
  if (state.name === "resting") return NONE;
  if (state.name === "none") return state;
  throw new Impossible(state, event, "a page that begins or comes back does nothing with a submission yet");
}

/** What is decided has arrived: there is nothing to send again. */
function decided(state: State, event: On<"decided">): State {
  if (state.name === "resting") return state.pending.receipt === event.receipt ? NONE : state;
  if (state.name === "none") return state;
  throw new Impossible(state, event, "a page that shows receipts does nothing with a submission");
}

function finished(
  pending: Pending,
  event: On<"confirm"> | On<"refuse"> | On<"unanswered"> | On<"suspend"> | On<"close">,
): State {
  if (event.name === "confirm") {
    const { receipt, tracker, promise } = event;
    return { name: "confirmed", receipt, tracker, promise };
  }
  if (event.name === "refuse") return { name: "refused", refused: pending, run: event.run, why: event.why };
  const receipt = event.receipt ?? pending.receipt;
  if (event.name === "close") return { name: "closed", receipt };
  const known = receipt === undefined ? pending : { ...pending, receipt };
  if (event.name === "suspend") return { name: "suspended", pending: known };
  return { name: "unconfirmed", pending: known, known: event.known };
}
