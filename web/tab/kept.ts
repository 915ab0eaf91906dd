import { type Pending, pendingIn } from "./pending.ts";

/**
 * What a tab remembers until it is closed: a submission that is not confirmed, with its vote and its key; after that,
 * only the number of its receipt. A code from the address stays in memory.
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
  try {
    sessionStorage.setItem(name, value);
    memory.delete(name);
    return true;
  } catch {
    // Blocked, or full: then what it has under this name is somebody else's.
    forget(name);
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
const RECEIPT = "referendum-receipt";
/** The number of the receipt of a vote that may not have arrived. */
const IN_DOUBT = "referendum-in-doubt";

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
    return;
  }
  keep(PENDING, JSON.stringify(pending));
  see();
}

/** Says that a page with the submission is open. */
export function see(): void {
  if (read(PENDING) !== undefined) keep(SEEN, String(Date.now()));
}

/** Whether the last page with the submission was open so long ago that somebody else may be at the tab. */
export function hasOutlived(): boolean {
  return read(PENDING) !== undefined && Date.now() - Number(read(SEEN) ?? 0) > OUTLIVES_MS;
}

/**
 * Forgets what is in memory only, when the page is left.
 *
 * @returns whether a submission was among it
 */
export function forgetMemory(): boolean {
  const hadPending = memory.has(PENDING);
  memory.clear();
  return hadPending;
}

/**
 * Keeps the number of a receipt for the page that shows it.
 *
 * @param requestId the number
 * @param isInDoubt nobody has confirmed that its vote arrived
 * @returns what the address of that page needs at its end: nothing, or the number if the tab cannot keep it
 */
export function keepReceipt(requestId: string, isInDoubt = false): string {
  const isDoubtKept = !isInDoubt || keep(IN_DOUBT, requestId);
  if (keep(RECEIPT, requestId) && isDoubtKept) return "";
  return `#${new URLSearchParams({ id: requestId, ...(isInDoubt ? { doubt: "1" } : {}) })}`;
}

export function keptReceipt(): string | undefined {
  return read(RECEIPT);
}

export function forgetReceipt(): void {
  forget(RECEIPT);
  if (readPending() === undefined) forget(IN_DOUBT);
}

/**
 * Whether nobody has confirmed the vote that a receipt is of: "received" then says nothing of it. That stays so after
 * the submission is given up or forgotten.
 */
export function isInDoubt(requestId: string): boolean {
  return read(IN_DOUBT) === requestId || readPending()?.receipt === requestId;
}

/** Once a vote is confirmed or decided. */
export function endDoubt(requestId: string): void {
  if (read(IN_DOUBT) === requestId) forget(IN_DOUBT);
}
