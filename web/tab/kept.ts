import type { VotePromise } from "../../client/index.ts";
import { isRehearsal } from "../../shared/domain/rehearsal.ts";
import { type Pending, pendingIn } from "./pending.ts";
import { promiseIn } from "./promise.ts";
import type { Beside, Forgotten } from "./states.ts";

/**
 * What a tab remembers until it is closed: a submission that is not confirmed, with its vote and its key; after that,
 * only the number of its receipt with its promise, tracker and mark of a rehearsal, and the numbers of receipts in
 * doubt. The code of a letter is among it only while a page asks whether the submission is to be given up for it.
 */

/**
 * What the tab's storage does not take, because it is blocked or full; until the page is left. What the storage has is
 * not here as well: a page that comes back would remember what another one has forgotten since.
 */
const memory = new Map<string, string>();

function read(name: string): string | undefined {
  const held = memory.get(name);
  if (held !== undefined) return held;
  try {
    return sessionStorage.getItem(name) ?? undefined;
  } catch {
    return undefined; // Blocked.
  }
}

/** @returns whether the next page of this tab will know it */
function keep(name: string, value: string): boolean {
  if (store(name, value)) return true;
  // Blocked, or full: then what it has under this name is somebody else's.
  forget(name);
  memory.set(name, value);
  return false;
}

/** As `keep`, but what the storage has under this name stays if it cannot be replaced. */
function store(name: string, value: string): boolean {
  try {
    sessionStorage.setItem(name, value);
    memory.delete(name);
    return true;
  } catch {
    memory.set(name, value);
    return false;
  }
}

function forget(name: string): void {
  memory.delete(name);
  try {
    sessionStorage.removeItem(name);
  } catch {
    // Blocked: there is nothing.
  }
}

const PENDING = "referendum-pending";
/** When a page of this tab was last open while it had a submission, in milliseconds since 1970. */
const SEEN = "referendum-seen";
/** A law and the code of a letter for it, while a page asks whether another vote is to be given up for it. */
const LETTER = "referendum-letter";
const RECEIPT = "referendum-receipt";
/** The receipt that is looked at and its tracker, where there is one. */
const TRACKER = "referendum-tracker";
/** The same with the promise, as JSON. */
const PROMISE = "referendum-promise";
/** The same with a mark, if its law is a rehearsal. */
const REHEARSAL = "referendum-rehearsal";
/** What a tracker looks like. */
export const TRACKER_FORM = /^[0-9a-f]{32}$/;
/** The numbers of the receipts of votes that may not have arrived, the latest last, with blanks between them. */
const IN_DOUBT = "referendum-in-doubt";
/** How many of them there are at most: more than a tab comes to on one day. */
const MOST_IN_DOUBT = 50;

/**
 * For how long a submission outlives its pages. A reload and a step back take seconds, and a phone that puts a tab away
 * may take some minutes to bring it back. A browser also brings back tabs that were closed, with what they remember.
 */
const OUTLIVES_MS = 5 * 60_000;

/** The submission that this tab has begun. Anything else under its name is forgotten. */
export function readPending(): Pending | undefined {
  const kept = read(PENDING);
  if (kept === undefined) return undefined;
  const pending = pendingIn(kept);
  if (pending === undefined) keepPending(undefined);
  return pending;
}

/** Keeps a submission; with undefined, forgets the one that there is. */
export function keepPending(pending: Pending | undefined): void {
  if (pending === undefined) {
    forget(PENDING);
    forget(SEEN);
    forget(LETTER);
    return;
  }
  keep(PENDING, JSON.stringify(pending));
  see();
}

/** Keeps the code of a letter, so that a reload of the page that asks about it does not lose it. */
export function keepLetter(lawId: string, code: string): void {
  keep(LETTER, `${lawId} ${code}`);
}

/** The code of a letter for this law, if a page asked about it. */
export function keptLetter(lawId: string): string | undefined {
  const kept = read(LETTER);
  return kept?.startsWith(`${lawId} `) ? kept.slice(lawId.length + 1) : undefined;
}

export function forgetLetter(): void {
  forget(LETTER);
}

/** Says that a page with the submission is open. */
export function see(): void {
  if (read(PENDING) !== undefined) keep(SEEN, String(Date.now()));
}

/**
 * Whether the last page with the submission was open so long ago that somebody else may be at the tab.
 *
 * @returns what kind of vote the submission is then
 */
export function hasOutlived(): Forgotten | undefined {
  const kept = read(PENDING);
  return kept !== undefined && Date.now() - Number(read(SEEN) ?? 0) > OUTLIVES_MS ? kindOf(kept) : undefined;
}

function kindOf(kept: string): Forgotten {
  return isRehearsal(pendingIn(kept)?.vote.law_id ?? "") ? "rehearsal" : "vote";
}

