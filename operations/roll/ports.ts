import type { Law } from "../../shared/domain/law.ts";
import type { RollMeta } from "../../shared/domain/roll.ts";
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

/** The roll in PostgreSQL: the truth. */
export interface RollDatabase {
  /**
   * Takes the exclusive right to change a law's roll; it ends with the process at the latest.
   *
   * @returns gives the right back
   * @throws Refusal when another process has it
   */
  lock(lawId: string): Promise<() => Promise<void>>;
  /**
   * Fixes with which pepper and keys the roll's hashes are made: those of the law, when there is no roll yet.
   *
   * @throws when the roll was made with others
   */
  fix(law: Law): Promise<void>;
  /** Puts entries on the roll in one transaction. When it returns they are durable. */
  enter(lawId: string, entries: readonly RollEntry[]): Promise<EnterResult>;
  /** How many voters the roll has. */
  count(lawId: string): Promise<number>;
  /** Every voter of the roll, in batches, as of one instant. */
  voters(lawId: string): AsyncIterable<readonly RollVoter[]>;
}

/** The roll in Redis: the fast filter. */
export interface RollCache {
  /** Marks the roll as incomplete. From then on no vote of the law is decided. */
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
  readonly cache: RollCache;
  readonly consumer: Consumer;
}
