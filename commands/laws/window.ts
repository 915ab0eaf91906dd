import { type Law, lawState } from "../../shared/domain/law.ts";
import { UserError } from "../cli.ts";

/**
 * Opens a law at an instant. A closing time that is still to come stays; one that is past goes.
 *
 * @param law the law
 * @param now the instant
 * @throws UserError when it is open, or frozen
 */
export function openLaw(law: Law, now: Date): Law {
  const state = lawState(law, now.getTime());
  if (state === "open") throw new UserError(`${law.lawId} is open already, since ${law.opensAt}.`);
  if (state === "frozen")
    throw new UserError(`${law.lawId} is frozen; npm run ops -- unfreeze ${law.lawId} ends that.`);
  if (state === "not_open_yet") return { ...law, opensAt: now.toISOString() };
  const { closesAt: _, ...rest } = law;
  return rest;
}

/**
 * Closes a law at an instant: votes accepted before it count.
 *
 * @param law the law
 * @param now the instant
 * @throws UserError when it is closed, or not open yet
 */
export function closeLaw(law: Law, now: Date): Law {
  const state = lawState({ ...law, frozen: false }, now.getTime());
  if (state === "closed") throw new UserError(`${law.lawId} is closed already, since ${law.closesAt}.`);
  if (state === "not_open_yet") throw new UserError(`${law.lawId} is not open yet; it opens at ${law.opensAt}.`);
  return { ...law, closesAt: now.toISOString() };
}