/**
 * Forgets what is in memory only, when the page is left.
 *
 * @returns what kind of vote was among it, if one was
 */
export function forgetMemory(): Forgotten | undefined {
  const kept = memory.get(PENDING);
  memory.clear();
  return kept === undefined ? undefined : kindOf(kept);
}

/** What belongs to a receipt, and whether its law is a rehearsal. */
export interface MarkedBeside extends Beside {
  readonly isRehearsed?: boolean | undefined;
}

/**
 * Keeps the number of a receipt for the page that shows it. What belongs to another one is forgotten.
 *
 * @param requestId the number
 * @param isInDoubt nobody has confirmed that its vote arrived
 * @param beside its tracker, its promise, and whether its law is a rehearsal; what is undefined stays as it is known of
 *   this receipt
 * @returns what the address of that page needs at its end: nothing, or the number if the tab cannot keep it
 */
export function keepReceipt(requestId: string, isInDoubt = false, beside: MarkedBeside = {}): string {
  const { tracker = keptTracker(requestId), promise = keptPromise(requestId) } = beside;
  const { isRehearsed = isKeptRehearsal(requestId) } = beside;
  const written = promise === undefined ? undefined : JSON.stringify(promise);
  const isDoubtKept = !isInDoubt || beginDoubt(requestId);
  const areKept = [
    keepBeside(TRACKER, requestId, tracker),
    keepBeside(PROMISE, requestId, written),
    keepBeside(REHEARSAL, requestId, isRehearsed ? "1" : undefined),
    keep(RECEIPT, requestId),
  ];
  if (isDoubtKept && areKept.every(Boolean)) return "";
  const found = {
    ...(tracker === undefined ? {} : { tracker }),
    ...(written === undefined ? {} : { promise: written }),
    ...(isRehearsed ? { rehearsal: "1" } : {}),
  };
  return `#${new URLSearchParams({ id: requestId, ...(isInDoubt ? { doubt: "1" } : {}), ...found })}`;
}

function keepBeside(name: string, requestId: string, value: string | undefined): boolean {
  if (value !== undefined) return keep(name, `${requestId} ${value}`);
  forget(name);
  return true;
}

function readBeside(name: string, requestId: string): string | undefined {
  const kept = read(name) ?? "";
  return kept.startsWith(`${requestId} `) ? kept.slice(requestId.length + 1) : undefined;
}

/** The tracker that belongs to a receipt, if the tab knows it. */
export function keptTracker(requestId: string): string | undefined {
  const tracker = readBeside(TRACKER, requestId);
  return tracker !== undefined && TRACKER_FORM.test(tracker) ? tracker : undefined;
}

/** The promise that belongs to a receipt, if the tab knows it. Whether it is right is another question. */
export function keptPromise(requestId: string): VotePromise | undefined {
  return promiseIn(readBeside(PROMISE, requestId), requestId);
}

/** Whether the law of a receipt is a rehearsal, as far as the tab knows. */
export function isKeptRehearsal(requestId: string): boolean {
  return readBeside(REHEARSAL, requestId) !== undefined;
}

export function keptReceipt(): string | undefined {
  return read(RECEIPT);
}

/** Forgets which receipt is looked at, and what belongs to it. If it is in doubt, that stays so. */
export function forgetReceipt(): void {
  forget(RECEIPT);
  forget(TRACKER);
  forget(PROMISE);
  forget(REHEARSAL);
}

/**
 * Forgets all that the tab knows of a receipt: its reader has finished with it. What the tab's submission is in doubt
 * of stays in doubt.
 */
export function finishReceipt(requestId: string): void {
  forgetReceipt();
  if (readPending()?.receipt !== requestId) endDoubt(requestId);
}

/**
 * Whether nobody has confirmed the vote that a receipt is of: "received" then says nothing of it. That stays so after
 * the submission is given up or forgotten.
 */
export function isInDoubt(requestId: string): boolean {
  return inDoubt().includes(requestId) || readPending()?.receipt === requestId;
}

/**
 * Once an answer names the receipt of a vote that nobody has confirmed.
 *
 * @returns whether the next page of this tab will know it
 */
export function beginDoubt(requestId: string): boolean {
  return keepInDoubt([...inDoubt().filter((one) => one !== requestId), requestId].slice(-MOST_IN_DOUBT));
}

/** Once a vote is confirmed or decided. */
export function endDoubt(requestId: string): void {
  if (inDoubt().includes(requestId)) keepInDoubt(inDoubt().filter((one) => one !== requestId));
}

function inDoubt(): readonly string[] {
  return (read(IN_DOUBT) ?? "").split(" ").filter((one) => one !== "");
}

function keepInDoubt(requestIds: readonly string[]): boolean {
  // Where the storage is full, those of before are in doubt all the same.
  if (requestIds.length > 0) return store(IN_DOUBT, requestIds.join(" "));
  forget(IN_DOUBT);
  return true;
}
