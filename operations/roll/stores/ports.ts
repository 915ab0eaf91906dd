import type { Law } from "../../../shared/domain/law.ts";
import type { RollMeta, RollWork } from "../../../shared/domain/roll.ts";
import type { BucketDigest } from "../../../shared/domain/roll-digest.ts";
import type { RollChangeKind } from "../../../shared/domain/roll-row.ts";
import type { Consumer } from "../../queues/consumer.ts";

/** A voter in a roll file, after hashing. */
export interface RollEntry {
  /** The line of the file, from 1. */
  readonly line: number;
  /** 32 bytes. */
  readonly voterHash: Buffer;
  /** 32 bytes. */
  readonly personHash: Buffer;
}

/** The result of putting entries on the roll. */
export interface EnterResult {
  /** How many new voters are on the roll. */
  readonly loaded: number;
  /** The positions of entries that were left out because their person is on the roll with another code. */
  readonly conflicts: ReadonlySet<number>;
}

/** The digest of a sealed roll. */
export interface RollSeal {
  /** 32 bytes. */
  readonly digest: Buffer;
  /** How many voters it is over. */
  readonly voters: number;
}

/** Who has sealed a roll. */
export interface SealedBy {
  /** The act, and the digest of the roll then; undefined: a release did it that noted neither. */
  readonly by: { readonly run: string; readonly digest: Buffer } | undefined;
}

/** What an act does to voters of a sealed roll. */
export interface RollChange {
  /** The act. */
  readonly run: string;
  readonly kind: RollChangeKind;
  /** New voters, on the roll from the moment on. */
  readonly added: readonly RollEntry[];
  /** Voters who are on it until then: 32 bytes each. */
  readonly ended: readonly Buffer[];
  /** When it is in force. */
  readonly at: Date;
  /** How long before that it is committed at least, in milliseconds: clocks differ. */
  readonly marginMs: number;
}

/** What an act did to voters of a sealed roll before PostgreSQL was restored. */
export type ReplayedChange = Omit<RollChange, "marginMs">;

/** An act on a sealed roll that PostgreSQL has not done any more, because it was restored. */
export interface PendingChange extends Pick<RollChange, "run" | "kind" | "at"> {
  readonly lawId: string;
  /** How many voters it was about. */
  readonly voters: number;
  /** Of the roll after it: 32 bytes. */
  readonly digest: Buffer;
}

/** The digest of a roll after a change, and when the change is in force. */
export interface ChangedSeal extends RollSeal {
  readonly inForceAt: Date;
}

/** A person on a roll, as the act of an operator finds one. */
export interface KnownPerson {
  /** 32 bytes each. */
  readonly personHash: Buffer;
  /** The voter of this person who has not ended; undefined: there is none. */
  readonly voterHash: Buffer | undefined;
  readonly hasVoted: boolean;
}

/** A voter of a roll, with the claim. */
export interface RollVoter {
  /** 32 bytes. */
  readonly voterHash: Buffer;
  /** Whether the voter's time on the roll has ended. Redis keeps such a voter, and the digest leaves the voter out. */
  readonly hasEnded: boolean;
  /** The request id (text) of the counted submission, if the voter has voted. */
  readonly countedRequestId: string | null;
  /** From when on the voter is on the roll; absent: from its beginning. */
  readonly beginsAt?: Date | undefined;
}

/** A voter as the roll in Redis has one. */
export interface CachedVoter extends Pick<RollVoter, "voterHash" | "beginsAt"> {
  /** The claim: 16 bytes; undefined: the voter has not voted. */
  readonly id: Buffer | undefined;
}

/** The exclusive right to change rolls. */
export interface RollRight {
  /** @throws when it was lost because its connection broke: another process may have the right by now */
  check(): Promise<void>;
  giveBack(): Promise<void>;
}

