import { type Pending, pendingIn } from "./pending.ts";

/**
 * What a tab remembers until it is closed: a submission that is not confirmed, with its vote and its key; after that,
 * only the number of its receipt. A code from the address stays in memory.
 */

const PENDING = "referendum-pending";
const RECEIPT = "referendum-receipt";

/** The submission that this tab has begun. Anything else under its name is forgotten. */
export function readPending(): Pending | undefined {
  const kept = sessionStorage.getItem(PENDING);
  if (kept === null) return undefined;
  const pending = pendingIn(kept);
  if (pending === undefined) forgetPending();
  return pending;
}

export function keepPending(pending: Pending): void {
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
}

/** Once it is confirmed or refused for good. */
export function forgetPending(): void {
  sessionStorage.removeItem(PENDING);
}

export function keepReceipt(requestId: string): void {
  sessionStorage.setItem(RECEIPT, requestId);
}

export function keptReceipt(): string | undefined {
  return sessionStorage.getItem(RECEIPT) ?? undefined;
}

export function forgetReceipt(): void {
  sessionStorage.removeItem(RECEIPT);
}

/**
 * Takes what stands behind # out of the address, before anything else happens: a code of a letter, or the number of a
 * receipt. No server sees it, and neither does the history.
 *
 * @returns its parts by name; a text without a name is `id`
 */
export function takeFragment(): URLSearchParams {
  const text = location.hash.slice(1);
  if (text === "") return new URLSearchParams();
  history.replaceState(history.state, "", location.pathname + location.search);
  return text.includes("=") ? new URLSearchParams(text) : new URLSearchParams({ id: text });
}
