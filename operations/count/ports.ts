import type { BoxFacts } from "../../shared/domain/law-life.ts";
import type { LedgerFacts, QueueDepths } from "../../shared/domain/ledger.ts";
import type { KnownLaw } from "../law-book/law-book.ts";

/** What a law was counted with. */
export interface LawCount {
  readonly oui: number;
  readonly non: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly invalid: number;
}

/** The same, with the moment from which on no vote was recorded. */
export interface NotedCount extends LawCount {
  /** Ballots of a sealed law that do not count. */
  readonly spoiled: number;
  readonly endedAt: Date;
}

/** How many ballots an opened box has in the tables of ballots. */
export interface AddedBallots {
  readonly added: number;
  readonly total: number;
}

/** The box of a sealed law. */
export interface BoxPorts {
  /** Closes it and ends the recording, if law and votes are still as they were found. */
  close(version: number, count: LawCount): Promise<boolean>;
  /** What is known of the closed box; undefined: it is not closed, or PostgreSQL was restored to before that. */
  facts(): Promise<BoxFacts | undefined>;
  /** Adds some of the opened ballots. Doing it again when all are there changes nothing. */
  addBallots(): Promise<AddedBallots>;
  /** Makes the law counted, if its openings account for every envelope. */
  count(version: number): Promise<boolean>;
}

/** How far the ledger is checked; the caller keeps it. */
export type LedgerProgress<State> = { readonly state: State } | { readonly facts: LedgerFacts };

/** What was seen of the dead letters. */
interface DeadLettersSeen {
  readonly ofLaw: number;
  readonly unreadable: number;
  readonly others: number;
  /** Whether all of them that can be received were seen. */
  readonly complete: boolean;
}

/** What the steps of counting need. Nothing here waits for longer than a step may take. */
export interface CountPorts<State> {
  /** The law as it stands; it exists. */
  law(): Promise<KnownLaw>;
  /** The present instant, by the stage's clock. */
  now(): Promise<Date>;
  /** For how long a message that a consumer has received is hidden, in seconds. */
  visibilitySeconds(): Promise<number>;
  /** For how long the queues must be empty, in seconds. */
  readonly quietSeconds: number;
  depths(): Promise<QueueDepths>;
  /** How many dead letters are of the law, how many nothing can read, and how many are of others. */
  deadLetters(): Promise<DeadLettersSeen>;
  /** Goes on with the check of the ledger. */
  ledger(state: State | undefined): Promise<LedgerProgress<State>>;
  /** Ends the recording, if law and votes are still as they were found. */
  endRecording(law: KnownLaw, count: LawCount): Promise<boolean>;
  /** Its box, if it is a sealed law. */
  readonly box: BoxPorts;
  /** What the law was counted with; undefined: it is not counted, or PostgreSQL was restored to before that. */
  counted(): Promise<NotedCount | undefined>;
  /** Waits before the next reading of the queues. */
  pause(): Promise<void>;
  /** Whether the step should end. */
  isOver(): boolean;
}
