import { describe, expect, test } from "vitest";
import { type Counting, countStep } from "../../../operations/count/count-steps.ts";
import { missingToCount, refuseToCount } from "../../../operations/count/missing.ts";
import type { BoxPorts, CountPorts, LawCount } from "../../../operations/count/ports.ts";
import type { KnownLaw } from "../../../operations/law-book/law-book.ts";
import type { BoxFacts } from "../../../shared/domain/law-life.ts";
import type { LawFacts, LedgerFacts, QueueDepths } from "../../../shared/domain/ledger.ts";

const CLOSED = Date.parse("2026-03-01T20:00:00.000Z");
const LAW: KnownLaw = {
  lawId: "L1",
  title: "A law",
  opensAt: "2026-03-01T08:00:00.000Z",
  closesAt: new Date(CLOSED).toISOString(),
  reached: "ready",
  keyVersion: 1,
  version: 4,
};
const EMPTY: QueueDepths = { votes: 0, outcomes: 0, votesDeadLetters: 0, outcomesDeadLetters: 0 };
const FACTS: LawFacts = {
  lawId: "L1",
  voters: 5,
  invalidOnRoll: 0,
  participation: 3,
  ballots: { oui: 2, non: 1 },
  tally: { oui: 2, non: 1 },
  audit: { counted: 3, duplicate: 1, invalid: 1 },
  receipts: { counted: 3, duplicate: 1, invalid: 1 },
  deviations: {},
  cache: { voters: 5, sealed: true, complete: true, claimsMissing: 0 },
};
const COUNT: LawCount = { oui: 2, non: 1, counted: 3, duplicate: 1, invalid: 1 };

/** A stage on which everything is ready, but for what a test changes. Queues must be empty for two minutes. */
class Stage implements CountPorts<number> {
  readonly quietSeconds = 120;
  nowMs = CLOSED + 300_000;
  known: KnownLaw = LAW;
  queues: QueueDepths = EMPTY;
  dead = { ofLaw: 0, unreadable: 0, others: 0, complete: true };
  facts: LedgerFacts = { laws: [FACTS], depths: EMPTY };
  noted: LawCount | undefined;
  /** Ballots of the opened box, and how many of them are added. */
  ballots = { added: 0, total: 0 };
  boxFacts: BoxFacts | undefined;
  accounted = true;
  /** Steps that the check of the ledger takes. */
  ledgerSteps = 1;
  /** Turns until the step ends. */
  turns = Number.POSITIVE_INFINITY;
  onPause: () => void = () => undefined;
  beforeEnd: () => void = () => undefined;

  law = async () => this.known;
  now = async () => new Date(this.nowMs);
  visibilitySeconds = async () => 180;
  depths = async () => this.queues;
  deadLetters = async () => this.dead;
  counted = async () =>
    this.noted === undefined ? undefined : { spoiled: 0, ...this.noted, endedAt: new Date(this.nowMs) };
  isOver = () => this.turns-- <= 0;

  ledger = async (done = 0) => (done + 1 < this.ledgerSteps ? { state: done + 1 } : { facts: this.facts });
  box: BoxPorts = {
    close: async (version, { counted }) => {
      this.beforeEnd();
      if (version !== this.known.version) return false;
      this.boxFacts = { envelopes: counted, broughtBy: [], agree: false };
      this.known = { ...this.known, boxClosed: true, version: version + 1 };
      return true;
    },
    facts: async () => this.boxFacts,
    addBallots: async () => {
      const { added, total } = this.ballots;
      this.ballots = { added: Math.min(added + 2, total), total };
      return this.ballots;
    },
    count: async (version) => {
      this.beforeEnd();
      if (!this.accounted || version !== this.known.version || this.boxFacts?.agree !== true) return false;
      this.noted = COUNT;
      this.known = { ...this.known, reached: "counted", version: version + 1 };
      return true;
    },
  };
  pause = async () => {
    this.nowMs += 5_000;
    this.onPause();
  };
  endRecording = async ({ version }: KnownLaw, count: LawCount) => {
    this.beforeEnd();
    if (version !== this.known.version) return false;
    this.noted = count;
    this.known = { ...this.known, reached: "counted", version: version + 1 };
    return true;
  };
}

/** Takes steps of a few turns each until the law is counted. */
async function count(stage: Stage, turns = Number.POSITIVE_INFINITY): Promise<Counting<number>> {
  let counting: Counting<number> | undefined;
  for (let steps = 0; counting?.phase !== "done"; steps++) {
    if (steps > 500) throw new Error("it does not come to an end");
    stage.turns = turns;
    counting = await countStep(stage, counting);
  }
  return counting;
}

const refusalOf = (stage: Stage) =>
  count(stage).then(
    () => "nothing",
    (error: Error) => error.message,
  );

