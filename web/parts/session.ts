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
    memory.set(name, value); // Blocked, or full.
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
/** The receipt of a submission that may not have arrived. */
const IN_DOUBT = "referendum-in-doubt";

/**
 * For how long a submission outlives its pages. A reload and a step back take seconds, and a phone that puts a tab away
 * may take some minutes to bring it back. A browser also brings back tabs that were closed, with what they remember.
 */
const OUTLIVES_MS = 5 * 60_000;
const SEEN_EVERY_MS = 15_000;

/** The submission that this tab has begun. Anything else under its name is forgotten. */
export function readPending(): Pending | undefined {
  const kept = read(PENDING);
  if (kept === undefined) return undefined;
  const pending = pendingIn(kept);
  if (pending === undefined) forgetPending();
  return pending;
}

export function keepPending(pending: Pending): void {
  keep(PENDING, JSON.stringify(pending));
  see();
}

/** Once it is confirmed or refused for good. */
export function forgetPending(): void {
  forget(PENDING);
  forget(SEEN);
  forget(IN_DOUBT);
}

/** Before the receipt is shown of a submission that may not have arrived. */
export function keepInDoubt(requestId: string): void {
  keep(IN_DOUBT, requestId);
}

/** Whether nobody has confirmed the submission that a receipt is of: "received" then says nothing of it. */
export function isInDoubt(requestId: string): boolean {
  return read(IN_DOUBT) === requestId;
}

function see(): void {
  if (readPending() !== undefined) keep(SEEN, String(Date.now()));
}
/** The end of the address of a page to which a page that has forgotten a submission leads at once. */
export const FORGOTTEN = "#forgotten=1";
const isOld = readPending() !== undefined && Date.now() - Number(read(SEEN) ?? 0) > OUTLIVES_MS;
/** Whether this page, when it began, or the one that led here, has forgotten a submission of long ago. */
export const hasForgotten = isOld || location.hash === FORGOTTEN;
// Only a page that begins asks how long ago that was: one that is open has it, however long its device has slept.
if (isOld) forgetPending();
see();
setInterval(see, SEEN_EVERY_MS);
addEventListener("pagehide", see);

/**
 * Keeps the number of a receipt for the page that shows it.
 *
 * @returns what the address of that page needs at its end: nothing, or the number if the tab cannot keep it
 */
export function keepReceipt(requestId: string): string {
  return keep(RECEIPT, requestId) ? "" : `#${requestId}`;
}

export function keptReceipt(): string | undefined {
  return read(RECEIPT);
}

export function forgetReceipt(): void {
  forget(RECEIPT);
}

/**
 * Does something whenever the page comes back whole from the browser's memory, by Back or Forward: what it shows is
 * old, and the tab may have forgotten some of it since.
 *
 * @param act what to do
 */
export function onReturn(act: () => void): void {
  addEventListener("pageshow", (event) => {
    if (event.persisted) act();
  });
}

/**
 * Takes what stands behind # out of the address, before anything else happens: a code of a letter, or the number of a
 * receipt. No server sees it. The browser's own history may keep the address that was opened.
 *
 * @returns its parts by name; a text without a name is `id`
 */
export function takeFragment(): URLSearchParams {
  const text = location.hash.slice(1);
  if (text === "") return new URLSearchParams();
  history.replaceState(history.state, "", location.pathname + location.search);
  return text.includes("=") ? new URLSearchParams(text) : new URLSearchParams({ id: text });
}

/** What hands a code on to another page, at the end of its address; nothing where there is no code. */
export function codeFragment(code: string | null): string {
  return code === null || code === "" ? "" : `#${new URLSearchParams({ code })}`;
}
