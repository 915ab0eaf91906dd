/**
 * The faults of a step. `before` and `after` say on which side of its effect they happen; a caller that gets an error
 * cannot know which it was. `part`: a part of a batch is done, and the answer says so. `stall`: the request takes
 * longer than a message stays invisible.
 */
export const FAULT_KINDS = ["crash before", "crash after", "error before", "error after", "part", "stall"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault that happens at a step, or at the first later step where it can happen. */
export interface StepFault {
  readonly step: number;
  readonly kind: FaultKind;
}

/** A step that was taken, for the timeline. */
export interface TakenStep {
  /** From 0. */
  readonly number: number;
  /** Simulated milliseconds since the beginning. */
  readonly at: number;
  readonly process: string;
  readonly label: string;
  /** The faults that could happen here. */
  readonly kinds: readonly FaultKind[];
  readonly fault?: FaultKind | undefined;
}

export interface StepOptions<T> {
  /** The faults that may happen; none by default. */
  readonly faults?: readonly FaultKind[];
  /** The step waits until this is true. */
  readonly ready?: () => boolean;
  /** Does a part of the effect; needed only where the fault `part` may happen. */
  readonly part?: () => T;
  /** The error that the caller gets. */
  readonly error?: () => Error;
}

/** The caller of a process learns that it is gone. */
export class Crashed extends Error {
  /** Without a stack trace: a history crashes often, and nobody reads where. */
  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A history takes too many steps: something goes round in circles. */
export class TooManySteps extends Error {}

/** Longer than a message stays invisible (models/sqs.ts). */
export const STALL_MS = 40_000;