describe("a law is counted", () => {
  test.each([1, 2, 7, Number.POSITIVE_INFINITY])(
    "in steps of %d turns, after two minutes of empty queues",
    async (turns) => {
      const stage = new Stage();
      stage.ledgerSteps = 4;
      const began = stage.nowMs;
      expect(await count(stage, turns)).toMatchObject({ phase: "done", count: COUNT, law: { reached: "counted" } });
      expect(stage.nowMs - began).toBeGreaterThanOrEqual(120_000);
    },
  );

  test("without a vote", async () => {
    const stage = new Stage();
    stage.facts = { laws: [], depths: EMPTY };
    expect(await count(stage)).toMatchObject({ count: { oui: 0, non: 0, counted: 0 } });
  });

  test("once: again changes nothing and says the same", async () => {
    const stage = new Stage();
    const first = await count(stage);
    stage.beforeEnd = () => expect.fail("its recording was ended twice");
    await refuseToCount(stage);
    expect(await count(stage)).toEqual(first);
  });

  test("by two people at once, who get the same answer", async () => {
    const stage = new Stage();
    expect(await Promise.all([count(stage, 3), count(stage, 3)])).toMatchObject([{ count: COUNT }, { count: COUNT }]);
  });

  test("although a dead letter is of another law", async () => {
    const stage = new Stage();
    stage.queues = { ...EMPTY, outcomesDeadLetters: 1 };
    stage.dead = { ofLaw: 0, unreadable: 0, others: 1, complete: true };
    expect(await count(stage)).toMatchObject({ count: COUNT });
  });

  test("when nobody has looked for long at queues that looked empty before, after two more minutes", async () => {
    const stage = new Stage();
    stage.turns = 10;
    const counting = await countStep(stage, undefined);
    stage.nowMs += 3_600_000;
    const returned = stage.nowMs;
    stage.turns = Number.POSITIVE_INFINITY;
    await countStep(stage, counting);
    expect(stage.nowMs - returned).toBeGreaterThanOrEqual(120_000);
  });
});

/** A sealed law: its ballots are in a box that nobody has opened. */
function sealedStage(): Stage {
  const stage = new Stage();
  stage.known = { ...LAW, form: "sealed", origin: "stage/L1/1" };
  const none = { oui: 0, non: 0 };
  stage.facts = { laws: [{ ...FACTS, ballots: none, tally: none, box: { envelopes: 3, spoiled: 0 } }], depths: EMPTY };
  return stage;
}

describe("a sealed law", () => {
  test("has its box closed first, in the same steps, and only once", async () => {
    const stage = sealedStage();
    const began = stage.nowMs;
    const closed = await countStep(stage, undefined);
    expect(closed).toMatchObject({ phase: "closed", box: { envelopes: 3 }, law: { boxClosed: true } });
    expect(stage.nowMs - began).toBeGreaterThanOrEqual(120_000);
    stage.beforeEnd = () => expect.fail("its box was closed twice");
    await expect(countStep(stage, undefined)).rejects.toThrow(/closed with 3 envelopes and not opened/);
  });

  test("of which a late step finds the box closed says so", async () => {
    const stage = sealedStage();
    const late: Counting<number> = { phase: "end", version: 4, count: COUNT };
    await countStep(stage, late);
    expect(await countStep(stage, late)).toMatchObject({ phase: "closed" });
    expect(await countStep(stage, { phase: "ledger", ledger: undefined })).toMatchObject({ phase: "closed" });
  });

  test.each([
    [["anna"], false, /anna has brought one opening of its box; another one that is equal is missing/],
    [["anna", "bruno"], false, /The two openings of its box differ/],
  ] as const)("is not counted with the openings of %j", async (broughtBy, agree, says) => {
    const stage = sealedStage();
    await countStep(stage, undefined);
    stage.boxFacts = { envelopes: 3, broughtBy, agree };
    expect(await refusalOf(stage)).toMatch(says);
  });

  test.each([1, 2, Number.POSITIVE_INFINITY])(
    "is counted by two equal openings, in steps of %d turns",
    async (turns) => {
      const stage = sealedStage();
      await countStep(stage, undefined);
      stage.boxFacts = { envelopes: 3, broughtBy: ["anna", "bruno"], agree: true };
      stage.ballots = { added: 0, total: 7 };
      // Votes of other laws do not matter any more.
      stage.queues = { ...EMPTY, votes: 5 };
      expect(await count(stage, turns)).toMatchObject({ phase: "done", law: { reached: "counted" } });
      expect(stage.ballots).toEqual({ added: 7, total: 7 });
      expect(await count(stage)).toMatchObject({ phase: "done", count: COUNT });
    },
  );

  test("whose envelopes are not accounted for is not counted", async () => {
    const stage = sealedStage();
    await countStep(stage, undefined);
    stage.boxFacts = { envelopes: 3, broughtBy: ["anna", "bruno"], agree: true };
    stage.accounted = false;
    expect(await refusalOf(stage)).toMatch(/closed with 3 envelopes.*do not account for them.*changed the database/);
    stage.boxFacts = undefined;
    expect(await refusalOf(stage)).toMatch(/PostgreSQL does not know with what: it was restored/);
  });
});

