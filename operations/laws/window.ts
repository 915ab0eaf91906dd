import { type Law, lawState } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { LawChanges } from "../../shared/stores/laws.ts";

/**
 * Opens a law at an instant. A closing time in the future stays; one in the past is removed.
 *
 * @param law the law
 * @param now the instant
 * @throws Refusal when it is open, or frozen
 */
export function openLaw(law: Law, now: Date): LawChanges {
  const state = lawState(law, now.getTime());
  if (state === "open") throw new Refusal(`${law.lawId} is open already, since ${law.opensAt}.`);
  if (state === "frozen") throw new Refusal(`${law.lawId} is frozen.`, { code: "law_frozen", subject: law.lawId });
  if (state === "not_open_yet") return { opensAt: now.toISOString() };
  return { closesAt: undefined };
}

/**
 * Closes a law at an instant: votes accepted before it count.
 *
 * @param law the law
 * @param now the instant
 * @throws Refusal when it is closed, or not open yet
 */
export function closeLaw(law: Law, now: Date): LawChanges {
  const state = lawState({ ...law, frozen: false }, now.getTime());
  if (state === "closed") throw new Refusal(`${law.lawId} is closed already, since ${law.closesAt}.`);
  if (state === "not_open_yet") throw new Refusal(`${law.lawId} is not open yet; it opens at ${law.opensAt}.`);
  return { closesAt: now.toISOString() };
}
