import type { History } from "./history.ts";

/** Acts of operators at whose steps faults are tried. */
export interface TriedActs {
  /** From when until when, in simulated milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Parts of the act that are acts themselves, and are tried elsewhere. */
  readonly except?: readonly string[];
}

/** A history without faults, and at which of its steps faults are tried. */
export interface Baseline extends History {
  /** Only at the steps of some acts of operators; absent: at every step. */
  readonly acts?: TriedActs | undefined;
}
