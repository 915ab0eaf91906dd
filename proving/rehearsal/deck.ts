/**
 * The deck of a rehearsal: who votes when, how, and what must become of it. It is known before the first vote, so every
 * figure that the stage shows afterwards can be compared. It has neither NAS nor codes.
 */

/**
 * The rounds of votes, in order: before the law opens; twice while it is open; after voters were added, struck off and
 * given other codes; after it has closed. Each begins when everything of the one before is decided.
 */
export const ROUNDS = ["early", "first", "again", "changed", "late"] as const;
export type Round = (typeof ROUNDS)[number];

/** What becomes of a submission: an answer that refuses it, or the status of its receipt and the reason. */
export type Expected =
  | "counted"
  | "duplicate: already_voted"
  | "invalid: not_on_roll"
  | "invalid: code_replaced"
  | "invalid: struck"
  | "refused: 400"
  | "refused: 409";

/** How a voter comes to the roll: loaded and sealed, or by a change while the law is open; or never. */
export type OnRoll = "loaded" | "struck" | "replaced" | "added" | "never";

interface CastRule {
  readonly round: Round;
  readonly choice: "oui" | "non";
  readonly expected: Expected;
  /** Which code the voter types: the first one, that of the change, or one that nobody has. Absent: the first. */
  readonly code?: "new" | "wrong";
  /** The NAS lacks a digit. */
  readonly isMistyped?: true;
  /** It is sent once more with the same Idempotency-Key, which is no further submission. */
  readonly isRepeated?: true;
}

interface Kind {
  readonly name: string;
  readonly roll: OnRoll;
  readonly casts: readonly CastRule[];
}

/** Kinds of voters of which a roll of twenty has one. */
const KINDS: readonly Kind[] = [
  {
    name: "votes too early, and again in time",
    roll: "loaded",
    casts: [
      { round: "early", choice: "oui", expected: "refused: 409" },
      { round: "first", choice: "oui", expected: "counted" },
    ],
  },
  {
    name: "votes twice",
    roll: "loaded",
    casts: [
      { round: "first", choice: "oui", expected: "counted" },
      { round: "again", choice: "oui", expected: "duplicate: already_voted" },
    ],
  },
  {
    name: "votes again with another answer",
    roll: "loaded",
    casts: [
      { round: "first", choice: "oui", expected: "counted" },
      { round: "again", choice: "non", expected: "duplicate: already_voted" },
    ],
  },
  {
    name: "sends the same submission twice",
    roll: "loaded",
    casts: [{ round: "first", choice: "non", expected: "counted", isRepeated: true }],
  },
  {
    name: "types a wrong code, and then the right one",
    roll: "loaded",
    casts: [
      { round: "first", choice: "oui", expected: "invalid: not_on_roll", code: "wrong" },
      { round: "again", choice: "oui", expected: "counted" },
    ],
  },
  {
    name: "types a NAS of eight digits",
    roll: "loaded",
    casts: [{ round: "first", choice: "oui", expected: "refused: 400", isMistyped: true }],
  },
  {
    name: "is struck off before voting",
    roll: "struck",
    casts: [{ round: "changed", choice: "oui", expected: "invalid: struck" }],
  },
  {
    name: "is struck off after voting",
    roll: "struck",
    casts: [{ round: "first", choice: "non", expected: "counted" }],
  },
  {
    name: "gets another code, and tries both",
    roll: "replaced",
    casts: [
      { round: "changed", choice: "oui", expected: "invalid: code_replaced" },
      { round: "changed", choice: "oui", expected: "counted", code: "new" },
    ],
  },
  {
    name: "votes after the roll has changed",
    roll: "loaded",
    casts: [{ round: "changed", choice: "non", expected: "counted" }],
  },
  { name: "votes too late", roll: "loaded", casts: [{ round: "late", choice: "oui", expected: "refused: 409" }] },
  { name: "does not vote", roll: "loaded", casts: [] },
  {
    name: "is on no roll",
    roll: "never",
    casts: [{ round: "first", choice: "oui", expected: "invalid: not_on_roll" }],
  },
  {
    name: "is added to the roll, and tries before and after that",
    roll: "added",
    casts: [
      { round: "first", choice: "oui", expected: "invalid: not_on_roll" },
      { round: "changed", choice: "oui", expected: "counted" },
    ],
  },
];

