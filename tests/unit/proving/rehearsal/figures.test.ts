import { describe, expect, test } from "vitest";
import { deckOf, figuresOf } from "../../../../proving/rehearsal/deck.ts";
import {
  byKind,
  compare,
  differing,
  type Figure,
  type Found,
  NOT_CAST,
} from "../../../../proving/rehearsal/figures.ts";
import { leftOutOf, rehearsedForm } from "../../../../proving/rehearsal/form.ts";
import { isRight, type RehearsalReport, rehearsalText } from "../../../../proving/rehearsal/report.ts";
import type { LawResult } from "../../../../shared/messages/responses.ts";

const ID = "rehearsal-L1-0a1b2c";
const deck = deckOf(40);
const figures = figuresOf(deck);
const { oui, non, counted, duplicate, invalid, eligible } = figures;
const NOW = "2026-11-29T12:00:00.000Z";
const DIGEST = "d".repeat(64);
const statuses = { counted, duplicate, invalid };

const result = (votes: number, state: LawResult["state"]): LawResult => ({
  ...{ law_id: ID, rehearsal: true, state, updated_at: NOW, spoiled_count: 0 },
  ...(votes === 0
    ? { oui_count: 0, non_count: 0, total_votes: 0 }
    : { oui_count: oui, non_count: non, total_votes: votes }),
});

const law: Found["shown"]["law"] = {
  ...{ law_id: ID, rehearsal: true, title: "A", title_fr: "A", title_en: "A", opens_at: NOW, closes_at: NOW },
  ...{ planned_opens_at: null, planned_closes_at: null, earlier_windows: [], utc_offset: null, state: "counted" },
  ...{ frozen: false, sealed_voters: figures.sealed, expected_voters: figures.sealed, results: "live" },
  ...{ form: null, origin: null, promise_keys: [], log_key: null, trustees: null, proof: "none", box_closed: false },
  destroyed_at: null,
  ...{ pepper_id: null, codes: "any", key_version: 1, version: 1 },
};

const DONE = [
  ...["add-law", "begin-load", "finish-load", "seal-roll", "open-law", "close-law", "count-law"],
  ...["prepare-roll-change", "prepare-roll-change", "prepare-roll-change", "change-roll", "change-roll", "change-roll"],
];

/** A stage on which everything is as the deck says. */
function right(): Found {
  return {
    lawId: ID,
    outcomes: deck.casts.map(({ expected }) => expected),
    sameReceipt: figures.repeated,
    marked: figures.accepted,
    ...{ promised: 0, form: null, log: undefined },
    whileOpen: result(counted, "voting"),
    shown: {
      law,
      roll: { voters: eligible, cached: eligible, digest: DIGEST, complete: true, unfinished: [] },
      ...{ windows: [], now: NOW, missing: [], hold: null, destruction: null, entries: [] },
      count: { ended_at: NOW, oui, non, spoiled: 0, ...statuses },
      box: null,
    },
    listed: { rehearsal: true, voters: eligible },
    law: {
      ...{ law_id: ID, rehearsal: true, title: { fr: "A", en: "A" }, opens_at: NOW, closes_at: NOW },
      ...{ state: "closed", codes: "any", results: "live", form: "open" },
    },
    isListed: true,
    result: result(counted, "published"),
    turnout: {
      law_id: ID,
      rehearsal: true,
      eligible,
      voted: counted,
      hours: [{ from: NOW, until: NOW, voted: counted }],
    },
    facts: {
      laws: [
        {
          ...{ lawId: ID, voters: eligible, invalidOnRoll: 0, participation: counted },
          ...{ ballots: { oui, non }, tally: { oui, non }, audit: statuses, receipts: statuses, deviations: {} },
          cache: { voters: eligible, sealed: true, complete: true, claimsMissing: 0 },
        },
      ],
      depths: { votes: 0, outcomes: 0, votesDeadLetters: 0, outcomesDeadLetters: 0 },
      accepted: { total: figures.accepted, missing: { count: 0, examples: [] } },
    },
    ledger: { verdict: "clean", findings: [], advice: [] },
    journal: {
      isWhole: true,
      entries: DONE.map((act, number) => ({
        ...{ number, at: NOW, act, phase: "done" as const, law_id: ID, operator: "anna", identity: "claimed" },
        ...{ release: "1", run: "0", content: "{}", previous: DIGEST, hash: DIGEST },
      })),
    },
    digest: DIGEST,
  };
}

