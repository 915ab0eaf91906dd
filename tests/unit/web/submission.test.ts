import { describe, expect, test } from "vitest";
import type { Pending } from "../../../web/tab/pending.ts";
import { type Happened, Impossible, NONE, pendingOf, type State } from "../../../web/tab/states.ts";
import { asKept, next } from "../../../web/tab/submission.ts";

const RUN = 7;
const pending: Pending = { key: "k1", vote: { nas: "123456789", code: "ABC-123", law_id: "L1", vote: "oui" } };
const known = { mayHaveArrived: true, status: undefined };

/** One state of each kind. Where a receipt is known it is R1. */
const STATES = {
  none: { name: "none" },
  resting: { name: "resting", pending: { ...pending, receipt: "R1" } },
  asking: { name: "asking", pending, law: "L1", letter: "ZZZ999" },
  sending: { name: "sending", pending, run: RUN, wasSentBefore: false },
  unconfirmed: { name: "unconfirmed", pending, known },
  suspended: { name: "suspended", pending },
  confirmed: { name: "confirmed", receipt: "R1" },
  refused: { name: "refused", refused: pending, run: RUN, why: "not_taken" },
  closed: { name: "closed", receipt: "R1" },
} as const satisfies { readonly [Name in State["name"]]: Extract<State, { readonly name: Name }> };

/** Each event, and in one more form where that makes a difference: the part after the colon tells them apart. */
const EVENTS = {
  open: { name: "open", law: "L1", letter: undefined },
  "open:its letter": { name: "open", law: "L1", letter: "ABC 123" },
  "open:other letter": { name: "open", law: "L1", letter: "abc123" },
  "open:other law": { name: "open", law: "L2", letter: undefined },
  cast: { name: "cast", pending: { ...pending, key: "k2" } },
  again: { name: "again" },
  connected: { name: "connected" },
  give_up: { name: "give_up" },
  leave: { name: "leave" },
  outlived: { name: "outlived" },
  decided: { name: "decided", receipt: "R1" },
  "decided:other": { name: "decided", receipt: "R2" },
  confirm: { name: "confirm", run: RUN, receipt: "R1" },
  "confirm:late": { name: "confirm", run: RUN - 1, receipt: "R1" },
  refuse: { name: "refuse", run: RUN, why: "mistyped" },
  "refuse:late": { name: "refuse", run: RUN - 1, why: "mistyped" },
  unanswered: { name: "unanswered", run: RUN, known, receipt: "R1" },
  "unanswered:late": { name: "unanswered", run: RUN - 1, known, receipt: "R1" },
  suspend: { name: "suspend", run: RUN, receipt: undefined },
  "suspend:late": { name: "suspend", run: RUN - 1, receipt: undefined },
  close: { name: "close", run: RUN, receipt: undefined },
  "close:late": { name: "close", run: RUN - 1, receipt: undefined },
  law_read: { name: "law_read", run: RUN, law: undefined },
  "law_read:late": { name: "law_read", run: RUN - 1, law: undefined },
} as const satisfies Readonly<Record<string, Happened>>;

type StateName = keyof typeof STATES;
/** The state that follows; "=": the same object; "!": it cannot come. In the order of STATES. */
type Row = readonly (StateName | "=" | "!")[];

const SAME: Row = ["=", "=", "=", "=", "=", "=", "=", "=", "="];
const ONLY_SENDING = (to: StateName): Row => ["=", "=", "=", to, "=", "=", "=", "=", "="];

// biome-ignore format: a table
const TABLE: Readonly<Record<keyof typeof EVENTS, Row>> = {
  //                    none       resting    asking     sending    unconf.    suspended  confirmed  refused    closed
  open:                ["=",       "sending", "asking",  "=",       "sending", "sending", "=",       "none",    "none"],
  "open:its letter":   ["=",       "sending", "sending", "=",       "sending", "sending", "none",    "none",    "none"],
  "open:other letter": ["=",       "asking",  "asking",  "asking",  "asking",  "asking",  "none",    "none",    "none"],
  "open:other law":    ["=",       "asking",  "asking",  "asking",  "asking",  "asking",  "=",       "none",    "none"],
  cast:                ["sending", "asking",  "!",       "=",       "!",       "!",       "=",       "sending", "!"],
  again:               ["=",       "=",       "sending", "=",       "sending", "sending", "!",       "!",       "!"],
  connected:           ["=",       "=",       "=",       "=",       "sending", "=",       "=",       "=",       "="],
  give_up:             ["=",       "=",       "none",    "!",       "none",    "none",    "!",       "!",       "!"],
  leave:               ["=",       "=",       "resting", "resting", "resting", "resting", "none",    "none",    "none"],
  outlived:            ["=",       "none",    "!",       "!",       "!",       "!",       "!",       "!",       "!"],
  decided:             ["=",       "none",    "!",       "!",       "!",       "!",       "!",       "!",       "!"],
  "decided:other":     ["=",       "=",       "!",       "!",       "!",       "!",       "!",       "!",       "!"],
  confirm:             ONLY_SENDING("confirmed"),
  "confirm:late":      SAME,
  refuse:              ONLY_SENDING("refused"),
  "refuse:late":       SAME,
  unanswered:          ONLY_SENDING("unconfirmed"),
  "unanswered:late":   SAME,
  suspend:             ONLY_SENDING("suspended"),
  "suspend:late":      SAME,
  close:               ONLY_SENDING("closed"),
  "close:late":        SAME,
  law_read:            ["=",       "=",       "=",       "=",       "=",       "=",       "=",       "refused", "="],
  "law_read:late":     SAME,
};

