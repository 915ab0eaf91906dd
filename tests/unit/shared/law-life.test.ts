import { describe, expect, test } from "vitest";
import {
  forbidden,
  LIFE_ACTS,
  LIFE_STATES,
  type LifeAct,
  type LifeFacts,
  type LifeState,
  lifeState,
  missing,
  missingOfBox,
  type RollFacts,
} from "../../../shared/domain/law-life.ts";

const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const BEFORE = "2026-03-01T08:00:00.000Z";
const AFTER = "2026-03-01T20:00:00.000Z";
const NOON = new Date(NOW).toISOString();

const LAWS: Readonly<Record<LifeState, LifeFacts>> = {
  draft: { lawId: "L1", reached: "draft", opensAt: BEFORE },
  ready: { lawId: "L1", reached: "ready", opensAt: AFTER },
  open: { lawId: "L1", reached: "ready", opensAt: BEFORE, closesAt: AFTER },
  closed: { lawId: "L1", reached: "ready", opensAt: BEFORE, closesAt: NOON },
  counted: { lawId: "L1", reached: "counted", opensAt: BEFORE, closesAt: NOON, logKey: "k" },
  certified: { lawId: "L1", reached: "counted", concluded: "certified", opensAt: BEFORE, closesAt: NOON, logKey: "k" },
  published: { lawId: "L1", reached: "counted", concluded: "published", opensAt: BEFORE, closesAt: NOON, logKey: "k" },
};

const KEYS = { electionKey: "e", signingKey: "s", splitId: "0", threshold: 2, trustees: 3, tested: false };

/** What an act is answered. */
const WORDS = {
  yes: undefined,
  draft: "is a draft and takes no votes",
  sealed: "is sealed with 7 voters",
  frozen: "is frozen",
  closed: "has closed, at 2026-03-01T12:00:00.000Z. Its result may be known",
  ended: "has closed, at 2026-03-01T12:00:00.000Z, and a change of its roll would be in force after that",
  counted: "is counted, and nothing changes it any more",
  fixed: "is no draft any more",
  voting: "has not closed",
  uncounted: "is not counted",
  uncertified: "is not certified",
  keys: "is no draft any more, so the keys of its trustees are fixed",
} as const;
type Word = keyof typeof WORDS;