const wrongIn = (found: Found) =>
  differing(compare(figures, deck.casts, found)).map(({ of, name }) => `${of}: ${name}`);

describe("the comparison", () => {
  test("finds nothing where everything is as the deck says", () => {
    expect(wrongIn(right())).toEqual([]);
    expect(compare(figures, deck.casts, right()).length).toBeGreaterThan(60);
  });

  test("names two receipts that were exchanged, although their sums are right", () => {
    const outcomes = [...right().outcomes];
    const [one, other] = [outcomes.indexOf("counted"), outcomes.indexOf("invalid: struck")];
    [outcomes[one], outcomes[other]] = ["invalid: struck", "counted"];
    expect(wrongIn({ ...right(), outcomes })).toEqual(["submissions: as the deck says, one by one"]);
  });

  test.each<readonly [string, Partial<Found>, readonly string[]]>([
    [
      "a vote too many is published",
      { result: { ...result(counted, "published"), oui_count: oui + 1 } },
      ["results: published: oui"],
    ],
    ["the result is not final", { result: result(counted, "counting") }, ["results: published: state"]],
    ["the turnout lacks a voter", { turnout: { ...right().turnout, voted: counted - 1 } }, ["results: turnout: voted"]],
    [
      "Redis lacks a voter",
      { shown: { ...right().shown, roll: { ...right().shown.roll, cached: 1 } } },
      ["roll: voters in Redis"],
    ],
    ["the roll is another one", { digest: "e".repeat(64) }, ["roll: digest"]],
    [
      "the answer has no mark",
      { turnout: { ...right().turnout, rehearsal: undefined } },
      ["mark of a rehearsal: the turnout"],
    ],
    ["a receipt has no mark", { marked: figures.accepted - 1 }, ["submissions: receipts with the mark"]],
    [
      "an accepted vote is lost",
      { facts: { ...right().facts, accepted: { total: figures.accepted, missing: { count: 1, examples: [] } } } },
      ["ledger: of which missing"],
    ],
    [
      "an act is not in the journal",
      { journal: { isWhole: true, entries: right().journal.entries.slice(1) } },
      ["journal: add-law, done"],
    ],
    [
      "the journal is not whole",
      { journal: { ...right().journal, isWhole: false } },
      ["journal: no entry is changed or missing"],
    ],
    [
      "nothing is listed",
      { listed: undefined, isListed: false },
      [
        "roll: voters on the list of laws",
        "mark of a rehearsal: laws list",
        "mark of a rehearsal: the list of laws, for voters",
      ],
    ],
    [
      "it is not counted",
      { shown: { ...right().shown, count: null } },
      ["oui", "non", "counted", "duplicate", "invalid"].map((name) => `results: counted with: ${name}`),
    ],
    [
      "more is public than was counted",
      { whileOpen: { ...result(counted, "voting"), total_votes: counted + 1 } },
      [`results: before the close: at most ${counted} votes`],
    ],
  ])("tells that %s", (_, change, names) => {
    expect(wrongIn({ ...right(), ...change })).toEqual(names);
  });

  test("a law whose results are public after the close shows none before", () => {
    const closed = { ...right().shown, law: { ...law, results: "after_close" as const } };
    expect(wrongIn({ ...right(), shown: closed })).toEqual(["results: before the close: at most 0 votes"]);
    expect(wrongIn({ ...right(), shown: closed, whileOpen: result(0, "voting") })).toEqual([]);
  });

  test("of a law with a form has its promises and its log; a log that lacks one, or is wrong, is told", () => {
    const shown = { ...right().shown, law: { ...law, form: "open" as const, log_key: "k" } };
    const log = { failing: [], counted, duplicate, invalid };
    const whole: Found = { ...right(), shown, form: "open", promised: figures.accepted, log };
    expect(wrongIn(whole)).toEqual([]);
    expect(wrongIn({ ...whole, promised: 0 })).toEqual(["form: submissions with a right promise"]);
    expect(wrongIn({ ...whole, log: { ...log, failing: ["2.04"], counted: counted - 1 } })).toEqual([
      "form: log: checks that fail",
      "form: log: counted",
    ]);
    expect(wrongIn({ ...whole, shown: right().shown })).toEqual(["form: form of the law"]);
  });

  test("says the verdict of the ledger in words, without the hash of a voter", () => {
    const findings = [{ invariant: 3 as const, message: "a tally, such as ab12", summary: "a tally" }];
    const found = compare(figures, deck.casts, { ...right(), ledger: { verdict: "broken", findings, advice: [] } });
    expect(differing(found)).toEqual([{ of: "ledger", name: "verdict", expected: "clean", found: "broken: a tally" }]);
  });
});

