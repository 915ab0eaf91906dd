import type { Law } from "../../shared/domain/law.ts";
import type { RollMeta, RollWork } from "../../shared/domain/roll.ts";
import type { Consumer } from "../queues/consumer.ts";

/** A voter as a roll file gives them, after hashing. */
export interface RollEntry {
  /** The line of the file, from 1. */
  readonly line: number;
  /** 32 bytes. */
  readonly voterHash: Buffer;
  /** 32 bytes. */
  readonly personHash: Buffer;
}

/** What became of entries that were put on the roll. */
export interface EnterResult {
  /** How many are on the roll now that were not before. */
  readonly loaded: number;
  /** Positions of the entries whose person is on the roll under another code; they were left out. */
  readonly conflicts: ReadonlySet<number>;
}

/** A voter as a rebuild restores them. */
export interface RollVoter {
  /** 32 bytes. */
  readonly voterHash: Buffer;
  /** The request id (text) of the counted submission, if the voter has voted. */
  readonly countedRequestId: string | null;
}

/** The exclusive right to change rolls. */
export interface RollRight {
  /** @throws when it was lost, with the connection that held it: somebody else may have it by now */
  check(): Promise<void>;
  giveBack(): Promise<void>;
}

/** The roll in PostgreSQL: the truth. */
export interface RollDatabase {
  /**
   * Takes the exclusive right to change the rolls of laws; it ends with the process at the latest.
   *
   * @throws Refusal when another process has the right for one of them; then none is taken
   */
  lock(lawIds: readonly string[]): Promise<RollRight>;
  /**
   * Fixes with which pepper and keys the roll's hashes are made: those of the law, when there is no roll yet.
   *
   * @throws when the roll was made with others
   */
  fix(law: Law): Promise<void>;
  /**
   * Puts entries on the roll in one transaction. When it returns they are durable.
   *
   * @param lawId the law
   * @param entries the voters
   * @param mark the load they are of; the same transaction writes how far the load has come
   */
  enter(lawId: string, entries: readonly RollEntry[], mark?: WorkMark): Promise<EnterResult>;
  /** How many voters the roll has. */
  count(lawId: string): Promise<number>;
  /** Every voter of the roll, in batches, as of one instant. */
  voters(lawId: string): AsyncIterable<readonly RollVoter[]>;
}

/** What names a piece of work on a roll, so that doing the same again is known to be the same. */
export interface WorkMark {
  readonly kind: RollWork["kind"];
  /** Which file; empty for a rebuild. */
  readonly sourceId: Buffer;
  readonly sourceName: string;
}

/** That work on a roll paused `validate`. */
export interface PauseNote {
  readonly token: string;
  /** The latest change of the mapping once it was paused; null when whoever paused it did not come to write that down. */
  readonly mappingChangedAt: string | null;
}

/** What is under way, durably: it outlives the process that does the work. */
export interface RollMarks {
  /** Writes down that work on a roll begins. Comes before the first change. */
  begin(lawId: string, mark: WorkMark): Promise<void>;
  /** Writes down that work on a roll has ended whole. */
  finish(lawId: string, mark: WorkMark): Promise<void>;
  /** What began and has not ended, the latest first. */
  unfinished(lawId: string): Promise<readonly RollWork[]>;
  /** Forgets every load of a law that has not ended. */
  abandonLoads(lawId: string): Promise<void>;
  /** Whether anybody has the right to change a roll of any law now. */
  isAnyoneAtWork(): Promise<boolean>;
  /** Writes down that `validate` is about to be paused by work on a roll. */
  notePause(): Promise<void>;
  /** Writes down what the mapping said of its latest change once it was paused. */
  confirmPause(mappingChangedAt: string): Promise<void>;
  /** The latest note of a pause; undefined when there is none, so that who paused `validate` was a person. */
  pauseNote(): Promise<PauseNote | undefined>;
  /** Takes the note away, unless another one has been written meanwhile. */
  clearPauseNote(token: string): Promise<void>;
}

/** The roll in Redis: the fast filter. */
export interface RollCache {
  /**
   * Marks the roll as incomplete. From then on no vote of the law is decided, whichever replica of Redis takes over.
   */
  removeMeta(lawId: string): Promise<void>;
  /** Marks the roll as complete. */
  writeMeta(lawId: string, meta: RollMeta): Promise<void>;
  /** Puts voters on the roll; those who are there keep their claims. */
  add(lawId: string, voterHashes: readonly Buffer[]): Promise<void>;
  /** Puts voters on the roll with their claims; an id of 16 bytes, or undefined for a voter who has not voted. */
  restore(
    lawId: string,
    voters: readonly { readonly voterHash: Buffer; readonly id: Buffer | undefined }[],
  ): Promise<void>;
  /** How many voters the roll has. */
  count(lawId: string): Promise<number>;
  /** Empties the roll, claims included. */
  clear(lawId: string): Promise<void>;
}

/** What changing a roll needs. */
export interface RollPorts {
  readonly database: RollDatabase;
  readonly marks: RollMarks;
  readonly cache: RollCache;
  readonly consumer: Consumer;
}
