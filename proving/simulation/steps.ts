/**
 * What can go wrong at a step. `before` and `after` say on which side of its effect: a caller that gets an error cannot
 * know which it was. `part`: some of a batch is done, and the answer says so. `stall`: the request is under way for
 * longer than a message stays invisible.
 */
export const FAULT_KINDS = ["crash before", "crash after", "error before", "error after", "part", "stall"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault that is to happen at a step, or at the first one after it that it can happen at. */
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
  /** What could go wrong here. */
  readonly kinds: readonly FaultKind[];
  readonly fault?: FaultKind | undefined;
}

export interface StepOptions<T> {
  /** What may go wrong; nothing by default. */
  readonly faults?: readonly FaultKind[];
  /** The step waits until this is true. */
  readonly ready?: () => boolean;
  /** Does some of the effect; only where `part` may go wrong. */
  readonly part?: () => T;
  /** What the caller gets for an error. */
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

/** A history takes more steps than it may: something goes round in circles. */
export class TooManySteps extends Error {}

/** Longer than a message stays invisible (models/sqs.ts). */
export const STALL_MS = 40_000;
