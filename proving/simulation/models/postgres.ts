import type { NotedCount } from "../../../operations/count/ports.ts";
import type { LawRow } from "../../../operations/law-book/repair.ts";
import type { LoadWork, RebuildWork } from "../../../operations/roll/steps/work-table.ts";
import type { PauseNote, RollSeal, SealedBy, WorkMark } from "../../../operations/roll/stores/ports.ts";
import type { RollDraft } from "../../../operations/roll/stores/roll-drafts.ts";
import type { Choice } from "../../../shared/domain/ballot.ts";
import type { InvalidReason, Status } from "../../../shared/domain/outcome.ts";
import type { RollWork } from "../../../shared/domain/roll.ts";
import { type BucketDigest, rollDigest } from "../../../shared/domain/roll-digest.ts";
import type { RollTime } from "../../../shared/domain/roll-row.ts";
import type { ConfirmedVersion } from "../../../shared/domain/window-in-force.ts";
import type { JournalEntry } from "../../../shared/messages/operators/journal.ts";
import { type LogTables, logRepeated, logStatuses } from "./log-tables.ts";

/** A voter on a roll. */
export interface RollRow extends RollTime {
  readonly person: string;
}

export interface ParticipationRow {
  readonly person: string;
  readonly requestId: string;
}

export interface AuditRow {
  readonly lawId: string;
  readonly voterHash: string;
  readonly status: Status;
  /** Why it is invalid; absent: it is not. */
  readonly invalidReason?: InvalidReason | undefined;
  readonly acceptedAt: string;
  readonly processedAt: string;
  /** Of a law with a form: SHA-256 of the envelope, in hexadecimal digits, and what was promised. */
  readonly envelopeSha256?: string | undefined;
  readonly promise?: string | undefined;
}

/** Counted and duplicate submissions of a voter who tried more than once. */
export interface AttemptsRow {
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

export interface Ballot {
  readonly lawId: string;
  readonly choice: Choice;
}

export type Tally = Readonly<Record<Choice, number>>;

/** A row of `published_results`. Times are in simulated milliseconds. */
export interface PublishedRow {
  readonly published: Tally;
  readonly publishedAt?: number | undefined;
  /** The next step. */
  readonly held: Tally;
  readonly heldAt?: number | undefined;
}

/** A row of `law_versions`. */
export interface LawVersionRow extends ConfirmedVersion {
  readonly lawId: string;
  readonly phase: "asked" | "confirmed";
}

/** The tables. Voters are named by `voterKey`. */
export class Tables {
  /** By voter. */
  readonly roll = new Map<string, RollRow>();
  /** The noted digests of buckets, by law and bucket. */
  readonly buckets = new Map<string, BucketDigest & { readonly lawId: string }>();
  /** The digests of sealed rolls, by law. */
  readonly seals = new Map<string, RollSeal>();
  /** Which acts have sealed them, and the digests then, by law. */
  readonly sealedBy = new Map<string, NonNullable<SealedBy["by"]>>();
  /** What acts are about to do to sealed rolls, and what they have done, by the id and by the act. */
  readonly drafts = new Map<string, RollDraft>();
  readonly changes = new Map<string, { readonly lawId: string; readonly inForceAt: Date }>();
  /** By voter. */
  readonly participation = new Map<string, ParticipationRow>();
  readonly ballots: Ballot[] = [];
  /** The envelopes of sealed laws, by law and ephemeral key. */
  readonly box = new Map<string, string>();
  /** Voters whose claim in Redis belongs to a copy. */
  readonly copiedClaims = new Set<string>();
  /** What was promised for further envelopes, by request id and the SHA-256 of the envelope. */
  readonly repeated = new Map<string, string>();
  readonly tallies = new Map<string, Record<Choice, number>>();
  /** When the tally of a law was last raised: the beginning of that transaction, in simulated milliseconds. */
  readonly countedAt = new Map<string, number>();
  /** What everybody may see of the tally of a law. */
  readonly published = new Map<string, PublishedRow>();
  /** By request id. */
  readonly audit = new Map<string, AuditRow>();
  /** By voter. */
  readonly attempts = new Map<string, AttemptsRow>();
  /** The laws, once somebody has looked at them through the operators' API. */
  readonly laws = new Map<string, LawRow>();
  /** Every version of a law, by law, version and phase. */
  readonly lawVersions = new Map<string, LawVersionRow>();
  /** The public logs of laws, where a history has logs. */
  readonly logs = new Map<string, LogTables>();
  /** What counted laws were counted with. */
  readonly lawCounts = new Map<string, NotedCount>();
  /** What operators' acts have left, in order. */
  readonly journal: JournalRow[] = [];
  /** Up to which entry of the journal is in the archive. */
  journalCopied = 0;
  /** When entries of the journal were brought back after a restore, as far as no entry tells of it. */
  readonly broughtBack: string[] = [];
  /** Which cursors runs of acts have answered, by run and hash. */
  readonly runCursors = new Set<string>();
  /** Loads and rebuilds that have not ended, by law and mark. */
  readonly rollWork = new Map<string, RollWorkRow>();
  /** Why `validate` is paused, if work on a roll paused it. */
  pauseNote: PauseNote | undefined;
  /** The act that paused it, by the note. */
  pausedBy: string | undefined;
  pauseNotes = 0;

