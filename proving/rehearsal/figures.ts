import type { LedgerFacts, LedgerReport } from "../../shared/domain/ledger.ts";
import type { JournalEntry } from "../../shared/messages/operators/journal.ts";
import type { LawResult, PublicLaw, Turnout } from "../../shared/messages/responses.ts";
import { type Cast, type DeckFigures, type Expected, ROUNDS, type Round } from "./deck.ts";
import type { CheckedLog, ShownLaw } from "./read-all.ts";

type Value = string | number | boolean;

/** A figure of the stage beside what it must be. */
export interface Figure {
  /** What it is of: its receipts, the tally, the roll … */
  readonly of: string;
  readonly name: string;
  readonly expected: Value;
  readonly found: Value;
}

/** What the stage shows of a rehearsal. */
export interface Found {
  readonly lawId: string;
  /** What became of each submission of the deck, in its order. */
  readonly outcomes: readonly string[];
  /** Repeated submissions that got the same receipt again. */
  readonly sameReceipt: number;
  /** Receipts that have the mark. */
  readonly marked: number;
  /** Submissions whose answers had a promise that is right. */
  readonly promised: number;
  /** The form that the rehearsal must have; null: none. */
  readonly form: "open" | null;
  /** Of a law with a public log. */
  readonly log: CheckedLog | undefined;
  /** The result just before the close. */
  readonly whileOpen: LawResult;
  readonly shown: ShownLaw;
  /** What the operators' list says; undefined: the law is not on it. */
  readonly listed: { readonly rehearsal: boolean; readonly voters: number } | undefined;
  readonly law: PublicLaw;
  readonly isListed: boolean;
  readonly result: LawResult;
  readonly turnout: Turnout;
  readonly facts: LedgerFacts;
  readonly ledger: LedgerReport;
  readonly journal: { readonly isWhole: boolean; readonly entries: readonly JournalEntry[] };
  /** The digest of the roll after the last change. */
  readonly digest: string;
}

/** How often each act must be in the journal as done. */
const ACTS_DONE = {
  "add-law": 1,
  "begin-load": 1,
  "finish-load": 1,
  "seal-roll": 1,
  "open-law": 1,
  "prepare-roll-change": 3,
  "change-roll": 3,
  "close-law": 1,
  "count-law": 1,
} as const;

/**
 * Compares everything that the stage shows with what the deck says.
 *
 * @param expected the figures of the deck
 * @param casts its submissions
 * @param found what the stage shows
 * @returns each figure, right or wrong
 */
export function compare(expected: DeckFigures, casts: readonly Cast[], found: Found): readonly Figure[] {
  return [
    ...ofReceipts(expected, casts, found),
    ...ofRoll(expected, found),
    ...ofResults(expected, found),
    ...ofLedger(expected, found),
    ...ofForm(expected, found),
    ...ofMark(found),
    ...ofJournal(found),
  ];
}

/** The figures that are not what they must be. */
export function differing(figures: readonly Figure[]): readonly Figure[] {
  return figures.filter(({ expected, found }) => expected !== found);
}

function group(of: string, figures: readonly (readonly [name: string, expected: Value, found: Value])[]): Figure[] {
  return figures.map(([name, expected, found]) => ({ of, name, expected, found }));
}

function ofReceipts(expected: DeckFigures, casts: readonly Cast[], { outcomes, ...found }: Found): Figure[] {
  const became = (outcome: string) => outcomes.filter((one) => one === outcome).length;
  const known = Object.entries(expected.outcomes);
  const other = outcomes.filter((one) => !known.some(([outcome]) => outcome === one)).length;
  const asExpected = casts.filter((cast, index) => cast.expected === outcomes[index]).length;
  return group("submissions", [
    ...known.map(([outcome, count]) => [outcome, count, became(outcome)] as const),
    ["anything else", 0, other],
    ["as the deck says, one by one", casts.length, asExpected],
    ["sent again with the same key: the same receipt", expected.repeated, found.sameReceipt],
    ["receipts with the mark", expected.accepted, found.marked],
  ]);
}

function ofRoll(expected: DeckFigures, { shown, listed, turnout, digest }: Found): Figure[] {
  return group("roll", [
    ["sealed with", expected.sealed, shown.law.sealed_voters ?? "no seal"],
    ["voters at the end", expected.eligible, shown.roll.voters],
    ["voters on the list of laws", expected.eligible, listed?.voters ?? "not listed"],
    ["voters in the turnout", expected.eligible, turnout.eligible],
    ["voters in Redis", expected.eligible, shown.roll.cached],
    ["Redis has all of it", true, shown.roll.complete],
    ["unfinished work", 0, shown.roll.unfinished.length],
    ["digest", digest, shown.roll.digest ?? "none"],
  ]);
}

