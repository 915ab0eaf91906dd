import type { Choice } from "./ballot.ts";
import { DEVIATIONS, type DeviationName, type Invariant, type Judged } from "./ledger-rules.ts";
import { STATUSES, type Status } from "./outcome.ts";

/** Deviations: how many there are, and a few examples by id or hash. */
export interface Deviation {
  readonly count: number;
  readonly examples: readonly string[];
}

/** What a law was counted with. */
export interface CountedWith {
  readonly tally: Readonly<Record<Choice, number>>;
  /** Opened ballots of a sealed law that count for nothing. */
  readonly spoiled?: number | undefined;
  readonly audit: Readonly<Record<Status, number>>;
}

/** The facts in the stores about one law. */
export interface LawFacts {
  readonly lawId: string;
  /** On the roll in PostgreSQL. */
  readonly voters: number;
  /** Votes that are `invalid` although their voters are on the roll now. */
  readonly invalidOnRoll: number;
  readonly participation: number;
  readonly ballots: Readonly<Record<Choice, number>>;
  readonly tally: Readonly<Record<Choice, number>>;
  /** Of a sealed law: the envelopes in its box, and the ballots that were found spoiled when it was opened. */
  readonly box?: { readonly envelopes: number; readonly spoiled: number } | undefined;
  /** Audit rows by status. */
  readonly audit: Readonly<Record<Status, number>>;
  /** Submissions by the highest status of their receipts. */
  readonly receipts: Readonly<Record<Status, number>>;
  readonly deviations: Readonly<Partial<Record<DeviationName, Deviation>>>;
  /** What the law was counted with; `unknown`: it is counted, and nothing says with what. Absent: it is not counted. */
  readonly count?: CountedWith | "unknown" | undefined;
  /** Redis: the voters on its roll, whether it says that it is complete, and counted voters without a claim. */
  readonly cache: {
    readonly voters: number;
    /** Whether the roll is sealed in PostgreSQL. */
    readonly sealed: boolean;
    readonly complete: boolean;
    readonly claimsMissing: number;
    /** Loads and rebuilds of the roll that have not ended, in words. */
    readonly unfinished?: readonly string[];
  };
}

/** The number of messages in each queue: waiting, in flight and delayed. */
export interface QueueDepths {
  readonly votes: number;
  readonly outcomes: number;
  readonly votesDeadLetters: number;
  readonly outcomesDeadLetters: number;
}

export interface LedgerFacts {
  readonly laws: readonly LawFacts[];
  /**
   * Whether votes were recorded between the first look and the last, although the queues looked empty in both.
   * `recorded`: what PostgreSQL says is of one instant; `torn`: it is of several instants. Absent: nothing moved.
   */
  readonly meanwhile?: "recorded" | "torn" | undefined;
  readonly depths: QueueDepths;
  /** If a list of accepted request ids was given: its length, and the ids that are neither audited nor in a DLQ. */
  readonly accepted?: { readonly total: number; readonly missing: Deviation } | undefined;
}

/** Something that is wrong. */
interface Finding {
  readonly invariant: Invariant;
  readonly lawId?: string;
  readonly message: string;
  /** The message without its examples, where it has some: an example may be a voter's hash. */
  readonly summary?: string;
}

export interface LedgerReport {
  /** `pending`: votes are still in the queues, and every rule that can be judged already holds. */
  readonly verdict: "clean" | "broken" | "pending";
  readonly findings: readonly Finding[];
  /** Advice about something that is not wrong but needs attention. */
  readonly advice: readonly string[];
}

/**
 * Judges the ledger.
 *
 * @param facts about the stores
 * @returns what is wrong, in words
 */
export function checkLedger(facts: LedgerFacts): LedgerReport {
  const { depths, accepted, meanwhile } = facts;
  const drained = depths.votes === 0 && depths.outcomes === 0 && meanwhile === undefined;
  const deadLetters = depths.votesDeadLetters + depths.outcomesDeadLetters;
  const canJudge = (judged: Judged) =>
    judged === "always" || (drained && (judged === "queues empty" || deadLetters === 0));

  // Facts of several instants contradict one another without anything being wrong.
  const judgedLaws = meanwhile === "torn" ? [] : facts.laws;
  const findings = judgedLaws.flatMap((law) => [
    ...equalities(law, drained),
    ...deviationsOf(law, canJudge),
    ...changesAfterCount(law),
  ]);
  if (drained && accepted !== undefined && accepted.missing.count > 0) {
    const words = `${accepted.missing.count} of ${accepted.total} accepted submissions are neither audited nor in a queue`;
    findings.push({ invariant: 1, message: `${words}${some(accepted.missing)}` });
  }
  const verdict = findings.length > 0 ? "broken" : drained ? "clean" : "pending";
  return { verdict, findings, advice: adviceOf(facts, deadLetters) };
}