  /** A copy of what is committed now, as a backup has it. */
  copy(): Tables {
    const copy = new Tables();
    copy.takeBack(this);
    return copy;
  }

  /** Makes these tables what a backup has. Tokens of notes are random, so they never come again. */
  takeBack(backup: Tables): void {
    refill(this.roll, backup.roll);
    refill(this.buckets, backup.buckets);
    refill(this.seals, backup.seals);
    refill(this.sealedBy, backup.sealedBy);
    refill(this.drafts, backup.drafts);
    refill(this.changes, backup.changes);
    refill(this.participation, backup.participation);
    refill(this.box, backup.box);
    this.copiedClaims.clear();
    for (const voter of backup.copiedClaims) this.copiedClaims.add(voter);
    refill(this.repeated, backup.repeated);
    refill(this.tallies, backup.tallies);
    refill(this.countedAt, backup.countedAt);
    refill(this.published, backup.published);
    refill(this.audit, backup.audit);
    refill(this.attempts, backup.attempts);
    refill(this.laws, backup.laws);
    refill(this.lawVersions, backup.lawVersions);
    refill(this.lawCounts, backup.lawCounts);
    refill(this.logs, new Map([...backup.logs].map(([lawId, log]) => [lawId, log.copy()])));
    const works = [...backup.rollWork].map(([key, work]): [string, RollWorkRow] => [key, { ...work }]);
    refill(this.rollWork, new Map(works));
    this.ballots.splice(0, this.ballots.length, ...backup.ballots);
    this.journal.splice(0, this.journal.length, ...backup.journal);
    this.journalCopied = backup.journalCopied;
    this.broughtBack.splice(0, this.broughtBack.length, ...backup.broughtBack);
    this.runCursors.clear();
    for (const key of backup.runCursors) this.runCursors.add(key);
    this.pauseNote = backup.pauseNote;
    this.pausedBy = backup.pausedBy;
    this.pauseNotes = Math.max(this.pauseNotes, backup.pauseNotes);
  }
}

/**
 * Notes the digest of a roll, as the SQL function `roll_digest` computes it.
 *
 * @param tables where
 * @param lawId the law
 */
export function sealIn({ buckets, seals }: Tables, lawId: string): RollSeal {
  const noted = [...buckets.values()].filter((one) => one.lawId === lawId);
  const seal = { digest: rollDigest(noted), voters: noted.reduce((total, { voters }) => total + voters, 0) };
  seals.set(lawId, seal);
  return seal;
}

/**
 * Notes the digests of some buckets, in the place of what was noted of them.
 *
 * @param tables where
 * @param lawId the law
 * @param range which buckets
 * @param digests those of them that have voters
 */
export function noteDigestsIn(
  { buckets }: Tables,
  lawId: string,
  { from, to }: { readonly from: number; readonly to: number },
  digests: readonly BucketDigest[],
): void {
  for (const [key, one] of buckets) {
    if (one.lawId === lawId && from <= one.bucket && one.bucket < to) buckets.delete(key);
  }
  for (const one of digests) buckets.set(`${lawId} ${one.bucket}`, { ...one, lawId });
}

function refill<K, V>(map: Map<K, V>, backup: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of backup) map.set(key, value);
}

