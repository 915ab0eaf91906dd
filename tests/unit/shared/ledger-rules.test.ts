import { describe, expect, test } from "vitest";
import { factsOfRows, type LedgerRows } from "../../../proving/simulation/models/ledger-rows.ts";
import { checkLedger, type LedgerFacts } from "../../../shared/domain/ledger.ts";
import type { DeviationName } from "../../../shared/domain/ledger-rules.ts";

const EMPTY = { votes: 0, outcomes: 0, votesDeadLetters: 0, outcomesDeadLetters: 0 };
const LAW = "L1";
const of = <T extends object>(row: T) => ({ lawId: LAW, ...row });

const voted = (name: string, requestId: string) => of({ voterHash: name, personHash: `person of ${name}`, requestId });

/** Anna voted twice, Bruno once, Carla not at all; a stranger tried. */
const PERFECT: LedgerRows = {
  roll: ["anna", "bruno", "carla"].map((name) => of({ voterHash: name, personHash: `person of ${name}` })),
  participation: [voted("anna", "a1"), voted("bruno", "b1")],
  ballots: [of({ choice: "oui" as const }), of({ choice: "non" as const })],
  tallies: [of({ oui: 1, non: 1 })],
  audit: [
    of({ requestId: "a1", voterHash: "anna", status: "counted" as const }),
    of({ requestId: "a2", voterHash: "anna", status: "duplicate" as const }),
    of({ requestId: "b1", voterHash: "bruno", status: "counted" as const }),
    of({ requestId: "x1", voterHash: "stranger", status: "invalid" as const }),
  ],
  attempts: [of({ voterHash: "anna", count: 2 })],
  receipts: [
    of({ requestId: "a1", status: "counted" as const }),
    of({ requestId: "a2", status: "duplicate" as const }),
    of({ requestId: "b1", status: "invalid" as const }),
    of({ requestId: "b1", status: "counted" as const }),
    of({ requestId: "x1", status: "invalid" as const }),
  ],
  cached: ["anna", "bruno", "carla"].map((name) => of({ voterHash: name, claimed: name !== "carla" })),
  sealed: [LAW],
  complete: [LAW],
  depths: EMPTY,
  accepted: ["a1", "a2", "b1", "x1"],
};

function judge(change: Partial<LedgerRows>) {
  return checkLedger(factsOfRows({ ...PERFECT, ...change }));
}

const without = <T extends { requestId?: string }>(rows: readonly T[], requestId: string) =>
  rows.filter((row) => row.requestId !== requestId);

test("a perfect ledger is clean", () => {
  expect(judge({})).toEqual({ verdict: "clean", findings: [], advice: [] });
});

const AUDITED = PERFECT.audit.map((row, index) => ({ ...row, acceptedAt: `2026-11-23T12:00:0${index}.000Z` }));
const window = (opensAt: string, closesAt?: string) =>
  of({ opensAt: `2026-11-23T${opensAt}Z`, ...(closesAt === undefined ? {} : { closesAt: `2026-11-23T${closesAt}Z` }) });

test("votes that were accepted in any window of their law are in time", () => {
  const windows = [
    window("12:00:00.000", "12:00:01.001"),
    window("12:00:02.000", "12:00:02.500"),
    window("12:00:03.000"),
  ];
  expect(judge({ audit: AUDITED, windows })).toMatchObject({ verdict: "clean" });
});