const CELLS = Object.entries(TABLE).flatMap(([event, row]) =>
  Object.keys(STATES).map((state, index) => [state, event, row[index]] as const),
);
const stateOf = (name: string): State => Object.values(STATES).find((one) => one.name === name) ?? NONE;
const eventOf = (name: string): Happened =>
  Object.entries(EVENTS).find(([one]) => one === name)?.[1] ?? { name: "connected" };

describe("a tab's submission", () => {
  test.each(CELLS)("%s, %s: %s", (state, event, expected) => {
    const before = stateOf(state);
    const result = () => next(before, eventOf(event), RUN + 1);
    if (expected === "!") expect(result).toThrow(Impossible);
    else if (expected === "=") expect(result()).toBe(before);
    else expect(result().name).toBe(expected);
  });

  test("is kept whatever happens until it is confirmed, refused, closed, given up, outlived or decided", () => {
    const ends = ["confirm", "refuse", "close", "give_up", "outlived", "decided"];
    for (const [state, event, expected] of CELLS) {
      const before = pendingOf(stateOf(state));
      if (expected === "!" || before === undefined) continue;
      const after = pendingOf(next(stateOf(state), eventOf(event), RUN + 1));
      if (ends.includes(event) && expected !== "=") expect(after, `${state}, ${event}`).toBeUndefined();
      else expect(after?.key, `${state}, ${event}`).toBe("k1");
    }
  });

  test("never becomes another one: only a cast brings a new key, and only where there is none", () => {
    for (const [state, event, expected] of CELLS) {
      if (expected === "!" || expected === "=") continue;
      const after = pendingOf(next(stateOf(state), eventOf(event), RUN + 1));
      expect(after?.key === "k2", `${state}, ${event}`).toBe(event === "cast" && ["none", "refused"].includes(state));
    }
  });

  test("is sent with a number of its own each time, and as one that may have arrived unless it is new", () => {
    const begun = CELLS.filter(([, , expected]) => expected === "sending");
    expect(begun.length).toBeGreaterThan(10);
    for (const [state, event] of begun) {
      expect(next(stateOf(state), eventOf(event), RUN + 1), `${state}, ${event}`).toMatchObject({
        run: RUN + 1,
        wasSentBefore: event !== "cast",
      });
    }
  });

  test("remembers the number of its receipt once an answer has named it", () => {
    const { sending } = STATES;
    const unanswered = next(sending, EVENTS.unanswered, 8);
    expect(unanswered).toEqual({ name: "unconfirmed", pending: { ...pending, receipt: "R1" }, known });
    const resumed = next(unanswered, EVENTS.again, 8);
    // An answer that does not name it takes nothing back.
    expect(next(resumed, { ...EVENTS.suspend, run: 8 }, 9)).toMatchObject({ pending: { receipt: "R1" } });
    expect(next(resumed, { ...EVENTS.close, run: 8 }, 9)).toEqual({ name: "closed", receipt: "R1" });
    expect(next(left(resumed), EVENTS.decided, 9)).toBe(NONE);
  });

  test("asks which vote is meant with the code that the letter has", () => {
    expect(next(STATES.sending, EVENTS["open:other letter"], 8)).toEqual({
      ...{ name: "asking", pending, law: "L1", letter: "abc123" },
    });
    expect(next(STATES.resting, { name: "open", law: "L1", letter: "" }, 8).name).toBe("asking");
  });

  test("says of what cannot happen what it was, and why it cannot", () => {
    expect(() => next(STATES.confirmed, EVENTS.give_up, 8)).toThrow(
      'A tab\'s submission is "confirmed" and got "give_up", which cannot be: there is no button to give it up.',
    );
  });
});

function left(state: State): State {
  return next(state, EVENTS.leave, RUN);
}

describe("what a page remembers", () => {
  const other: Pending = { ...pending, key: "k3" };

  test.each(Object.values(STATES))("is right while the tab has the same: $name", (state) => {
    expect(asKept(state, pendingOf(state))).toBe(state);
  });

  test.each(Object.values(STATES))("gives way to another submission that the tab has: $name", (state) => {
    expect(asKept(state, other)).toEqual({ name: "resting", pending: other });
  });

  test.each(Object.values(STATES).filter((state) => pendingOf(state) !== undefined && state.name !== "sending"))(
    "is forgotten when the tab has forgotten it: $name",
    (state) => {
      expect(asKept(state, undefined)).toBe(NONE);
    },
  );

  const learned: Pending = { ...pending, receipt: "R9" };
  const withVote = Object.values(STATES).filter((state) => pendingOf(state) !== undefined);

  test.each(withVote.filter(({ name }) => name !== "sending"))(
    "has the receipt's number that another page has learned, and stays what it is: $name",
    (state) => {
      expect(asKept(state, learned)).toEqual({ ...state, pending: learned });
      expect(asKept(asKept(state, learned), pending), "and keeps it").toMatchObject({ pending: learned });
    },
  );

  test("is the same object while it is sent, so that it is not sent twice", () => {
    expect(asKept(STATES.sending, learned)).toBe(STATES.sending);
  });

  test("is still sent when somebody empties the storage under it", () => {
    expect(asKept(STATES.sending, undefined)).toBe(STATES.sending);
  });
});