describe("the report", () => {
  const report = (more: Partial<RehearsalReport>): RehearsalReport => ({
    ...{ v: 1, lawId: "L1", rehearsalId: ID, stage: "local", release: "1.0.0", twoPeople: false, startedAt: NOW },
    ...{ form: null, leftOut: [] },
    ...{ seconds: 61.2, voters: 40, acts: [{ act: "seal", seconds: 2.5 }], unexpected: [], failed: null },
    submissions: byKind(deck.casts, right().outcomes),
    figures: compare(figures, deck.casts, right()),
    ...more,
  });
  const wrong: Figure = { of: "ledger", name: "tally oui", expected: 3, found: 4 };

  test("is right only if it came to its end with every figure right", () => {
    expect(isRight(report({}))).toBe(true);
    expect(isRight(report({ figures: [wrong] }))).toBe(false);
    expect(isRight(report({ figures: [] }))).toBe(false);
    expect(isRight(report({ failed: "it was refused" }))).toBe(false);
  });

  test("names what differs, and how long each act took", () => {
    expect(rehearsalText(report({}))).toMatch(/All \d+ figures are what they must be\.\n.*seal +2\.5/s);
    const unexpected = [
      { round: "late", kind: "votes too late", expected: "refused: 409", found: "counted", requestId: "AQ" },
    ];
    expect(rehearsalText(report({ figures: [wrong], unexpected }))).toMatch(
      /1 of 1 figures are NOT .*ledger, tally oui: expected 3, found 4\n {2}round late, who votes too late: expected refused: 409, found counted, receipt AQ/s,
    );
    expect(rehearsalText(report({ figures: [], failed: "no second person" }))).toMatch(
      /did NOT come to its end.*no second person\n.*laws -- show rehearsal-L1-0a1b2c/,
    );
  });

  test("says what of a law with a form is not rehearsed", () => {
    expect(rehearsalText(report({}))).not.toContain("NOT rehearsed");
    const sealed = rehearsalText(report({ form: "sealed", leftOut: leftOutOf("sealed") }));
    expect(sealed).toMatch(/NOT rehearsed: sealed ballots: .*trustees.*\nNOT rehearsed: its certificate/);
    expect(leftOutOf("open")).toHaveLength(1);
    expect([rehearsedForm(null), rehearsedForm("open"), rehearsedForm("sealed")]).toEqual([null, "open", "open"]);
  });

  test("leaves out what was not cast", () => {
    const outcomes = deck.casts.map(({ round, expected }) => (round === "early" ? expected : NOT_CAST));
    expect(byKind(deck.casts, outcomes)).toEqual([
      {
        round: "early",
        kind: "votes too early, and again in time",
        expected: "refused: 409",
        submissions: 2,
        right: 2,
      },
    ]);
  });
});
