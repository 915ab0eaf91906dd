import type { StageAlarm, StageFigures } from "../places/figures/figures.ts";
import type { ProposalFacts } from "../places/operators/proposal-facts.ts";
import type { RefusalCode } from "../shared/domain/refusal.ts";
import type { Proposal } from "../shared/messages/operators/journal.ts";
import type { WatchedStage } from "../shared/messages/operators/watch.ts";

/** What the server of the console and its page say to each other. */

/** The header in which the page shows that the printed address was opened. */
export const TOKEN_HEADER = "x-console-token";

/** Why something is not there or was not done. */
export interface Problem {
  /** In a sentence, in English. */
  readonly message: string;
  /** `typed`: what was typed is not the word; `slow`: no answer yet. */
  readonly code: RefusalCode | "typed" | "slow" | null;
}

/** Something that a person should look at, with the section of docs/runbook.md about it. */
export type Attention = { readonly runbook: string | null } & (
  | { readonly kind: "stage_away" }
  /** The metrics, and with them alarms, cannot be read: nobody knows whether one is on. */
  | { readonly kind: "figures_away" }
  | { readonly kind: "service_away"; readonly service: keyof WatchedStage["services"] }
  | {
      readonly kind: "paused";
      readonly consumer: "validate" | "aggregate";
      readonly by: "roll_work" | "ended_roll_work" | "somebody" | null;
    }
  | { readonly kind: "waiting"; readonly queue: "votes" | "outcomes"; readonly seconds: number }
  | { readonly kind: "dead_letters"; readonly queue: "votes" | "outcomes"; readonly messages: number }
  | { readonly kind: "roll"; readonly lawId: string }
  | { readonly kind: "undecided"; readonly perSecond: number }
  | { readonly kind: "invalid"; readonly share: number }
  | { readonly kind: "journal"; readonly message: string }
  | ({ readonly kind: "alarm" } & Pick<StageAlarm, "name" | "what" | "since">)
);

/** An approved act that this console carries out. */
export interface Work {
  /** The proposal. */
  readonly id: string;
  readonly act: string;
  readonly lawId: string | null;
  /** `incomplete`: it has ended, and has not done all of it. */
  readonly state: "running" | "done" | "incomplete" | "failed";
  readonly progress: { readonly label: string; readonly done: number; readonly total?: number | undefined } | null;
  readonly problem: Problem | null;
  /** What came of it, in English sentences; null: it has not ended. */
  readonly outcome: string | null;
}

/** All that the page shows. */
export interface ConsoleState {
  readonly stage: string;
  /** The address of the voters' API. */
  readonly apiUrl: string;
  /** What is typed after a command so that it is for this stage. */
  readonly where: string;
  /** What the stage said last, and when; null: nothing yet. */
  readonly look: WatchedStage | null;
  readonly lookedAt: string | null;
  /** Why the last look failed; null: it did not. */
  readonly problem: Problem | null;
  /** What the metrics said last; null: nothing yet. */
  readonly figures: StageFigures | null;
  readonly figuresProblem: Problem | null;
  /** How many entries of the journal were checked, each by its hash, and what is wrong with them. */
  readonly journal: { readonly checked: number; readonly broken: string | null };
  readonly attention: readonly Attention[];
  readonly works: readonly Work[];
}

/** What the page asks the server for, by the end of its address below `api/`. */
export interface ConsoleRequests {
  readonly state: Record<string, never>;
  readonly freeze: { readonly law_id: string; readonly frozen: boolean; readonly typed: string };
  readonly proposal: { readonly id: string };
  readonly approve: { readonly id: string; readonly hash: string; readonly typed: string };
  readonly refuse: { readonly id: string; readonly hash: string };
}

/** A proposal as it is decided on. */
export interface ShownProposal {
  readonly proposal: Proposal;
  /** What a person types to approve it. */
  readonly word: string;
  /** What it would do as things stand now; null: its request says it. */
  readonly facts: ProposalFacts | null;
}

/** What a freeze has done. */
export interface Frozen {
  readonly frozen: boolean;
  /** False when the law was so already. */
  readonly changed: boolean;
  /** Within how many seconds every `ingest` knows. */
  readonly seconds: number;
  /** False when PostgreSQL is away, so that the journal has no entry. */
  readonly inJournal: boolean;
}

/** What the server answers to each of them, or why not. */
export interface ConsoleAnswers {
  readonly state: ConsoleState;
  readonly freeze: Frozen;
  readonly proposal: ShownProposal;
  readonly approve: Proposal;
  readonly refuse: Proposal;
}

/** An answer: what was asked for, or a problem. */
export type ConsoleAnswer<T> =
  | { readonly ok: true; readonly result: T }
  | { readonly ok: false; readonly problem: Problem };