export interface RollWorkRow extends RollWork {
  readonly lawId: string;
  linesDone: number;
  /** The load, if it is taken step by step. */
  load?: LoadWork | undefined;
  /** The rebuild, if it is taken step by step. */
  rebuild?: RebuildWork | undefined;
  /** A change: whether Redis named the digest of the roll before. */
  wasComplete?: boolean | undefined;
  /** How many buckets a seal has filled. */
  filled?: number | undefined;
  /** The act that began it. */
  run?: string | undefined;
  /** When its latest step was taken, in simulated milliseconds; undefined: nobody goes on with it. */
  steppedAt?: number | undefined;
}

export type JournalRow = JournalEntry;

/** The key of a note of work on a law's roll. */
export function workKey(lawId: string, { kind, sourceId }: WorkMark): string {
  return `${lawId} ${kind} ${sourceId.toString("hex")}`;
}

/** A voter of a law. */
export function voterKey(lawId: string, voterHash: string): string {
  return `${lawId} ${voterHash}`;
}

/** An envelope in the box of a law, by its ephemeral key in hexadecimal digits. */
export function boxKey(lawId: string, enc: string): string {
  return `${lawId} ${enc}`;
}

/** A submission with one of its envelopes. */
export function pairKey(requestId: string, envelopeSha256: string): string {
  return `${requestId} ${envelopeSha256}`;
}

/** The parts of a `voterKey`. */
export function splitVoterKey(key: string): { lawId: string; voterHash: string } {
  const [lawId = "", voterHash = ""] = key.split(" ");
  return { lawId, voterHash };
}

/** Whether a person has voted, under whichever code. */
export function hasVoted(rows: ReadonlyMap<string, ParticipationRow>, lawId: string, person: string): boolean {
  return [...rows].some(([voter, row]) => row.person === person && voter.startsWith(`${lawId} `));
}

/**
 * By which submission a voter is counted, or the voter's person under another code.
 *
 * @param tables where
 * @param voter by `voterKey`
 */
export function countedSubmission({ roll, participation }: Tables, voter: string): string | undefined {
  const own = participation.get(voter);
  const person = roll.get(voter)?.person;
  const { lawId } = splitVoterKey(voter);
  const others = [...participation].filter(([other, row]) => row.person === person && other.startsWith(`${lawId} `));
  return own?.requestId ?? others[0]?.[1].requestId;
}

/** Adds to the tally of a law. */
export function addToTally(
  tallies: Map<string, Record<Choice, number>>,
  lawId: string,
  { oui, non }: Readonly<Record<Choice, number>>,
): void {
  const before = tallies.get(lawId) ?? { oui: 0, non: 0 };
  tallies.set(lawId, { oui: before.oui + oui, non: before.non + non });
}

/** PostgreSQL's error when it refuses or gives up; `code` is the SQLSTATE. */
export class DatabaseError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/**
 * A transaction at the level read committed. Each statement sees the rows that were committed when it began, and the
 * rows that its transaction wrote. Other transactions see nothing of it until it commits.
 */
