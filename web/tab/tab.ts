import { saysForgotten } from "./fragment.ts";
import { beginDoubt, endDoubt, forgetMemory, hasOutlived, keepPending, readPending, see } from "./kept.ts";
import type { Pending } from "./pending.ts";
import { type Forgotten, type Happened, inDoubtAfter, NONE, pendingOf, type State } from "./states.ts";
import { asKept, next } from "./submission.ts";

/**
 * The submission of this tab, as pages use it: they say what happened, and draw what there is. Everything that is done
 * begins with a look at what the tab has kept, so that a page that the browser has kept whole never goes by what it
 * remembers.
 */

/** How often an open page says that it is. */
const SEEN_EVERY_MS = 15_000;

let state: State = NONE;
let runs = 0;
/** Ends the sending that is going on. */
let sending = new AbortController();
/** The page is open, not kept whole for later. */
let isHere = true;
let forgotten: Forgotten | undefined;
let draw: ((state: State) => void) | undefined;
const returns: (() => void)[] = [];

/** The state of the tab's submission now. */
export function submission(): State {
  return take(asKept(state, readPending()));
}

/** The submission that the tab has, if it has one. */
export function keptVote(): Pending | undefined {
  return pendingOf(submission());
}

/** Ends with the sending that this state began. */
export function sendingSignal(): AbortSignal {
  return sending.signal;
}

/**
 * Says what happened, and has the page draw what that changes.
 *
 * @returns whether anything changed
 * @throws Impossible when it cannot happen now
 */
export function happened(event: Happened): boolean {
  const remembered = state;
  const before = submission();
  const after = take(next(before, event, runs + 1));
  if (pendingOf(before) !== pendingOf(after)) keepPending(pendingOf(after));
  if (event.name === "decided") endDoubt(event.receipt);
  if (after === remembered) return false;
  if (after.name === "confirmed") endDoubt(after.receipt);
  const doubtful = inDoubtAfter(after);
  if (doubtful !== undefined) beginDoubt(doubtful);
  if (isHere) draw?.(after);
  return true;
}

/** Ends a sending that the page is not in any more. */
function take(now: State): State {
  if (now === state) return now;
  if (state.name === "sending") sending.abort();
  if (now.name === "sending") {
    sending = new AbortController();
    runs = now.run;
  }
  state = now;
  return now;
}

/** @param how draws a state; called whenever it changes while the page is open */
export function onChange(how: (state: State) => void): void {
  draw = how;
}

/** The submission of long ago that was forgotten when this page began or came back, or by the page that led here. */
export function forgottenVote(): Forgotten | undefined {
  return forgotten;
}

/**
 * Does something whenever the page comes back whole from the browser's memory, by Back or Forward: what it shows is
 * old, and the tab may have forgotten some of it since.
 *
 * @param act what to do
 */
export function onReturn(act: () => void): void {
  returns.push(act);
}

/** Only a page that begins or comes back asks how long ago another was open: one that is open is, though it slept. */
function arrive(): void {
  const old = hasOutlived();
  if (old !== undefined) happened({ name: "outlived" });
  forgotten = old ?? forgotten;
  seeWhileHere();
}

function seeWhileHere(): void {
  if (isHere) see();
}

forgotten = saysForgotten();
arrive();
setInterval(seeWhileHere, SEEN_EVERY_MS);
addEventListener("online", () => happened({ name: "connected" }));
addEventListener("pagehide", () => {
  see();
  isHere = false;
  happened({ name: "leave" });
  forgotten = forgetMemory();
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  isHere = true;
  arrive();
  for (const act of returns) act();
});
