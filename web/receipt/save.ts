import { rehearsalMark } from "../../shared/domain/rehearsal.ts";
import type { Receipt } from "../api/answers.ts";
import { h } from "../parts/dom.ts";
import { language } from "../parts/language.ts";
import { type MarkedBeside, TRACKER_FORM } from "../tab/kept.ts";
import { promiseOf } from "../tab/promise.ts";
import type { Beside } from "../tab/states.ts";

/** What a request id looks like. */
export const REQUEST_ID = /^[A-Za-z0-9_-]{20,400}$/;

const FORM = "referendum receipt 1";
/** Larger than any receipt. */
const MAX_BYTES = 10_000;

/** A receipt that is looked at. */
export interface Looked extends MarkedBeside {
  readonly requestId: string;
  /** Nobody has confirmed that its vote arrived. */
  readonly isInDoubt: boolean;
}

/**
 * Gives the reader a file with the receipt's number and what it says now. It holds no answer, no NAS and no code,
 * but a tracker and a promise where there are some.
 *
 * @param receipt what the API says
 * @param isInDoubt nobody has confirmed that its vote arrived: the file then says so beside the status
 * @param beside what belongs to it: the tracker of its ballot, and the promise of the API
 * @returns the name of the file
 */
export function saveReceipt(
  { request_id, law_id, status, updated_at }: Receipt,
  isInDoubt: boolean,
  beside: Beside,
): string {
  const more = { ...(isInDoubt ? { in_doubt: true } : {}), ...beside };
  const text = JSON.stringify(
    { form: FORM, request_id, law_id, ...rehearsalMark(law_id), status, updated_at, ...more },
    null,
    2,
  );
  const href = URL.createObjectURL(new Blob([`${text}\n`], { type: "application/json" }));
  const name = language() === "fr" ? "recepisse" : "receipt";
  // The beginning of a receipt's number tells it from others; its end is the law.
  const download = `${name}-${law_id}-${request_id.slice(0, 12)}.json`;
  h("a", { href, download }).click();
  // The download has begun by then; a short memory keeps none of it.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
  return download;
}

/**
 * Reads a saved receipt.
 *
 * @param file what the reader chose
 * @returns its number, whether it was saved in doubt, and what belongs to it; undefined when the file is none
 */
export async function readSaved(file: File): Promise<Looked | undefined> {
  if (file.size > MAX_BYTES) return undefined;
  try {
    const saved: unknown = JSON.parse(await file.text());
    if (typeof saved !== "object" || saved === null || !("request_id" in saved)) return undefined;
    const { request_id } = saved;
    if (typeof request_id !== "string" || !REQUEST_ID.test(request_id)) return undefined;
    const tracker = "tracker" in saved ? String(saved.tracker) : "";
    return {
      requestId: request_id,
      isInDoubt: "in_doubt" in saved && saved.in_doubt === true,
      isRehearsed: ("rehearsal" in saved && saved.rehearsal === true) || undefined,
      tracker: TRACKER_FORM.test(tracker) ? tracker : undefined,
      promise: "promise" in saved ? promiseOf(saved.promise, request_id) : undefined,
    };
  } catch {
    return undefined; // Not JSON: some other file.
  }
}