const ONE_CHANGE: [string, number, RegExp, Partial<LedgerRows>][] = [
  [
    "a vote before the law opened",
    4,
    /1 submissions were accepted outside the windows of their law: a1/,
    { audit: AUDITED, windows: [window("12:00:00.001")] },
  ],
  [
    "votes at the closing and between two windows",
    4,
    /2 submissions were accepted outside the windows of their law: a2, b1/,
    { audit: AUDITED, windows: [window("12:00:00.000", "12:00:01.000"), window("12:00:03.000")] },
  ],
  [
    "a vote that is recorded without its promise",
    4,
    /1 submissions to a law with a form are recorded without a promise of ingest: b1/,
    { audit: PERFECT.audit.map((row) => ({ ...row, isPromised: row.requestId !== "b1" })) },
  ],
  [
    "an accepted vote that nobody knows",
    1,
    /1 of 5 accepted submissions .*: lost/,
    { accepted: [...(PERFECT.accepted ?? []), "lost"] },
  ],
  ["a ballot too many", 3, /2 participations but 3 ballots/, { ballots: [...PERFECT.ballots, of({ choice: "oui" })] }],
  ["a tally that is wrong", 3, /1 ballots oui but a tally of 2/, { tallies: [of({ oui: 2, non: 1 })] }],
  [
    "a lost participation",
    3,
    /1 participations but 2 ballots/,
    { participation: without(PERFECT.participation, "b1") },
  ],
  [
    "a participation under another submission",
    3,
    /1 submissions are audited as counted, but.*: a1/,
    {
      participation: [voted("anna", "a2"), voted("bruno", "b1")],
    },
  ],
  [
    "a voter counted twice",
    2,
    /1 voters are counted more than once: anna/,
    {
      audit: PERFECT.audit.map((row) => (row.requestId === "a2" ? { ...row, status: "counted" } : row)),
    },
  ],
  [
    "a person under two codes",
    2,
    /1 persons are counted under two codes/,
    {
      roll: PERFECT.roll.map((row) => ({ ...row, personHash: "the same person" })),
      participation: PERFECT.participation.map((row) => ({ ...row, personHash: "the same person" })),
    },
  ],
  [
    "a counted stranger",
    4,
    /1 votes of voters who are not on the roll are counted: b1/,
    {
      roll: PERFECT.roll.filter((row) => row.voterHash !== "bruno"),
    },
  ],
  [
    "a participation under another person",
    4,
    /1 votes of voters who are not on the roll are counted: b1/,
    { participation: [voted("anna", "a1"), { ...voted("bruno", "b1"), personHash: "somebody else" }] },
  ],
  [
    "a vote that is counted although its voter was struck off before it",
    4,
    /1 votes are counted whose voters were not on the roll yet, or not any more, .*: b1/,
    {
      audit: AUDITED,
      roll: PERFECT.roll.map((row) =>
        row.voterHash === "bruno" ? { ...row, endsAt: "2026-11-23T12:00:02.000Z", endedAs: "struck" } : row,
      ),
    },
  ],
  [
    "an invalid vote of a voter who was on the roll then",
    8,
    /1 votes are invalid although their voters were on the sealed roll when they were accepted: x1/,
    { audit: AUDITED, roll: [...PERFECT.roll, of({ voterHash: "stranger", personHash: "person of a stranger" })] },
  ],
  ["attempts that were not counted", 5, /1 voters have another attempt count/, { attempts: [] }],
  [
    "attempts counted per delivery",
    5,
    /another attempt count.*: anna/,
    { attempts: [of({ voterHash: "anna", count: 3 })] },
  ],
  [
    "attempts of a voter who made none",
    5,
    /another attempt count/,
    {
      attempts: [...PERFECT.attempts, of({ voterHash: "bruno", count: 2 })],
    },
  ],
  [
    "a receipt that was not written",
    5,
    /1 audited submissions have no receipt of their status: x1/,
    {
      receipts: without(PERFECT.receipts, "x1"),
    },
  ],
  [
    "a receipt that says too much",
    1,
    /1 receipts say more than the audit: x1/,
    {
      receipts: [...PERFECT.receipts, of({ requestId: "x1", status: "counted" })],
    },
  ],
  [
    "a receipt of nothing",
    1,
    /1 receipts are of submissions that the audit does not know: n1/,
    {
      receipts: [...PERFECT.receipts, of({ requestId: "n1", status: "invalid" })],
    },
  ],
  [
    "a duplicate of nothing",
    6,
    /1 submissions are duplicates of nothing.*: c1/,
    {
      audit: [...PERFECT.audit, of({ requestId: "c1", voterHash: "carla", status: "duplicate" })],
      receipts: [...PERFECT.receipts, of({ requestId: "c1", status: "duplicate" })],
    },
  ],
  [
    "a claim whose vote was lost",
    6,
    /1 voters are claimed in Redis and not counted.*: carla/,
    {
      cached: PERFECT.cached.map((row) => ({ ...row, claimed: true })),
    },
  ],
];

test.each(ONE_CHANGE)("%s breaks invariant %i", (_, invariant, message, change) => {
  const report = judge(change);
  expect(report.verdict).toBe("broken");
  const finding = report.findings.find((one) => one.invariant === invariant && message.test(one.message));
  expect(finding, JSON.stringify(report.findings)).toBeDefined();
});

describe("what cannot be judged yet", () => {
  test("votes in a queue mean no verdict about receipts and accepted votes", () => {
    const report = judge({ depths: { ...EMPTY, outcomes: 1 }, receipts: [], accepted: ["on its way"] });
    expect(report).toMatchObject({ verdict: "pending", findings: [] });
    expect(report.advice.join()).toMatch(/1 outcomes are still in the queues/);
  });

  test("rules that always hold are judged even then", () => {
    expect(judge({ depths: { ...EMPTY, votes: 5 }, ballots: [] }).verdict).toBe("broken");
  });

  test("dead letters may be the votes that a claim or a duplicate waits for", () => {
    const cached = PERFECT.cached.map((row) => ({ ...row, claimed: true }));
    const report = judge({
      depths: { ...EMPTY, outcomesDeadLetters: 1 },
      cached,
      accepted: ["c1"],
      deadLetters: ["c1"],
    });
    expect(report).toMatchObject({ verdict: "clean" });
    expect(report.advice.join()).toMatch(/redrive/);
  });
});