function ofResults(expected: DeckFigures, { shown, law, whileOpen, result, turnout }: Found): Figure[] {
  const { count } = shown;
  const mayShow = shown.law.results === "live" ? expected.counted : 0;
  const counted = (name: "oui" | "non" | "counted" | "duplicate" | "invalid") =>
    [`counted with: ${name}`, expected[name], count?.[name] ?? "not counted"] as const;
  return group("results", [
    ["state for operators", "counted", shown.law.state],
    ["state for voters", "closed", law.state],
    [
      `before the close: at most ${mayShow} votes`,
      true,
      whileOpen.total_votes === whileOpen.oui_count + whileOpen.non_count && whileOpen.total_votes <= mayShow,
    ],
    counted("oui"),
    counted("non"),
    counted("counted"),
    counted("duplicate"),
    counted("invalid"),
    ["published: state", "published", result.state],
    ["published: oui", expected.oui, result.oui_count],
    ["published: non", expected.non, result.non_count],
    ["published: all", expected.counted, result.total_votes],
    ["turnout: voted", expected.counted, turnout.voted],
    ["turnout: by hour", expected.counted, turnout.hours.reduce((sum, { voted }) => sum + voted, 0)],
  ]);
}

function ofLedger(expected: DeckFigures, { lawId, facts, ledger }: Found): Figure[] {
  const law = facts.laws.find((one) => one.lawId === lawId);
  const said = ledger.findings.map(({ summary, message }) => summary ?? message).join(" ");
  return group("ledger", [
    ["verdict", "clean", said === "" ? ledger.verdict : `${ledger.verdict}: ${said}`],
    ["accepted submissions looked up", expected.accepted, facts.accepted?.total ?? 0],
    ["of which missing", 0, facts.accepted?.missing.count ?? "not looked up"],
    ["voters", expected.eligible, law?.voters ?? "none"],
    ["participation", expected.counted, law?.participation ?? "none"],
    ["ballots oui", expected.oui, law?.ballots.oui ?? "none"],
    ["ballots non", expected.non, law?.ballots.non ?? "none"],
    ["tally oui", expected.oui, law?.tally.oui ?? "none"],
    ["tally non", expected.non, law?.tally.non ?? "none"],
    ["audit: counted", expected.counted, law?.audit.counted ?? "none"],
    ["audit: duplicate", expected.duplicate, law?.audit.duplicate ?? "none"],
    ["audit: invalid", expected.invalid, law?.audit.invalid ?? "none"],
    ["receipts: counted", expected.counted, law?.receipts.counted ?? "none"],
    ["receipts: duplicate", expected.duplicate, law?.receipts.duplicate ?? "none"],
    ["receipts: invalid", expected.invalid, law?.receipts.invalid ?? "none"],
  ]);
}

/** What a law with a form has, and a law without one has not. */
function ofForm(expected: DeckFigures, { form, shown, promised, log }: Found): Figure[] {
  return group("form", [
    ["form of the law", form ?? "none", shown.law.form ?? "none"],
    ["submissions with a right promise", form === null ? 0 : expected.accepted, promised],
    ["public log", form !== null, log !== undefined],
    ...(form === null
      ? []
      : ([
          ["log: checks that fail", "none", log?.failing.join(", ") || "none"],
          ["log: counted", expected.counted, log?.counted ?? "no log"],
          ["log: duplicate", expected.duplicate, log?.duplicate ?? "no log"],
          ["log: invalid", expected.invalid, log?.invalid ?? "no log"],
        ] as const)),
  ]);
}

/** The mark, wherever the law is named. */
function ofMark({ shown, listed, law, isListed, result, turnout, whileOpen }: Found): Figure[] {
  return group("mark of a rehearsal", [
    ["laws show", true, shown.law.rehearsal],
    ["laws list", true, listed?.rehearsal ?? false],
    ["the law, for voters", true, law.rehearsal ?? false],
    ["the list of laws, for voters", true, isListed],
    ["the result while it is open", true, whileOpen.rehearsal ?? false],
    ["the result", true, result.rehearsal ?? false],
    ["the turnout", true, turnout.rehearsal ?? false],
  ]);
}

function ofJournal({ journal: { isWhole, entries } }: Found): Figure[] {
  const done = (act: string) => entries.filter((entry) => entry.act === act && entry.phase === "done").length;
  return group("journal", [
    ["no entry is changed or missing", true, isWhole],
    ...Object.entries(ACTS_DONE).map(([act, times]) => [`${act}, done`, times, done(act)] as const),
  ]);
}

/** What is said of a submission of a rehearsal that has failed before. */
export const NOT_CAST = "not cast";

/** Submissions of one kind in one round, and what became of them. */
export interface Group {
  readonly round: Round;
  readonly kind: string;
  readonly expected: Expected;
  readonly submissions: number;
  /** How many became what the deck says. */
  readonly right: number;
}

/**
 * What became of the submissions that were cast, by round and kind of voter.
 *
 * @param casts the submissions of the deck
 * @param outcomes what became of each
 */
export function byKind(casts: readonly Cast[], outcomes: readonly string[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const [index, { round, kind, expected, choice, code = "" }] of casts.entries()) {
    if (outcomes[index] === NOT_CAST) continue;
    const name = [round, kind, expected, choice, code].join("|");
    const { submissions, right } = groups.get(name) ?? { submissions: 0, right: 0 };
    const isRight = outcomes[index] === expected;
    groups.set(name, { round, kind, expected, submissions: submissions + 1, right: right + (isRight ? 1 : 0) });
  }
  return [...groups.values()].toSorted((a, b) => order(a) - order(b));
}

function order({ round }: Group): number {
  return ROUNDS.indexOf(round);
}