/** For each act and state: the verdict on a law that is neither sealed nor frozen, on a sealed, and on a frozen one. */
const TABLE: Readonly<Record<LifeAct, Readonly<Record<LifeState, readonly [Word, Word, Word]>>>> = {
  change_draft: {
    draft: ["yes", "yes", "yes"],
    ready: ["fixed", "fixed", "fixed"],
    open: ["fixed", "fixed", "fixed"],
    closed: ["fixed", "fixed", "fixed"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  register_keys: {
    draft: ["yes", "yes", "yes"],
    ready: ["keys", "keys", "keys"],
    open: ["keys", "keys", "keys"],
    closed: ["keys", "keys", "keys"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  change_promise_key: {
    draft: ["yes", "yes", "yes"],
    ready: ["yes", "yes", "yes"],
    open: ["yes", "yes", "yes"],
    closed: ["yes", "yes", "yes"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  load_roll: {
    draft: ["yes", "yes", "yes"],
    ready: ["yes", "sealed", "yes"],
    open: ["yes", "sealed", "yes"],
    closed: ["yes", "sealed", "yes"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  give_up_load: {
    draft: ["yes", "yes", "yes"],
    ready: ["yes", "sealed", "yes"],
    open: ["yes", "sealed", "yes"],
    closed: ["yes", "sealed", "yes"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  seal_roll: {
    draft: ["yes", "yes", "yes"],
    ready: ["yes", "sealed", "yes"],
    open: ["yes", "sealed", "yes"],
    closed: ["yes", "sealed", "yes"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  change_roll: {
    draft: ["draft", "draft", "draft"],
    ready: ["yes", "yes", "yes"],
    open: ["yes", "yes", "yes"],
    closed: ["ended", "ended", "ended"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  open: {
    draft: ["draft", "draft", "draft"],
    ready: ["yes", "yes", "frozen"],
    open: ["yes", "yes", "frozen"],
    closed: ["closed", "closed", "frozen"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  reopen: {
    draft: ["draft", "draft", "draft"],
    ready: ["yes", "yes", "frozen"],
    open: ["yes", "yes", "frozen"],
    closed: ["yes", "yes", "frozen"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  close: {
    draft: ["draft", "draft", "draft"],
    ready: ["yes", "yes", "yes"],
    open: ["yes", "yes", "yes"],
    closed: ["yes", "yes", "yes"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  freeze: {
    draft: ["draft", "draft", "draft"],
    ready: ["yes", "yes", "yes"],
    open: ["yes", "yes", "yes"],
    closed: ["yes", "yes", "yes"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  unfreeze: {
    draft: ["draft", "draft", "draft"],
    ready: ["yes", "yes", "yes"],
    open: ["yes", "yes", "yes"],
    closed: ["yes", "yes", "yes"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  settle: {
    draft: ["draft", "draft", "draft"],
    ready: ["yes", "yes", "yes"],
    open: ["yes", "yes", "yes"],
    closed: ["yes", "yes", "yes"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  bring_opening: {
    draft: ["draft", "draft", "draft"],
    ready: ["voting", "voting", "voting"],
    open: ["voting", "voting", "voting"],
    closed: ["yes", "yes", "yes"],
    counted: ["counted", "counted", "counted"],
    certified: ["counted", "counted", "counted"],
    published: ["counted", "counted", "counted"],
  },
  count: {
    draft: ["draft", "draft", "draft"],
    ready: ["voting", "voting", "voting"],
    open: ["voting", "voting", "voting"],
    closed: ["yes", "yes", "yes"],
    counted: ["yes", "yes", "yes"],
    certified: ["yes", "yes", "yes"],
    published: ["yes", "yes", "yes"],
  },
  certify: {
    draft: ["draft", "draft", "draft"],
    ready: ["voting", "voting", "voting"],
    open: ["voting", "voting", "voting"],
    closed: ["uncounted", "uncounted", "uncounted"],
    counted: ["yes", "yes", "yes"],
    certified: ["yes", "yes", "yes"],
    published: ["yes", "yes", "yes"],
  },
  publish: {
    draft: ["draft", "draft", "draft"],
    ready: ["voting", "voting", "voting"],
    open: ["voting", "voting", "voting"],
    closed: ["uncounted", "uncounted", "uncounted"],
    counted: ["uncertified", "uncertified", "uncertified"],
    certified: ["yes", "yes", "yes"],
    published: ["yes", "yes", "yes"],
  },
};

const CASES = LIFE_ACTS.flatMap((act) =>
  LIFE_STATES.flatMap((state) => {
    const law = LAWS[state];
    const [plain, sealed, frozen] = TABLE[act][state];
    return [
      [act, state, "", law, plain],
      [act, state, "sealed ", { ...law, sealedVoters: 7 }, sealed],
      [act, state, "frozen ", { ...law, frozen: true }, frozen],
    ] as const;
  }),
);

describe("what is allowed when", () => {
  test.each(CASES)("%s on a law that is %s: %s", (act, _state, _how, law, word) => {
    const verdict = forbidden(law, act, NOW);
    if (WORDS[word] === undefined) expect(verdict).toBeUndefined();
    else expect(verdict?.why).toContain(WORDS[word]);
  });

  test("each refusal names the law, and says what to do, in words or by its code", () => {
    for (const [act, , , law] of CASES) {
      const verdict = forbidden(law, act, NOW);
      if (verdict === undefined) continue;
      expect(verdict.why).toContain("L1");
      expect(verdict.next ?? verdict.code).toBeTruthy();
    }
  });
});

describe("the state of a law", () => {
  test.each(LIFE_STATES)("is %s", (state) => {
    expect(lifeState(LAWS[state], NOW)).toBe(state);
    expect(lifeState({ ...LAWS[state], frozen: true }, NOW), "frozen is beside it").toBe(state);
  });

  test("without a form stays counted: it has no log that a certificate could name", () => {
    const { logKey: _, ...law } = LAWS.counted;
    for (const act of ["certify", "publish"] as const) {
      expect(forbidden(law, act, NOW)?.why).toContain("L1 has no form, and therefore no public log");
    }
  });

  test("of a law from before drafts is that of its window", () => {
    const { reached: _, ...open } = LAWS.open;
    expect(lifeState(open, NOW)).toBe("open");
  });

  test("between two windows is ready", () => {
    const again = { ...LAWS.ready, earlierWindows: [{ opensAt: BEFORE, closesAt: NOON }] };
    expect(lifeState(again, NOW)).toBe("ready");
    expect(lifeState(again, NOW - 1)).toBe("open");
  });

  test("of a sealed law is not ready before its trustees have opened test ballots", () => {
    const draft: LifeFacts = { ...LAWS.draft, form: "sealed", origin: "stage/L1/1" };
    const said = (law: LifeFacts) => {
      const { why = "", next = "" } = forbidden(law, "seal_roll", NOW) ?? {};
      return `${why} ${next}`;
    };
    expect(said(draft)).toMatch(/not sealed before its keys are tested\. .*--origin stage\/L1\/1.*laws -- keys L1/);
    expect(said(draft)).toMatch(/laws -- test-opening L1 --statement FILE/);
    expect(said({ ...draft, trustees: KEYS })).toMatch(/tested\. Its trustees have not opened test ballots/);
    expect(forbidden({ ...draft, trustees: { ...KEYS, tested: true } }, "seal_roll", NOW)).toBeUndefined();
  });

  test("whose box is closed changes by nothing but its openings and its count", () => {
    const law: LifeFacts = { ...LAWS.closed, form: "sealed", boxClosed: true };
    for (const act of ["open", "reopen", "close", "settle"] as const) {
      expect(forbidden(law, act, NOW)?.why, act).toContain("The box of L1 is closed");
    }
    for (const act of ["count", "bring_opening"] as const) expect(forbidden(law, act, NOW), act).toBeUndefined();
    expect(forbidden({ ...law, reached: "counted" }, "open", NOW)?.why).toContain("is counted");
  });

  test("a draft whose window has begun is a draft, until its roll is sealed", () => {
    expect(lifeState({ ...LAWS.open, reached: "draft" }, NOW)).toBe("draft");
  });
});

describe("what is missing", () => {
  const WHOLE: RollFacts = { voters: 7, digestVoters: 7, isComplete: true, isUnfinished: false };
  const DRAFT: RollFacts = { ...WHOLE, digestVoters: undefined, isComplete: false };
  const of = (law: LifeFacts, roll = WHOLE) => missing(law, roll, NOW).join("\n");

  test("of a draft: its roll, and the seal", () => {
    expect(of(LAWS.draft, { ...DRAFT, voters: 0 })).toMatch(/voters -- load .*\n.*voters -- seal L1/);
    expect(of(LAWS.draft, DRAFT)).toBe(
      "Its roll is not sealed, and no vote is accepted: npm run voters -- seal L1 --expect N",
    );
    expect(of({ ...LAWS.draft, expectedVoters: 8 }, DRAFT)).toMatch(
      /has 7 voters, and its draft expects 8.*\n.*--expect 8$/s,
    );
    expect(of({ ...LAWS.draft, expectedVoters: 7 }, DRAFT)).toBe(
      "Its roll is not sealed, and no vote is accepted: npm run voters -- seal L1 --expect 7",
    );
    expect(of(LAWS.draft, { ...DRAFT, isUnfinished: true })).toContain("repeat the load");
  });

  test("of a draft of a sealed law: the keys of its trustees first", () => {
    const draft: LifeFacts = { ...LAWS.draft, form: "sealed", origin: "stage/L1/1" };
    expect(of(draft, DRAFT)).toMatch(
      /^The keys of its trustees are missing.*\n.*test-opening.*\nIts roll is not sealed/,
    );
    expect(of({ ...draft, trustees: KEYS }, DRAFT)).toMatch(/^Its trustees have not opened test ballots.*\nIts roll/);
    expect(of({ ...draft, trustees: { ...KEYS, tested: true } }, DRAFT)).toMatch(/^Its roll is not sealed/);
  });

  test("of a closed box: its openings", () => {
    const law: LifeFacts = { ...LAWS.closed, sealedVoters: 7, form: "sealed", boxClosed: true };
    expect(of(law)).toBe("");
    const box = (broughtBy: readonly string[], agree = false) =>
      missingOfBox(law, { envelopes: 5, broughtBy, agree }).join("\n");
    expect(box([])).toMatch(
      /closed with 5 envelopes and not opened: .*export-box L1 --out FILE.*bring-opening L1.*twice/,
    );
    expect(box(["anna"])).toMatch(/^anna has brought one opening.*another one that is equal is missing/);
    expect(box(["anna", "bruno"])).toMatch(/differ/);
    expect(box(["anna", "bruno"], true)).toBe("");
  });

  test("of a sealed one: its time, or somebody's act", () => {
    expect(of({ ...LAWS.ready, sealedVoters: 7 })).toBe(`It opens at ${AFTER}, or by npm run laws -- open L1`);
    const inItsZone = "It opens at 2026-03-01T15:00:00-05:00, or by npm run laws -- open L1";
    expect(of({ ...LAWS.ready, sealedVoters: 7, utcOffset: "-05:00" })).toBe(inItsZone);
    expect(of({ ...LAWS.open, sealedVoters: 7 })).toBe(`It closes at ${AFTER}: npm run laws -- close L1`);
    expect(of({ ...LAWS.open, closesAt: undefined, sealedVoters: 7 })).toContain("when somebody closes it");
    expect(of({ ...LAWS.closed, sealedVoters: 7 })).toBe(
      "It is not counted: npm run laws -- count L1 says what that needs.",
    );
    expect(of({ ...LAWS.counted, sealedVoters: 7 })).toBe("It is not certified: npm run ops -- certify L1");
    expect(of({ ...LAWS.certified, sealedVoters: 7 })).toBe("It is not published: npm run ops -- publish L1");
    expect(of({ ...LAWS.published, sealedVoters: 7 })).toBe("");
    expect(of({ ...LAWS.counted, logKey: undefined, sealedVoters: 7 }), "nobody can certify it").toBe("");
  });

  test("of a roll that is not what it should be: what to look at", () => {
    const sealed = { ...LAWS.open, sealedVoters: 8 };
    expect(of(sealed, { ...WHOLE, digestVoters: 8 })).toContain("digest of its roll is over 8 voters, and it has 7");
    expect(of(sealed, { ...DRAFT })).toContain("seal L1 --expect 8");
    expect(of(sealed, { ...WHOLE, isComplete: false })).toContain("rebuild-roll L1");
    expect(of({ ...sealed, frozen: true })).toContain("unfreeze L1");
  });
});
