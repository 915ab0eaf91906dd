import { forbidden, type LifeAct, type LifeFacts } from "../../shared/domain/law-life.ts";
import { Refusal } from "../../shared/domain/refusal.ts";

/**
 * Refuses an act that a law's present state does not allow.
 *
 * @param law the law
 * @param act what somebody wants to do
 * @param nowMs milliseconds since the epoch
 * @throws Refusal with the reason and what to do
 */
export function refuseForbidden(law: LifeFacts, act: LifeAct, nowMs: number): void {
  const verdict = forbidden(law, act, nowMs);
  if (verdict === undefined) return;
  const { why, next, code } = verdict;
  throw new Refusal(next === undefined ? why : `${why} ${next}`, {
    ...(code === undefined ? {} : { code }),
    subject: law.lawId,
  });
}