const PLAIN = { oui: "votes oui", non: "votes non" } as const;
/** Voters on the roll for each voter of a kind. */
const FOR_EACH = 20;
/** The smallest roll: one voter of each kind. */
export const FEWEST_VOTERS = FOR_EACH;
/** Enough for every figure: a load is what `npm run load` sends. */
export const MOST_VOTERS = 10_000;

/** A voter of the deck. */
interface DeckVoter {
  readonly kind: string;
  readonly roll: OnRoll;
}

/** A submission of the deck. */
export interface Cast extends CastRule {
  readonly kind: string;
  /** Which voter, by position. */
  readonly voter: number;
}

export interface Deck {
  readonly voters: readonly DeckVoter[];
  readonly casts: readonly Cast[];
}

/**
 * Makes a deck.
 *
 * @param voters how many voters are on the roll when it is sealed, at least twenty
 * @returns its voters, also those who are on no roll, and its submissions
 */
export function deckOf(voters: number): Deck {
  const each = Math.floor(voters / FOR_EACH);
  const isLoaded = (roll: OnRoll) => roll !== "added" && roll !== "never";
  const plain = voters - each * KINDS.filter(({ roll }) => isLoaded(roll)).length;
  const oui = Math.ceil((plain * 2) / 3);
  const kinds = [
    ...KINDS.flatMap((kind) => Array.from({ length: each }, () => kind)),
    ...Array.from({ length: oui }, () => plainKind("oui")),
    ...Array.from({ length: plain - oui }, () => plainKind("non")),
  ];
  return {
    voters: kinds.map(({ name, roll }) => ({ kind: name, roll })),
    casts: kinds.flatMap(({ name, casts }, voter) => casts.map((cast) => ({ ...cast, kind: name, voter }))),
  };
}

function plainKind(choice: "oui" | "non"): Kind {
  return { name: PLAIN[choice], roll: "loaded", casts: [{ round: "first", choice, expected: "counted" }] };
}

/** What the stage must show of a deck. */
export interface DeckFigures {
  /** Voters on the roll when it is sealed, and at the end. */
  readonly sealed: number;
  readonly eligible: number;
  readonly added: number;
  readonly struck: number;
  readonly replaced: number;
  readonly oui: number;
  readonly non: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly invalid: number;
  /** Submissions that were answered 202. */
  readonly accepted: number;
  /** Submissions that were sent twice with the same key. */
  readonly repeated: number;
  /** Submissions by what must become of them. */
  readonly outcomes: Readonly<Record<Expected, number>>;
}

/**
 * Computes what the stage must show.
 *
 * @param deck the deck
 */
export function figuresOf({ voters, casts }: Deck): DeckFigures {
  const votersWith = (roll: OnRoll) => voters.filter((voter) => voter.roll === roll).length;
  const outcome = (expected: Expected) => casts.filter((cast) => cast.expected === expected).length;
  const countedFor = (choice: Cast["choice"]) =>
    casts.filter((cast) => cast.expected === "counted" && cast.choice === choice).length;
  const outcomes = {
    counted: outcome("counted"),
    "duplicate: already_voted": outcome("duplicate: already_voted"),
    "invalid: not_on_roll": outcome("invalid: not_on_roll"),
    "invalid: code_replaced": outcome("invalid: code_replaced"),
    "invalid: struck": outcome("invalid: struck"),
    "refused: 400": outcome("refused: 400"),
    "refused: 409": outcome("refused: 409"),
  };
  const sealed = votersWith("loaded") + votersWith("struck") + votersWith("replaced");
  return {
    sealed,
    eligible: sealed + votersWith("added") - votersWith("struck"),
    added: votersWith("added"),
    struck: votersWith("struck"),
    replaced: votersWith("replaced"),
    oui: countedFor("oui"),
    non: countedFor("non"),
    counted: outcomes.counted,
    duplicate: outcomes["duplicate: already_voted"],
    invalid: outcomes["invalid: not_on_roll"] + outcomes["invalid: code_replaced"] + outcomes["invalid: struck"],
    accepted: casts.length - outcomes["refused: 400"] - outcomes["refused: 409"],
    repeated: casts.filter(({ isRepeated }) => isRepeated).length,
    outcomes,
  };
}