describe("a law is not counted, and nothing changes,", () => {
  const cases: readonly (readonly [string, (stage: Stage) => void, RegExp])[] = [
    [
      "before it has closed",
      (s) => {
        s.known = { ...LAW, closesAt: undefined };
      },
      /L1 has not closed: it closes when somebody/,
    ],
    [
      "as a draft",
      (s) => {
        s.known = { ...LAW, reached: "draft" };
      },
      /L1 is a draft/,
    ],
    [
      "before every message of the last moment is visible again",
      (s) => {
        s.nowMs = CLOSED + 299_999;
      },
      /closed at 2026-03-01T20:00:00.000Z, and is counted 300 seconds after that at the soonest, at 2026-03-01T20:05/,
    ],
    [
      "while votes are in the queues",
      (s) => {
        s.queues = { ...EMPTY, outcomes: 2 };
      },
      /0 votes and 2 outcomes are in/,
    ],
    [
      "when a vote comes into the queues while it waits",
      (s) => {
        s.onPause = () => {
          s.queues = { ...EMPTY, votes: 1 };
        };
      },
      /1 votes and 0 outcomes/,
    ],
    [
      "while votes of it are dead letters",
      (s) => {
        s.queues = { ...EMPTY, votesDeadLetters: 3 };
        s.dead = { ofLaw: 3, unreadable: 0, others: 0, complete: true };
      },
      /3 dead letters are votes of it: npm run ops -- redrive .* settle L1/,
    ],
    [
      "while nothing can read a dead letter",
      (s) => {
        s.queues = { ...EMPTY, votesDeadLetters: 1 };
        s.dead = { ofLaw: 0, unreadable: 1, others: 0, complete: true };
      },
      /Nothing can read 1 dead letters.*set-aside/,
    ],
    [
      "while somebody else works on the dead letters",
      (s) => {
        s.queues = { ...EMPTY, outcomesDeadLetters: 2 };
      },
      /2 dead letters are hidden/,
    ],
    [
      "while there are more dead letters than can be looked at",
      (s) => {
        s.queues = { ...EMPTY, votesDeadLetters: 9 };
        s.dead = { ofLaw: 0, unreadable: 0, others: 4, complete: false };
      },
      /more dead letters than could be looked at/,
    ],
    [
      "while the ledger is not clean",
      (s) => {
        s.facts = { laws: [{ ...FACTS, participation: 2 }], depths: EMPTY };
      },
      /ledger is not clean .*--law L1\): 2 participations but 3 ballots\./,
    ],
    [
      "while votes are under way beside the check of the ledger",
      (s) => {
        s.facts = { laws: [FACTS], depths: EMPTY, meanwhile: "recorded" };
      },
      /ledger is not clean .* votes are under way/,
    ],
    [
      "when somebody changed it meanwhile",
      (s) => {
        s.beforeEnd = () => {
          s.known = { ...LAW, version: 5 };
        };
      },
      /a vote was recorded or somebody changed the law/,
    ],
    [
      "when it is counted and nothing says with what",
      (s) => {
        s.known = { ...LAW, reached: "counted" };
      },
      /restored to a time/,
    ],
  ];

  test.each(cases)("%s", async (_, change, message) => {
    const stage = new Stage();
    change(stage);
    expect(await refusalOf(stage)).toMatch(message);
    expect(stage.noted).toBeUndefined();
  });

  test("and everything that is missing is said at once", async () => {
    const stage = new Stage();
    stage.nowMs = CLOSED;
    stage.queues = { votes: 1, outcomes: 0, votesDeadLetters: 1, outcomesDeadLetters: 0 };
    stage.dead = { ofLaw: 1, unreadable: 0, others: 0, complete: true };
    const said = await refusalOf(stage);
    for (const part of ["300 seconds after that", "1 votes and 0 outcomes", "1 dead letters are votes of it"]) {
      expect(said).toContain(part);
    }
  });

  test("and laws show says what can be seen of it", async () => {
    const stage = new Stage();
    expect(await missingToCount(stage, LAW)).toEqual([]);
    stage.nowMs = CLOSED;
    stage.queues = { votes: 0, outcomes: 2, votesDeadLetters: 1, outcomesDeadLetters: 2 };
    expect((await missingToCount(stage, LAW)).join("\n")).toMatch(
      /at the soonest.*\n0 votes and 2.*\n3 dead letters may/,
    );
  });

  test("and the refusal, which the journal keeps, names no voter", async () => {
    const stage = new Stage();
    const deviations = { voterCountedTwice: { count: 1, examples: ["ab".repeat(32)] } };
    stage.facts = { laws: [{ ...FACTS, deviations }], depths: EMPTY };
    const said = await refusalOf(stage);
    expect(said).toContain("1 voters are counted more than once");
    expect(said).not.toContain("abab");
  });
});
