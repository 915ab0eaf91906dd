import type { Choice } from "../../shared/domain/ballot.ts";
import type { LawForm } from "../../shared/domain/law.ts";
import type { RollChangeKind } from "../../shared/domain/roll-row.ts";
import type { StepFault } from "./steps.ts";

/** When a voter comes onto the rolls: before the first vote, by a later load, or never. */
export type OnRoll = "first" | "later" | "never";

export interface SimVoter {
  readonly nas: string;
  readonly code: string;
  readonly onRoll: OnRoll;
}

/** How the voter of a submission gets an envelope: seals the choice, or takes the envelope of somebody else. */
export interface SealedBy {
  readonly kind: "client" | "copy" | "altered copy";
  /** Of a copy: which of the envelopes that were sent. */
  readonly which: number;
}

/** An action of a voter: sends a vote, repeatedly if needed, until it is answered. */
export interface Submission {
  readonly voter: number;
  readonly law: number;
  readonly choice: Choice;
  /** Absent: every try is another submission. */
  readonly idempotencyKey?: string | undefined;
  /** Simulated milliseconds since the beginning. */
  readonly atMs: number;
  /** The smallest number of tries, as of an impatient voter. */
  readonly sends: number;
  /** In a sealed law; absent: ingest seals the choice. */
  readonly sealedBy?: SealedBy | undefined;
}

export const COMMANDS = ["load", "rebuild", "redrive"] as const;
/** An action of the operator. */
export interface OperatorCommand {
  readonly atMs: number;
  /**
   * `disable`: disables the event source mapping of `validate` by hand, until the faults have ended. `close`,
   * `reopen`: change the window of the first law by hand. `freeze`, `unfreeze`: stop and resume the acceptance of
   * votes on every law. `restore`: sets PostgreSQL back, and does what the runbook says. `add`, `replace`,
   * `strike`: change a voter of the sealed rolls. `count`: counts the first law, if nothing is missing. `draft`:
   * adds the first law, where it begins as a draft. `seal`: seals rolls, whatever is loaded of them. `open`: opens
   * the first law. `find`: looks for a voter.
   */
  readonly command:
    | (typeof COMMANDS)[number]
    | "disable"
    | "settle"
    | "close"
    | "reopen"
    | "freeze"
    | "unfreeze"
    | "restore"
    | "count"
    | "draft"
    | "seal"
    | "open"
    | "find"
    | RollChangeKind;
  /** For work that the operator interrupts: after how many of its pieces, or of the runbook's steps. */
  readonly abortsAfter?: number | undefined;
  /**
   * The moment that the command names, in simulated milliseconds: when a law is to open or close, and of `reopen`,
   * until when. Absent: as soon as possible, or until somebody closes it.
   */
  readonly momentMs?: number | undefined;
  /** Whom a change of the sealed rolls is about. */
  readonly voter?: number | undefined;
  /** How many milliseconds before it a restore takes PostgreSQL back to. */
  readonly agoMs?: number | undefined;
}

export const EVENT_KINDS = ["failover", "flush", "redeliver", "clock", "garbage", "refuse"] as const;
/** An event in the world before a step. */
export interface WorldEvent {
  readonly step: number;
  /**
   * `forge`: Redis holds a claim that belongs to no submission. `counterfeit`: somebody without keys puts a message
   * on a queue. `tamper`: somebody adds a ballot to PostgreSQL behind the functions, and takes it away when the
   * faults have ended.
   */
  readonly kind: (typeof EVENT_KINDS)[number] | "forge" | "counterfeit" | "tamper";
  /** Writes forgotten, milliseconds of the clock, which queue, which voter, or which message. */
  readonly amount: number;
}

interface Sizes {
  readonly votesBatch: number;
  readonly outcomesBatch: number;
  /** Invocations at the same time, per function. */
  readonly functions: number;
  readonly mostReceives: number;
  /** How long messages are gathered to a batch, in milliseconds. */
  readonly windowMs: number;
}

/** The rules of publication under which somebody reads the results. */
export interface ReaderRules {
  readonly intervalSeconds: number;
  readonly minimumVotes: number;
}

/** How the public logs of laws with a form are kept. */
interface LogPlan {
  /** When runs begin, in simulated milliseconds. */
  readonly runs: readonly number[];
  readonly minimumSubmissions: number;
  /** Whether the operator, after a restore, brings logs back only when votes are recorded again. */
  readonly isLate: boolean;
}

/** Everything that a simulation depends on. It is data, so a history that fails can be made smaller and repeated. */
export interface History {
  /** The seed of the interleaving. */
  readonly seed: number;
  readonly laws: number;
  /** The form of each law; absent: none has one. */
  readonly forms?: readonly (LawForm | undefined)[] | undefined;
  /** When the first law opens, which begins as a draft that operators have to add; absent: it is open already. */
  readonly draftOpensAtMs?: number | undefined;
  /** When the first law closes; absent: it stays open. */
  readonly closesAtMs?: number | undefined;
  readonly voters: readonly SimVoter[];
  readonly submissions: readonly Submission[];
  readonly commands: readonly OperatorCommand[];
  readonly events: readonly WorldEvent[];
  readonly faults: readonly StepFault[];
  readonly sizes: Sizes;
  /** Absent: laws have no public logs. */
  readonly log?: LogPlan | undefined;
  /** Absent: nobody reads the results. */
  readonly reader?: ReaderRules | undefined;
}
