import { type Law, windowState } from "../../shared/domain/law.ts";
import type { ResultState } from "../../shared/messages/responses.ts";
import type { AskedLaw } from "../../shared/stores/results.ts";

/** When a result can be final. */
export interface FinalTiming {
  /** How long after the closing of a law its result can be final, in seconds. */
  readonly finalAfterSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * What is asked about a law: whether it has been closed for the interval. It makes no difference whether it is frozen.
 *
 * @param law the law
 * @param timing the interval and the clock
 */
export function asked(law: Law, { finalAfterSeconds, now }: FinalTiming): AskedLaw {
  const isFinal = law.reached === "counted" || windowState(law, now() - finalAfterSeconds * 1_000) === "closed";
  return { lawId: law.lawId, isFinal };
}

/**
 * Whether anything of a law's tally is public: of a sealed law, once it is counted. Where it is not, it is not even
 * asked for: asking publishes what is due.
 *
 * @param law the law
 * @param timing the interval and the clock
 */
export function isPublic(law: Law, timing: FinalTiming): boolean {
  if (law.form === "sealed") return law.reached === "counted";
  return law.results !== "after_close" || asked(law, timing).isFinal;
}

/**
 * How far the result of a law is. It makes no difference whether it is frozen.
 *
 * @param law the law
 * @param nowMs milliseconds since the epoch
 */
export function resultState(law: Law, nowMs: number): ResultState {
  if (law.reached === "counted") return "published";
  return windowState(law, nowMs) === "closed" ? "counting" : "voting";
}
