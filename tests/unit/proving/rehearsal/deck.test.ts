import { describe, expect, test } from "vitest";
import { type Cast, type Deck, deckOf, FEWEST_VOTERS, figuresOf, ROUNDS } from "../../../../proving/rehearsal/deck.ts";

/** The rules of a vote once more, written down without the deck's own words for what must become of a submission. */
class Model {
  readonly #deck: Deck;
  readonly #voted = new Set<number>();

  constructor(deck: Deck) {
    this.#deck = deck;
  }

  cast({ voter, round, code, isMistyped }: Cast): string {
    if (isMistyped) return "refused: 400";
    if (round === "early" || round === "late") return "refused: 409";
    const isChanged = round === "changed";
    const roll = this.#deck.voters[voter]?.roll;
    if (code === "wrong" || roll === "never") return "invalid: not_on_roll";
    if (roll === "added" && !isChanged) return "invalid: not_on_roll";
    if (roll === "struck" && isChanged) return "invalid: struck";
    if (roll === "replaced" && isChanged && code !== "new") return "invalid: code_replaced";
    if (this.#voted.has(voter)) return "duplicate: already_voted";
    this.#voted.add(voter);
    return "counted";
  }
}

describe.each([FEWEST_VOTERS, 21, 39, 100, 1_000])("the deck of a roll of %i voters", (voters) => {
  const deck = deckOf(voters);
  const figures = figuresOf(deck);

  test("expects of each submission what the rules of a vote make of it", () => {
    const model = new Model(deck);
    const inOrder = ROUNDS.flatMap((round) => deck.casts.filter((cast) => cast.round === round));
    expect(inOrder.map((cast) => model.cast(cast))).toEqual(inOrder.map(({ expected }) => expected));
  });

  test("has every kind of answer, both choices, and every way on and off the roll", () => {
    expect(Object.entries(figures.outcomes).filter(([, count]) => count === 0)).toEqual([]);
    expect([figures.added, figures.struck, figures.replaced, figures.repeated].every((count) => count > 0)).toBe(true);
    expect(figures.oui).not.toBe(figures.non);
    expect(Math.min(figures.oui, figures.non)).toBeGreaterThan(0);
  });

  test("has figures that go together", () => {
    expect(figures.sealed).toBe(voters);
    expect(figures.eligible).toBe(figures.sealed + figures.added - figures.struck);
    expect(figures.oui + figures.non).toBe(figures.counted);
    expect(figures.counted + figures.duplicate + figures.invalid).toBe(figures.accepted);
    expect(figures.counted).toBeLessThan(figures.eligible);
    expect(Object.values(figures.outcomes).reduce((sum, count) => sum + count, 0)).toBe(deck.casts.length);
  });

  test("gives the codes of voters who have not voted to others, as the stage demands", () => {
    const votedBefore = new Set(
      deck.casts
        .filter(({ round, expected }) => round !== "changed" && expected === "counted")
        .map(({ voter }) => voter),
    );
    expect(deck.voters.filter(({ roll }, voter) => roll === "replaced" && votedBefore.has(voter))).toEqual([]);
  });
});

test("the figures of the smallest deck, by hand", () => {
  expect(figuresOf(deckOf(20))).toEqual({
    sealed: 20,
    eligible: 19,
    added: 1,
    struck: 2,
    replaced: 1,
    oui: 12,
    non: 5,
    counted: 17,
    duplicate: 2,
    invalid: 5,
    accepted: 24,
    repeated: 1,
    outcomes: {
      counted: 17,
      "duplicate: already_voted": 2,
      "invalid: not_on_roll": 3,
      "invalid: code_replaced": 1,
      "invalid: struck": 1,
      "refused: 400": 1,
      "refused: 409": 2,
    },
  });
});
