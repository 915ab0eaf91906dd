import type { Baseline } from "./baseline.ts";
import type { OnRoll, OperatorCommand, SimVoter, Submission } from "./history.ts";

function voter(index: number, onRoll: OnRoll): SimVoter {
  return { nas: String(100_000_000 + index), code: `CODE000${index}`, onRoll };
}

function submission(of: number, choice: Submission["choice"], atMs: number): Submission {
  return { voter: of, law: 0, choice, atMs, sends: 1 };
}

/** Two voters on a sealed roll of one law, who are not disturbed by anything but the commands. */
function calm(seed: number, commands: readonly OperatorCommand[], submissions: readonly Submission[]): Baseline {
  return {
    seed,
    laws: 1,
    voters: [voter(0, "first"), voter(1, "first")],
    submissions,
    commands,
    events: [],
    faults: [],
    acts: { fromMs: 0, untilMs: AGAIN_MS },
    sizes: { votesBatch: 2, outcomesBatch: 2, functions: 1, mostReceives: 3, windowMs: 1_000 },
  };
}

/** Somebody who is not on the roll yet, and another code of somebody who is. */
const NEWCOMER: SimVoter = { nas: "200000000", code: "NEWCODE1", onRoll: "never" };
const OTHER_CODE: SimVoter = { ...NEWCOMER, nas: voter(1, "first").nas };

/** Longer than a client goes on sending a step that was not answered. */
const AGAIN_MS = 60_000;

/** An operator repeats a command some time after it was given: it may have been cut off. */
function twice(command: OperatorCommand): readonly OperatorCommand[] {
  return [command, { ...command, atMs: command.atMs + AGAIN_MS }];
}

/** Histories without faults, in which operators do one act, and repeat it later, while voters vote. */
export const LIFE_BASELINES: Readonly<Record<string, Baseline>> = {
  "add to a sealed roll": {
    ...calm(
      11,
      twice({ atMs: 1_000, command: "add", voter: 2 }),
      // Before the change is in force, and after it.
      [
        submission(0, "oui", 0),
        submission(2, "oui", 1_500),
        submission(2, "non", 30_000),
        submission(1, "non", 90_000),
      ],
    ),
    voters: [voter(0, "first"), voter(1, "first"), NEWCOMER],
  },
  "replace on a sealed roll": {
    ...calm(12, twice({ atMs: 1_000, command: "replace", voter: 2 }), [
      submission(0, "oui", 0),
      submission(1, "oui", 30_000),
      submission(2, "non", 31_000),
      submission(2, "non", 90_000),
    ]),
    voters: [voter(0, "first"), voter(1, "first"), OTHER_CODE],
  },
  "strike off a sealed roll": calm(13, twice({ atMs: 1_000, command: "strike", voter: 1 }), [
    submission(1, "oui", 1_500),
    submission(1, "non", 30_000),
    submission(0, "oui", 31_000),
    submission(1, "oui", 90_000),
  ]),
  freeze: calm(14, twice({ atMs: 1_000, command: "freeze" }), [
    submission(0, "oui", 0),
    submission(1, "non", 1_500),
    submission(1, "oui", 30_000),
    submission(0, "non", 80_000),
  ]),
  unfreeze: {
    ...calm(
      15,
      [{ atMs: 0, command: "freeze" }, ...twice({ atMs: 20_000, command: "unfreeze" })],
      [
        submission(0, "oui", 0),
        submission(1, "non", 15_000),
        submission(1, "oui", 40_000),
        submission(0, "non", 90_000),
      ],
    ),
    acts: { fromMs: 20_000, untilMs: 20_000 + AGAIN_MS },
  },
  "settle a duplicate of nothing": {
    ...calm(16, twice({ atMs: 150_000, command: "settle" }), [
      submission(0, "oui", 1_000),
      submission(0, "non", 2_000),
      submission(1, "non", 3_000),
    ]),
    events: [{ step: 0, kind: "forge", amount: 0 }],
    acts: { fromMs: 150_000, untilMs: 150_000 + AGAIN_MS },
  },
  "count of a tampered ledger": {
    ...calm(18, twice({ atMs: 120_000, command: "count" }), [submission(0, "oui", 900), submission(1, "non", 950)]),
    closesAtMs: 1_500,
    events: [{ step: 40, kind: "tamper", amount: 0 }],
    acts: { fromMs: 120_000, untilMs: 120_000 + AGAIN_MS },
  },
  // Voters vote before the draft is ready, before it opens, and after that.
  "draft to open law": {
    ...calm(
      19,
      [
        ...twice({ atMs: 0, command: "draft" }),
        ...twice({ atMs: 10_000, command: "load" }),
        ...twice({ atMs: 30_000, command: "open" }),
      ],
      [
        submission(0, "oui", 5_000),
        submission(0, "oui", 20_000),
        submission(0, "non", 50_000),
        submission(1, "non", 110_000),
      ],
    ),
    draftOpensAtMs: 100_000,
  },
  // PostgreSQL forgets a vote, and that a voter was added.
  "restore to a point in time": {
    ...calm(
      17,
      [
        { atMs: 10_000, command: "add", voter: 2 },
        { atMs: 40_000, command: "restore", agoMs: 35_000 },
      ],
      [submission(0, "oui", 0), submission(1, "non", 15_000), submission(2, "oui", 30_000)],
    ),
    voters: [voter(0, "first"), voter(1, "first"), NEWCOMER],
    acts: { fromMs: 40_000, untilMs: Number.POSITIVE_INFINITY, except: ["rebuild-rolls", "redrive", "settle"] },
  },
};
