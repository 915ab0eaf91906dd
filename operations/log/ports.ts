import type { DescribedLaw } from "../../shared/domain/log/description.ts";
import type { NoteSigner } from "../../shared/domain/log/note.ts";
import type { JournalFacts } from "../../shared/domain/log/public-journal.ts";
import type { ListedSubmission } from "../../shared/domain/log/submission-list.ts";
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

/** An epoch of the published log that the database has lost. */
export interface LostEpoch extends Epoch {
  readonly sizeBefore: number;
  /** The entries that it added, in their order. */
  readonly entries: readonly Buffer[];
  /** The tiles that are full with them. */
  readonly tileRoots: readonly TileRoot[];
}

/** A public text of the journal with the entry that it becomes. */
export interface PublicEntry {
  /** Of the journal's entry. */
  readonly number: number;
  readonly text: string;
  readonly entry: Buffer;
}

/** The database, to somebody who has the lock of a law. */
export interface LogSession {
  /** What the law has beside its log. Absent: no law is certified. */
  readonly conclusions?: Conclusions;
  /** What descriptions say of the law; undefined while its roll is not sealed. */
  describedLaw(): Promise<DescribedLaw | undefined>;
  /** The notes of the law's descriptions, the first one first. */
  descriptions(): Promise<readonly string[]>;
  /**
   * Adds a description and its entry, which waits then, unless there is one of this version.
   *
   * @param version one more than there are
   * @param note signed
   * @param entry of the log
   */
  addDescription(version: number, note: string, entry: Buffer): Promise<void>;
  /**
   * Entries of the journal that are to come into the log.
   *
   * @param most how many at most
   */
  newJournal(most: number): Promise<readonly JournalFacts[]>;
  /** The last public text that came into the log, or waits. */
  lastJournal(): Promise<Omit<PublicEntry, "entry"> | undefined>;
  /**
   * Adds public texts and their entries, which wait then, unless others have come after the last one.
   *
   * @param after the number of the last one; 0: there is none
   * @param entries in order
   */
  addJournal(after: number, entries: readonly PublicEntry[]): Promise<void>;
  /**
   * Public texts in order.
   *
   * @param to the number of the last one
   */
  journalTexts(to: number): Promise<readonly string[]>;
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
  /**
   * Brings an epoch of the published log back, after the one before it. What waited and is in it does not wait any
   * more.
   *
   * @returns false when another one has come after the epoch before it
   */
  restore(epoch: LostEpoch): Promise<boolean>;
  /** Notes that the log is back. */
  noteRestore(): Promise<void>;
  /** Whether the log was ever brought back: then the store may have tiles that no checkpoint covers. */
  wasRestored(): Promise<boolean>;
  /**
   * The number of the first of some public texts that is not about the journal's entry of its number.
   *
   * @param texts of the journal
   * @returns undefined when there is none
   */
  journalDiffers(texts: readonly string[]): Promise<number | undefined>;
  /** The digest of the roll by the last act on it in the journal; undefined when it has none. */
  journalRollDigest(): Promise<string | undefined>;
  /** Gives the lock back. It never fails: a lock ends with its connection. */
  release(): Promise<void>;
}

/** A law with a log. */
export interface LoggedLaw {
  readonly lawId: string;
  /** Names the log: the stage, and this instance of the law. */
  readonly origin: string;
  /** The public key that signs it, base64url of 32 bytes. */
  readonly key: string;
}

/** A law with a log, and a mark that changes whenever there may be something to do. */
export interface MarkedLaw extends LoggedLaw {
  readonly mark: string;
}

/** The database. */
export interface LogDatabase {
  /** The laws whose roll is sealed and that have a log. */
  laws(): Promise<readonly MarkedLaw[]>;
  /**
   * Takes the lock of a law.
   *
   * @returns undefined when somebody else has it
   */
  begin(lawId: string): Promise<LogSession | undefined>;
}

/** How far the lists of a law are published. */
export interface PublishedSoFar {
  /** Parts of the list of submissions. */
  readonly parts: number;
  /** Request and envelope of the last submission in them; empty: there is none. */
  readonly after: Buffer;
  /** Submissions in them. */
  readonly listed: number;
  /** Parts of the opened list. */
  readonly openedParts: number;
}

/** What a law has beside its log. */
export interface Conclusion {
  /** The text of the certificate. */
  readonly text: string;
  /** The certificate as it was signed; undefined: it is not signed yet. */
  readonly note: string | undefined;
  /** Undefined: nobody publishes the law, or everything is published. */
  readonly publishing: PublishedSoFar | undefined;
}

/** Certificates and lists in the database. */
export interface Conclusions {
  /** @returns undefined when the law is not certified */
  of(lawId: string): Promise<Conclusion | undefined>;
  /** Keeps a signed certificate; one that is there stays. */
  sign(lawId: string, note: string): Promise<void>;
  /** Submissions after one of them, in their order. */
  submissions(lawId: string, after: Buffer, most: number): Promise<readonly ListedSubmission[]>;
  /** A piece of the opened list, from 0; undefined when there are no more. */
  openedPiece(lawId: string, number: number): Promise<string | undefined>;
  /** Notes how far the lists are published. */
  advance(lawId: string, soFar: PublishedSoFar, isComplete: boolean): Promise<void>;
}

/** What keeps logs. */
export interface LogPorts {
  readonly database: LogDatabase;
  /** Has what is published. */
  readonly objects: ObjectStore;
  /**
   * The key of a log, which is named as the log.
   *
   * @throws LogStopped when the law names a key that is not there
   */
  readonly signerOf: (law: LoggedLaw) => Promise<NoteSigner>;
}

/** When entries come into a log. */
export interface LogRules {
  /** Submissions wait for each other until they are so many, or the recording has ended. */
  readonly minimumSubmissions: number;
}
