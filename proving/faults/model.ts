import type { Random } from "../random.ts";
import type { FaultStack } from "./stack.ts";

/** The tools of a scenario. */
export interface FaultContext {
  readonly stack: FaultStack;
  /** Chooses moments and victims: the same for the same seed. */
  readonly random: Random;
  /** About how many votes are sent. */
  readonly votes: number;
  /** Votes per second. */
  readonly rate: number;
  /** Ends the scenario. */
  readonly signal: AbortSignal;
  /** Is called with each action when it happens. */
  readonly say: (text: string) => void;
}

/** The result of a scenario. */
export interface Figures {
  /** Submissions that were answered 202. */
  readonly accepted: number;
  /** Their statuses in the audit. */
  readonly counted: number;
  readonly duplicate: number;
  readonly invalid: number;
  /** Submissions that were accepted, and are neither audited nor in a queue. */
  readonly lost: number;
  /** Voters and persons that were counted more than once. */
  readonly countedTwice: number;
  /** From the last answer to the moment when everything was decided and its receipt written. */
  readonly drainedSeconds: number;
  /** Findings in words; empty if nothing is wrong. */
  readonly findings: readonly string[];
  /** Notes of this run beside the figures. */
  readonly note: string;
}

/** A fault and what is done around it. */
export interface FaultScenario {
  readonly name: string;
  /** What happens, in a few words. */
  readonly does: string;
  /** How many votes are sent. */
  readonly votes: number;
  /** A common mistake in systems of this shape that this fault brings to light, and what comes of it. */
  readonly mistake?: string;
  /** The reason why it cannot be tried on this machine; undefined if it can. */
  readonly unavailable?: () => string | undefined;
  readonly run: (context: FaultContext) => Promise<Figures>;
}