describe("a Redis that lost something", () => {
  test.each<[string, Partial<LedgerRows>, RegExp]>([
    ["everything", { cached: [], complete: [] }, /is not complete, so its votes wait and lacks the claims of 2/],
    ["a voter", { cached: PERFECT.cached.slice(0, 2) }, /has 2 voters where PostgreSQL has 3/],
    [
      "a claim",
      { cached: PERFECT.cached.map((row) => ({ ...row, claimed: row.voterHash === "anna" })) },
      /lacks the claims of 1/,
    ],
  ])("%s: no finding, but a rebuild is advised", (_, change, advice) => {
    const report = judge(change);
    expect(report).toMatchObject({ verdict: "clean", findings: [] });
    expect(report.advice.join()).toMatch(advice);
    expect(report.advice.join()).toMatch(/rebuild-roll is advised/);
  });
});

test("a roll that is not sealed: no finding, but a seal is advised", () => {
  const report = judge({ cached: [], sealed: [], complete: [] });
  expect(report).toMatchObject({ verdict: "clean", findings: [] });
  expect(report.advice).toEqual([`the roll of ${LAW} is not sealed, so no vote on it is decided: seal it`]);
});

test("examples are few, the number is exact", () => {
  const many: LedgerFacts = factsOfRows({
    ...PERFECT,
    accepted: Array.from({ length: 100 }, (_, index) => `lost ${index}`),
  });
  expect(many.accepted?.missing).toMatchObject({ count: 100 });
  expect(many.accepted?.missing.examples).toHaveLength(5);
  expect(checkLedger(many).findings[0]?.message).toMatch(/^100 of 100 .*, …$/);
});

test("a test above covers every kind of deviation", () => {
  const seen = new Set<string>();
  for (const [, , , change] of ONE_CHANGE) {
    for (const law of factsOfRows({ ...PERFECT, ...change }).laws) {
      for (const [name, deviation] of Object.entries(law.deviations)) if (deviation.count > 0) seen.add(name);
    }
  }
  const all: DeviationName[] = [
    "voterCountedTwice",
    "personCountedTwice",
    "countedWithoutParticipation",
    "participationWithoutAudit",
    "participationNotOnRoll",
    "countedOffRoll",
    "invalidWhileOnRoll",
    "acceptedOutsideWindow",
    "recordedWithoutPromise",
    "attemptsWrong",
    "receiptMissing",
    "receiptTooHigh",
    "receiptUnknown",
    "duplicateWithoutParticipation",
    "claimUnknown",
  ];
  expect([...seen].sort()).toEqual(all.sort());
});

test("votes under an old and a new code of a person, a struck voter, and one who came later are in order", () => {
  const at = (second: number) => `2026-11-23T12:00:0${second}.000Z`;
  const report = judge({
    roll: [
      ...PERFECT.roll.filter((row) => row.voterHash !== "anna"),
      of({ voterHash: "anna", personHash: "person of anna", endsAt: at(3), endedAs: "replaced" as const }),
      of({ voterHash: "anna's new code", personHash: "person of anna", beginsAt: at(3) }),
      of({ voterHash: "stranger", personHash: "person of a stranger", beginsAt: at(4) }),
    ],
    cached: [
      ...PERFECT.cached,
      ...["anna's new code", "stranger"].map((name) => of({ voterHash: name, claimed: true })),
    ],
    audit: [...AUDITED, of({ requestId: "a3", voterHash: "anna's new code", status: "duplicate", acceptedAt: at(4) })],
    receipts: [...PERFECT.receipts, of({ requestId: "a3", status: "duplicate" as const })],
  });
  expect(report.findings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/1 voters are claimed in Redis and not counted.*: stranger/),
  ]);
});

test("a vote that is invalid although its voter is on the roll now is reported, with what to do", () => {
  const none = { invalid: 0, duplicate: 0, counted: 0 };
  const law = {
    lawId: "L1",
    invalidOnRoll: 0,
    voters: 1,
    participation: 0,
    ballots: { oui: 0, non: 0 },
    tally: { oui: 0, non: 0 },
    audit: { ...none, invalid: 1 },
    receipts: { ...none, invalid: 1 },
    deviations: {},
    cache: { voters: 1, sealed: true, complete: true, claimsMissing: 0 },
  };
  const depths = { votes: 0, outcomes: 0, votesDeadLetters: 0, outcomesDeadLetters: 0 };
  expect(checkLedger({ laws: [law], depths }).advice).toEqual([]);
  const report = checkLedger({ laws: [{ ...law, invalidOnRoll: 1 }], depths });
  expect(report.verdict).toBe("clean");
  expect(report.advice).toEqual([expect.stringMatching(/^1 votes of L1 are invalid although .* may vote again/)]);
});
