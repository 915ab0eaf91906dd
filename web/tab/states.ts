import type { VotePromise } from "../../client/index.ts";
import type { Law } from "../api/answers.ts";
import type { Pending } from "./pending.ts";

/** The states of a tab's submission, and what happens to it (submission.ts has the rules). */

/** What belongs to a receipt, where there is one: the tracker of its ballot, and the promise of the API. */
export interface Beside {
  readonly tracker?: string | undefined;
  readonly promise?: VotePromise | undefined;
}

/** The kind of vote that a submission was, once the tab has forgotten it. */
export type Forgotten = "vote" | "rehearsal";

/** What became of a submission that nothing accepted. */
export type Refusal =
  /** The code has a wrong form. It can be mended. */
  | "mistyped"
  /** Its law takes no votes. */
  | "not_taken"
  | "no_such_law"
  /** It could not be sealed, and was not sent. */
  | "cannot_seal"
  | "other";

export type State =
  /** The tab has no submission. */
  | { readonly name: "none" }
  /** The tab has one that is not confirmed. This page does nothing with it. */
  | { readonly name: "resting"; readonly pending: Pending }
  /** The page is another law's, or may be another voter's, as for `open`: its reader says which vote is meant. */
  | { readonly name: "asking"; readonly pending: Pending; readonly law: string; readonly letter: string | undefined }
  /** This page sends it. */
  | { readonly name: "sending"; readonly pending: Pending; readonly run: number; readonly wasSentBefore: boolean }
  /** Nobody confirmed it in a minute. It is sent again when its voter says so, or once the device is connected. */
  | { readonly name: "unconfirmed"; readonly pending: Pending; readonly known: Known }
  /** Nobody confirmed it, and its law is suspended. It is sent again when its voter says so. */
  | { readonly name: "suspended"; readonly pending: Pending }
  /** It is accepted, and has a receipt, perhaps with a tracker and a promise. */
  | ({ readonly name: "confirmed"; readonly receipt: string } & Beside)
  /** Nothing was accepted. The tab has forgotten it; this page knows what there was to mend. */
  | {
      readonly name: "refused";
      readonly refused: Pending;
      readonly run: number;
      readonly why: Refusal;
      readonly law?: Found;
    }
  /** Its law closed before anybody confirmed it. The tab has forgotten it. */
  | { readonly name: "closed"; readonly receipt: string | undefined };

/** The law of a vote that was not taken, read after that; undefined: it still looked open, or could not be read. */
interface Found {
  readonly law: Law | undefined;
}

/** What is known of a submission that nobody confirmed. */
interface Known {
  readonly mayHaveArrived: boolean;
  /** The status of the last answer; undefined if there was none. */
  readonly status: number | undefined;
  /** The API says that it has the vote. Its promise is wrong or missing, or could not be checked. */
  readonly promise?: "wrong" | "unchecked" | undefined;
}

export type Happened =
  /**
   * The page of a law's vote begins, comes back by Back or Forward, or is opened again. `letter` is the code in its
   * address, or "" if whoever opens it may be another voter; undefined: it is the vote's voter, who goes on.
   */
  | { readonly name: "open"; readonly law: string; readonly letter: string | undefined }
  /** The voter presses the button under the check. */
  | { readonly name: "cast"; readonly pending: Pending }
  /** The voter goes on with a vote that is not confirmed. */
  | { readonly name: "again" }
  /** The device is connected again. */
  | { readonly name: "connected" }
  | { readonly name: "give_up" }
  /** The page is left. The browser may keep it whole and bring it back. */
  | { readonly name: "leave" }
  /** The page begins or comes back, and the last page with this submission was open too long ago. */
  | { readonly name: "outlived" }
  /** A receipt with this number says what became of its vote. */
  | { readonly name: "decided"; readonly receipt: string }
  // What became of the sending with the number `run`.
  | ({ readonly name: "confirm"; readonly run: number; readonly receipt: string } & Beside)
  | { readonly name: "refuse"; readonly run: number; readonly why: Refusal }
  | { readonly name: "unanswered"; readonly run: number; readonly known: Known; readonly receipt: string | undefined }
  | { readonly name: "suspend"; readonly run: number; readonly receipt: string | undefined }
  | { readonly name: "close"; readonly run: number; readonly receipt: string | undefined }
  /** The law was read of a vote that was not taken. */
  | { readonly name: "law_read"; readonly run: number; readonly law: Law | undefined };

export const NONE: State = { name: "none" };

/** An event came in a state in which it cannot come. */
export class Impossible extends Error {
  constructor(state: State, event: Happened, why: string) {
    super(
      `A tab's submission is "${state.name}" and got "${event.name}", which cannot be: ${why}. Nothing is changed.`,
    );
    this.name = "Impossible";
  }
}

/** The submission that the tab has to keep in this state. */
export function pendingOf(state: State): Pending | undefined {
  return "pending" in state ? state.pending : undefined;
}

/** The receipt that is in doubt from this state on, because the sending that led to it was not confirmed. */
export function inDoubtAfter(state: State): string | undefined {
  switch (state.name) {
    case "unconfirmed":
    case "suspended":
      return state.pending.receipt;
    case "closed":
      return state.receipt;
    default:
      return undefined;
  }
}
