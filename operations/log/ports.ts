import type { NoteSigner } from "../../shared/domain/log/note.ts";
import type { ObjectStore } from "../../shared/stores/objects.ts";

/** What a log has committed itself to. */
export interface Epoch {
  /** 1, and one more with each epoch. */
  readonly number: number;
  /** How many entries the log has with it. */
  readonly size: number;
  readonly root: Buffer;
}

/** An entry that is not in the log yet. */
export interface WaitingEntry {
  readonly id: number;
  readonly entry: Buffer;
}

/** The root of a tile that is full. */
export interface TileRoot {
  readonly level: number;
  readonly index: number;
  readonly root: Buffer;
}

/** An epoch that is to be committed. */
export interface NewEpoch extends Epoch {
  readonly sizeBefore: number;
  /** The entries that it takes, in their order. */
  readonly waiting: readonly number[];
  /** The tiles that are full with them. */
  readonly tileRoots: readonly TileRoot[];
}

/** The database, to somebody who has the lock of a law. */
export interface LogSession {
  /** The last two epochs, the last one first. */
  latestEpochs(): Promise<readonly Epoch[]>;
  /** Whether nothing more is recorded of the law's votes. What it has recorded waits for no others from then on. */
  hasRecordingEnded(): Promise<boolean>;
  /**
   * Entries that are not in the log yet, in the order in which they came.
   *
   * @param most how many at most
   */
  waiting(most: number): Promise<readonly WaitingEntry[]>;
  /** Entries of the log, [from, to). */
  entries(from: number, to: number): Promise<readonly Buffer[]>;
  /** Roots of full tiles of a level, [from, to). */
  tileRoots(level: number, from: number, to: number): Promise<readonly Buffer[]>;
  /**
   * Commits an epoch, unless another one has come after the epoch before it.
   *
   * @returns whether it is committed, durably
   */
  commit(epoch: NewEpoch): Promise<boolean>;
  /** Gives the lock back. It never fails: a lock ends with its connection. */
  release(): Promise<void>;
}

/** A law with a log. */
export interface LoggedLaw {
  readonly lawId: string;
  /** Names the log: the stage, and this instance of the law. */
  readonly origin: string;
}

/** The database. */
export interface LogDatabase {
  /** The laws whose roll is sealed and that have a log. */
  laws(): Promise<readonly LoggedLaw[]>;
  /**
   * Takes the lock of a law.
   *
   * @returns undefined when somebody else has it
   */
  begin(lawId: string): Promise<LogSession | undefined>;
}

/** What keeps logs. */
export interface LogPorts {
  readonly database: LogDatabase;
  /** Has what is published. */
  readonly objects: ObjectStore;
  /** The key of a log, which is named as the log. */
  readonly signerOf: (origin: string) => NoteSigner;
}

/** When entries come into a log. */
export interface LogRules {
  /** Submissions wait for each other until they are so many, or the recording has ended. */
  readonly minimumSubmissions: number;
}
