import { checkPromise, type VotePromise } from "../../client/index.ts";
import type { Law } from "../api/answers.ts";
import { paragraph, warning } from "../parts/components.ts";
import { t } from "../parts/language.ts";

/** A promise that the tab knows, and what its check has given. */
export interface LookedPromise {
  readonly promise: VotePromise;
  /** `unchecked`: this browser cannot check it, or the law could not be read. */
  readonly state: "right" | "unchecked" | "wrong";
}

/**
 * Checks the promise of a receipt once more: it may come from a file, and its law may be read for the first time.
 *
 * @param promise as the tab knows it
 * @param law as the API describes it now; undefined: it could not be read
 */
export async function lookAtPromise(
  promise: VotePromise | undefined,
  law: Law | undefined,
): Promise<LookedPromise | undefined> {
  if (promise === undefined) return undefined;
  if (law === undefined) return { promise, state: "unchecked" };
  const { origin = "", promise_keys: keys = [], form } = law;
  const about = { requestId: promise.request_id, origin, keys, isSealed: form === "sealed", envelope: undefined };
  const checked = await checkPromise(promise, about);
  if (typeof checked === "string") return { promise, state: "wrong" };
  return { promise, state: checked.isChecked ? "right" : "unchecked" };
}

/** The promise as text, as its voter can show it. */
export function promiseText({ key_id, signature }: VotePromise): string {
  return `${key_id}.${signature}`;
}

/** What a promise means to its voter. */
export function promiseWords({ state }: LookedPromise): HTMLElement {
  const texts = t().receipt;
  if (state === "wrong") return warning(texts.promiseWrong);
  return paragraph(state === "right" ? texts.promiseRight : texts.promiseUnchecked);
}