export class Transaction {
  readonly participation = new Map<string, ParticipationRow>();
  readonly ballots: Ballot[] = [];
  readonly box = new Map<string, string>();
  readonly copiedClaims = new Set<string>();
  readonly repeated = new Map<string, string>();
  /** Older ballots that it takes out, to put them in again among its own. */
  readonly takenOut = new Set<Ballot>();
  /** Votes to be added to the tally of each law. */
  readonly tallies = new Map<string, Record<Choice, number>>();
  readonly audit = new Map<string, AuditRow>();
  readonly attempts = new Map<string, AttemptsRow>();
  locks: readonly string[] = [];
  /** The laws whose recording cannot end before it: it shares their locks. */
  laws: ReadonlySet<string> = new Set();
  /** What `now()` gives in it. */
  readonly startedAt: number;
  readonly #database: SimPostgres;

  constructor(database: SimPostgres) {
    this.#database = database;
    this.startedAt = database.clock();
  }

  participationOf(voter: string): string | undefined {
    return (this.participation.get(voter) ?? this.#database.tables.participation.get(voter))?.requestId;
  }

  /** Whether the person of a voter has voted under another code. */
  hasVotedUnderAnother(voter: string, person: string): boolean {
    const { lawId } = splitVoterKey(voter);
    return [this.participation, this.#database.tables.participation].some((rows) =>
      hasVoted(new Map([...rows].filter(([other]) => other !== voter)), lawId, person),
    );
  }

  hasInBox(place: string): boolean {
    return this.box.has(place) || this.#database.tables.box.has(place);
  }

  hasCopiedClaim(voter: string): boolean {
    return this.copiedClaims.has(voter) || this.#database.tables.copiedClaims.has(voter);
  }

  auditOf(requestId: string): AuditRow | undefined {
    return this.audit.get(requestId) ?? this.#database.tables.audit.get(requestId);
  }

  attemptsOf(voter: string): AttemptsRow | undefined {
    return this.attempts.get(voter) ?? this.#database.tables.attempts.get(voter);
  }

  /** Older ballots of a law that no other transaction has taken out. */
  freeBallots(lawId: string): readonly Ballot[] {
    return this.#database.freeBallots(lawId, this);
  }

  rollRowOf(voter: string): RollRow | undefined {
    return this.#database.tables.roll.get(voter);
  }
}

/** PostgreSQL: the tables, the transactions under way and the locks they hold. */
export class SimPostgres {
  readonly tables = new Tables();
  /** Its clock, in simulated milliseconds. */
  clock: () => number = () => 0;
  /** The same as milliseconds since the epoch, as `clock_timestamp()` gives it. */
  wallClock: () => number = () => 0;
  /** Submissions whose data it refuses, until the end of the faults. */
  readonly refused = new Set<string>();
  readonly #active = new Set<Transaction>();
  /** The process that has the right to settle. */
  settling: object | undefined;
  /** Told of every transaction that commits, just before. */
  onCommit: (transaction: Transaction) => void = () => undefined;
  /** Told of every transaction that has entered its ballots. */
  onBallots: (transaction: Transaction) => void = () => undefined;
  /** Told of every law whose recording ends, just before. */
  onCount: (lawId: string) => void = () => undefined;
  /** Told of every change of a sealed roll, just before: which law, what is done, and whose persons get a voter. */
  onRollChange: (lawId: string, kind: string, persons: readonly string[]) => void = () => undefined;
  /** Told of every restore, just after. */
  onRestore: () => void = () => undefined;
  /** Who continues the log of a law, by law. */
  readonly logLocks = new Map<string, object>();
  /** The process that has the right to change a roll, by law. */
  readonly #rollLocks = new Map<string, object>();

  begin(): Transaction {
    const transaction = new Transaction(this);
    this.#active.add(transaction);
    return transaction;
  }

  /** Whether a transaction may have these locks now. */
  areFree(locks: readonly string[], asker: Transaction): boolean {
    return this.#others(asker).every((other) => !other.locks.some((lock) => locks.includes(lock)));
  }

