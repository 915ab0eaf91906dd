import type { Vote } from "../../client/index.ts";

/**
 * What a tab remembers until it is closed: a submission that is not confirmed, with its vote and its key; after that,
 * only the number of its receipt. A code from the address stays in memory.
 */

const PENDING = "referendum-pending";
const RECEIPT = "referendum-receipt";

/** A submission that was begun and is not confirmed. */
export interface Pending {
  /** Its Idempotency-Key. */
  readonly key: string;
  readonly vote: Vote;
}

export function readPending(): Pending | undefined {
  const text = sessionStorage.getItem(PENDING);
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Pending;
  } catch {
    sessionStorage.removeItem(PENDING);
    return undefined;
  }
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
