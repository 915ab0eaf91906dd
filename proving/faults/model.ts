import type { Random } from "../random.ts";
import type { FaultStack } from "./stack.ts";

/** What a scenario works with. */
export interface FaultContext {
  readonly stack: FaultStack;
  /** Chooses moments and victims: the same for the same seed. */
  readonly random: Random;
  /** How many votes are sent, about. */
  readonly votes: number;
  /** Votes a second. */
  readonly rate: number;
  /** Ends the scenario. */
  readonly signal: AbortSignal;
  /** Told what is done, when it is done. */
  readonly say: (text: string) => void;
}

/** What came of a scenario. */
export interface Figures {
  /** Submissions that were answered 202. */
  readonly accepted: number;
  /** What the audit says of them. */
  readonly counted: number;
  readonly duplicate: number;
  readonly invalid: number;
  /** Accepted, and neither audited nor in a queue. */
  readonly lost: number;
  /** Voters and persons that were counted more than once. */
  readonly countedTwice: number;
  /** From the last answer to the moment when everything was decided and its receipt written. */
  readonly drainedSeconds: number;
  /** What is wrong, in words; nothing when all is as it must be. */
  readonly findings: readonly string[];
  /** What this run showed beside the figures. */
  readonly note: string;
}

/** A fault and what is done around it. */
export interface FaultScenario {
  readonly name: string;
  /** What happens, in a few words. */
  readonly does: string;
  /** How many votes are sent: as many as where the other system was measured, if it was. */
  readonly votes: number;
  /** What the comparable system did with the same fault and the same number of votes; absent: not measured. */
  readonly comparable?: string;
  /** Why it cannot be tried on this machine, if it cannot. */
  readonly unavailable?: () => string | undefined;
  readonly run: (context: FaultContext) => Promise<Figures>;
}
