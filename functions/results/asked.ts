import { type Law, lawState } from "../../shared/domain/law.ts";
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
  const isFinal = lawState({ ...law, frozen: false }, now() - finalAfterSeconds * 1_000) === "closed";
  return { lawId: law.lawId, isFinal };
}