/** The roll in PostgreSQL: the truth. */
export interface RollDatabase {
  /**
   * Takes the exclusive right to change the rolls of laws. It ends with the process at the latest.
   *
   * @throws Refusal when another process has the right for one of them; then this process gets it for none
   */
  lock(lawIds: readonly string[]): Promise<RollRight>;
  /**
   * Fixes the pepper and keys of the roll's hashes. For a new roll, they are those of the law.
   *
   * @throws when the roll was made with other ones
   */
  fix(law: Law): Promise<void>;
  /**
   * Puts entries on the roll in one transaction. When it returns they are durable.
   *
   * @param lawId the law
   * @param entries the voters
   * @param mark the load that they belong to; the same transaction writes the progress of the load
   * @throws Refusal when PostgreSQL has no note of that load any more; then nothing is entered
   */
  enter(lawId: string, entries: readonly RollEntry[], mark?: WorkMark): Promise<EnterResult>;
  /** How many voters the roll has. */
  count(lawId: string): Promise<number>;
  /** How many voters have been on the roll and are not any more. */
  countEnded(lawId: string): Promise<number>;
  /**
   * The voters of some buckets, with their claims, and those who have ended.
   *
   * @param lawId the law
   * @param from the first bucket
   * @param to the bucket after the last one
   */
  votersOfBuckets(lawId: string, from: number, to: number): Promise<readonly RollVoter[]>;
  /** The noted digests of some buckets with voters, in order. */
  bucketDigests(lawId: string, from: number, to: number): Promise<BucketDigest[]>;
  /** Notes the digests of some buckets, in the place of what was noted of them. */
  noteDigests(lawId: string, from: number, to: number, digests: readonly BucketDigest[]): Promise<void>;
  /**
   * Notes the digest of the roll, over the noted digests of its buckets.
   *
   * @param lawId the law
   * @param run the act that seals it
   */
  seal(lawId: string, run: string): Promise<RollSeal>;
  /** Takes the digest of a roll away that is not sealed after all. */
  unseal(lawId: string): Promise<void>;
  /** The digest of the roll; undefined when it is not sealed. */
  sealOf(lawId: string): Promise<(RollSeal & SealedBy) | undefined>;
  /** What is known of persons, in their order. */
  persons(lawId: string, personHashes: readonly Buffer[]): Promise<KnownPerson[]>;
  /** Which of some voters are on the roll or have been. */
  knownVoters(lawId: string, voterHashes: readonly Buffer[]): Promise<Buffer[]>;
  /**
   * What an act has made of a sealed roll.
   *
   * @param lawId the law
   * @param run the act
   * @returns the digest of the roll now; undefined when the act has changed nothing yet
   */
  changed(lawId: string, run: string): Promise<ChangedSeal | undefined>;
  /**
   * Changes voters of a sealed roll in one transaction, and notes the new digests.
   *
   * @param lawId the law
   * @param change what to do; it was not done before
   * @throws Refusal when its moment comes too soon to be known before it, or somebody has voted whose code it replaces
   */
  changeRoll(lawId: string, change: RollChange): Promise<ChangedSeal>;
  /** The acts on sealed rolls that the journal has and PostgreSQL has not done, in their order. */
  pendingChanges(): Promise<readonly PendingChange[]>;
  /**
   * Changes a sealed roll as an act changed it before PostgreSQL was restored.
   *
   * @param lawId the law
   * @param change what the act did
   * @param digest of the roll after it
   * @throws Refusal when the roll is not what it was before the act; then nothing is changed
   */
  replayChange(lawId: string, change: ReplayedChange, digest: Buffer): Promise<void>;
}

/** Names a piece of work on a roll, so that a repetition of the same work is recognized. */
export interface WorkMark {
  readonly kind: RollWork["kind"];
  /** Names the file by its content; empty for other work. */
  readonly sourceId: Buffer;
  readonly sourceName: string;
}

/** The note that work on a roll has paused `validate`. */
export interface PauseNote {
  readonly token: string;
  /**
   * The latest change of the mapping once it was paused; null if the process ended before it wrote that down.
   */
  readonly mappingChangedAt: string | null;
}

/** Durable notes of work that is under way. They outlive the process that does the work. */
export interface RollMarks {
  /** Notes that work on a roll begins. It is called before the first change. */
  begin(lawId: string, mark: WorkMark): Promise<void>;
  /** Notes that work on a roll is complete. */
  finish(lawId: string, mark: WorkMark): Promise<void>;
  /** The work that has begun and not ended, the latest first. */
  unfinished(lawId: string): Promise<readonly RollWork[]>;
  /** Removes the notes of every load of a law that has not ended. */
  abandonLoads(lawId: string): Promise<void>;
  /** Whether anybody changes the roll of any law now. */
  isAnyoneAtWork(): Promise<boolean>;
  /** The latest note of a pause. Without one (undefined), it was a person who paused `validate`. */
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
  /** Which sealed roll Redis has; undefined: no complete one. */
  meta(lawId: string): Promise<RollMeta | undefined>;
  /** Adds voters who have not voted, from a moment on. Voters who are there already keep their claims. */
  add(lawId: string, voterHashes: readonly Buffer[], beginsAt: Date): Promise<void>;
  /** Puts voters on the roll with their claims. */
  restore(lawId: string, voters: readonly CachedVoter[]): Promise<void>;
  /** How many voters the roll has. */
  count(lawId: string): Promise<number>;
  /**
   * What some buckets hold now.
   *
   * @param lawId the law
   * @param from the first bucket
   * @param to the bucket after the last one
   * @returns those with voters, in order
   */
  readBack(lawId: string, from: number, to: number): Promise<BucketDigest[]>;
  /**
   * Empties buckets, claims included.
   *
   * @param lawId the law
   * @param from the first bucket; default: the first of all
   * @param to the bucket after the last one; default: after the last of all
   */
  clear(lawId: string, from?: number, to?: number): Promise<void>;
}

/** The stores that changing a roll needs. */
export interface RollPorts {
  readonly database: RollDatabase;
  readonly marks: RollMarks;
  readonly cache: RollCache;
  readonly consumer: Consumer;
}