  /** Whether a transaction that is under way records votes of a law. */
  isRecording(lawId: string): boolean {
    return [...this.#active].some((transaction) => transaction.laws.has(lawId));
  }

  /** Whether a law takes no recorded vote any more. */
  isCounted(lawId: string): boolean {
    return this.tables.laws.get(lawId)?.law.reached === "counted";
  }

  /** Whether no other transaction has written these rows without having committed. */
  areSettled(voters: readonly string[], requestIds: readonly string[], asker: Transaction): boolean {
    return this.#others(asker).every(
      (other) =>
        !voters.some((voter) => this.#isEntering(other, voter) || other.attempts.has(voter)) &&
        !requestIds.some((requestId) => other.audit.has(requestId)),
    );
  }

  /** Whether a transaction has entered a voter, or the voter's person under another code. */
  #isEntering({ participation }: Transaction, voter: string): boolean {
    const person = this.tables.roll.get(voter)?.person;
    return (
      participation.has(voter) || (person !== undefined && hasVoted(participation, splitVoterKey(voter).lawId, person))
    );
  }

  /**
   * Becomes what it was at the time of a backup. What is under way in it ends, and every lock is gone.
   *
   * @param backup a copy of its tables
   */
  restore(backup: Tables): void {
    this.#active.clear();
    this.#rollLocks.clear();
    this.logLocks.clear();
    this.settling = undefined;
    this.tables.takeBack(backup);
    this.onRestore();
  }

  /** @throws DatabaseError when the database that this transaction is in was given up */
  refuseIfCut(transaction: Transaction): void {
    if (!this.#active.has(transaction)) throw new DatabaseError("the connection was lost", "08006");
  }

  commit(transaction: Transaction): void {
    const { tables } = this;
    this.refuseIfCut(transaction);
    this.onCommit(transaction);
    for (const [voter, row] of transaction.participation) tables.participation.set(voter, row);
    for (const ballot of transaction.takenOut) tables.ballots.splice(tables.ballots.indexOf(ballot), 1);
    tables.ballots.push(...transaction.ballots);
    for (const [place, envelope] of transaction.box) tables.box.set(place, envelope);
    for (const voter of transaction.copiedClaims) tables.copiedClaims.add(voter);
    logRepeated(tables, transaction.repeated);
    for (const [pair, promise] of transaction.repeated)
      if (!tables.repeated.has(pair)) tables.repeated.set(pair, promise);
    for (const [lawId, added] of transaction.tallies) {
      addToTally(tables.tallies, lawId, added);
      tables.countedAt.set(lawId, transaction.startedAt);
    }
    logStatuses(tables, transaction.audit);
    for (const [requestId, row] of transaction.audit) tables.audit.set(requestId, row);
    for (const [voter, row] of transaction.attempts) tables.attempts.set(voter, row);
    this.#active.delete(transaction);
  }

  freeBallots(lawId: string, asker: Transaction): readonly Ballot[] {
    const taken = new Set(this.#others(asker).flatMap((other) => [...other.takenOut]));
    return this.tables.ballots.filter((ballot) => ballot.lawId === lawId && !taken.has(ballot));
  }

  rollBack(transaction: Transaction): void {
    this.#active.delete(transaction);
  }

  /** The exclusive right to change a roll. */
  lockRoll(lawId: string, owner: object): void {
    this.#rollLocks.set(lawId, owner);
  }

  isRollFree(lawId: string): boolean {
    return !this.#rollLocks.has(lawId);
  }

  holdsRoll(lawId: string, owner: object): boolean {
    return this.#rollLocks.get(lawId) === owner;
  }

  isAnyRollLocked(): boolean {
    return this.#rollLocks.size > 0;
  }

  unlockRoll(lawId: string, owner: object): void {
    if (this.#rollLocks.get(lawId) === owner) this.#rollLocks.delete(lawId);
  }

  #others(asker: Transaction): Transaction[] {
    return [...this.#active].filter((other) => other !== asker);
  }
}