function equalities(law: LawFacts, drained: boolean): Finding[] {
  const { lawId, participation, ballots, tally, audit, receipts } = law;
  const findings: Finding[] = [];
  const finding = (message: string) => findings.push({ invariant: 3, lawId, message });
  const { box, count } = law;
  if (box !== undefined && participation !== box.envelopes) {
    finding(`${participation} participations but ${box.envelopes} envelopes in the box`);
  }
  // The ballots of a sealed law come in steps, when its box is opened.
  if (box === undefined || count !== undefined) {
    const cast = ballots.oui + ballots.non + (box?.spoiled ?? 0);
    const what = box === undefined ? "ballots" : "ballots, spoiled ones included";
    if (participation !== cast) finding(`${participation} participations but ${cast} ${what}`);
    for (const choice of ["oui", "non"] as const) {
      if (ballots[choice] !== tally[choice])
        finding(`${ballots[choice]} ballots ${choice} but a tally of ${tally[choice]}`);
    }
  }
  if (participation !== audit.counted)
    finding(`${participation} participations but ${audit.counted} audited as counted`);
  if (drained && receipts.counted !== participation) {
    finding(`${participation} participations but ${receipts.counted} receipts that say counted`);
  }
  return findings;
}

function deviationsOf(law: LawFacts, canJudge: (judged: Judged) => boolean): Finding[] {
  return Object.entries(DEVIATIONS).flatMap(([name, rule]) => {
    const deviation = law.deviations[name as DeviationName];
    if (deviation === undefined || deviation.count === 0 || !canJudge(rule.judged)) return [];
    // A vote that came after the count has a claim, and is not recorded any more.
    if (name === "claimUnknown" && law.count !== undefined) return [];
    const summary = `${deviation.count} ${rule.words}`;
    return [{ invariant: rule.invariant, lawId: law.lawId, message: `${summary}${some(deviation)}`, summary }];
  });
}

function changesAfterCount({ lawId, count, tally, audit, box }: LawFacts): Finding[] {
  if (count === undefined) return [];
  const finding = (message: string): Finding => ({ invariant: 9, lawId, message });
  if (count === "unknown") {
    return [finding("is counted, and nothing says with what: PostgreSQL was restored to a time before the count")];
  }
  const choices = (["oui", "non"] as const).filter((choice) => tally[choice] !== count.tally[choice]);
  const statuses = STATUSES.filter((status) => audit[status] !== count.audit[status]);
  const spoiled = box !== undefined && box.spoiled !== (count.spoiled ?? 0);
  return [
    ...(spoiled ? [finding(`${box.spoiled} spoiled ballots, counted with ${count.spoiled ?? 0}`)] : []),
    ...choices.map((choice) => finding(`a tally of ${tally[choice]} ${choice}, counted with ${count.tally[choice]}`)),
    ...statuses.map((status) => finding(`${audit[status]} audited as ${status}, counted with ${count.audit[status]}`)),
  ];
}

function some({ count, examples }: Deviation): string {
  if (examples.length === 0) return "";
  return `: ${examples.join(", ")}${count > examples.length ? ", …" : ""}`;
}

function adviceOf({ laws, depths, meanwhile }: LedgerFacts, deadLetters: number): string[] {
  const advice: string[] = [];
  if (meanwhile !== undefined) {
    advice.push("votes were recorded while the stores were compared: check again when no vote comes in");
  }
  if (depths.votes + depths.outcomes > 0) {
    advice.push(
      `${depths.votes} votes and ${depths.outcomes} outcomes are still in the queues: check again when they are empty`,
    );
  }
  if (deadLetters > 0) {
    advice.push(
      `${depths.votesDeadLetters} votes and ${depths.outcomesDeadLetters} outcomes are in dead-letter queues: ` +
        "redrive them once their cause is gone; settle decides duplicates that come back",
    );
  }
  for (const { lawId, voters, cache, invalidOnRoll } of laws) {
    if (invalidOnRoll > 0) {
      advice.push(
        `${invalidOnRoll} votes of ${lawId} are invalid although their voters are on the roll now: they were put on it ` +
          "after these votes were decided, and may vote again while the law is open",
      );
    }
    const { unfinished = [] } = cache;
    if (unfinished.length > 0) {
      advice.push(`the roll of ${lawId} is not complete, so no vote on it is decided: ${unfinished.join("; ")}`);
      continue;
    }
    if (!cache.sealed) {
      if (voters > 0) advice.push(`the roll of ${lawId} is not sealed, so no vote on it is decided: seal it`);
      continue;
    }
    const wrong = [
      ...(cache.complete || voters === 0 ? [] : ["is not complete, so its votes wait"]),
      ...(cache.complete && cache.voters !== voters
        ? [`has ${cache.voters} voters where PostgreSQL has ${voters}`]
        : []),
      ...(cache.claimsMissing > 0 ? [`lacks the claims of ${cache.claimsMissing} counted voters`] : []),
    ];
    if (wrong.length > 0) advice.push(`the roll of ${lawId} in Redis ${wrong.join(" and ")}: rebuild-roll is advised`);
  }
  return advice;
}
