import type { History, OnRoll, SimVoter, Submission } from "./history.ts";
import { simulate } from "./run.ts";
import type { FaultKind, StepFault } from "./steps.ts";

function voter(index: number, onRoll: OnRoll): SimVoter {
  return { nas: String(100_000_000 + index), code: `CODE000${index}`, onRoll };
}

function submission(of: number, choice: Submission["choice"], atMs: number, idempotencyKey?: string): Submission {
  return { voter: of, law: 0, choice, idempotencyKey, atMs, sends: 1 };
}

/**
 * Histories without faults, in which every stage does everything that it can do. Each of their steps is a crash point.
 */
export const BASELINES: Readonly<Record<string, History>> = {
  votes: {
    seed: 1,
    laws: 1,
    voters: [voter(0, "first"), voter(1, "first"), voter(2, "never")],
    submissions: [
      submission(0, "oui", 0, "key"),
      submission(0, "non", 10),
      submission(1, "non", 20, "key"),
      submission(2, "oui", 30),
    ],
    commands: [],
    events: [],
    faults: [],
    sizes: { votesBatch: 4, outcomesBatch: 4, functions: 1, mostReceives: 3, windowMs: 1_000 },
  },
  "votes around the close": {
    seed: 2,
    laws: 1,
    closesAtMs: 3_000,
    voters: [voter(0, "first"), voter(1, "first")],
    submissions: [
      { ...submission(0, "oui", 0, "key"), sends: 2 },
      { ...submission(1, "non", 2_000), sends: 2 },
      submission(1, "oui", 60_000, "late"),
    ],
    commands: [],
    events: [],
    faults: [],
    sizes: { votesBatch: 2, outcomesBatch: 2, functions: 2, mostReceives: 3, windowMs: 1_000 },
  },
  "roll loading": {
    seed: 3,
    laws: 1,
    voters: [voter(0, "first"), voter(1, "later"), voter(2, "later")],
    submissions: [submission(0, "oui", 0), submission(1, "non", 10, "key"), submission(2, "oui", 20_000)],
    commands: [{ atMs: 1_000, command: "load" }],
    events: [],
    faults: [],
    sizes: { votesBatch: 2, outcomesBatch: 2, functions: 1, mostReceives: 3, windowMs: 1_000 },
  },
  "rebuild after a flush": {
    seed: 4,
    laws: 1,
    voters: [voter(0, "first"), voter(1, "first")],
    submissions: [submission(0, "oui", 0, "key"), submission(0, "non", 40_000), submission(1, "non", 50_000)],
    commands: [{ atMs: 60_000, command: "rebuild" }],
    events: [{ step: 30, kind: "flush", amount: 1 }],
    faults: [],
    sizes: { votesBatch: 2, outcomesBatch: 2, functions: 1, mostReceives: 3, windowMs: 1_000 },
  },
  "close and reopen by hand": {
    seed: 7,
    laws: 1,
    voters: [voter(0, "first"), voter(1, "first"), voter(2, "first")],
    submissions: [submission(0, "oui", 0), submission(1, "non", 4_000, "key"), submission(2, "oui", 40_000)],
    commands: [
      { atMs: 1_000, command: "close" },
      { atMs: 20_000, command: "reopen" },
    ],
    events: [],
    faults: [],
    sizes: { votesBatch: 2, outcomesBatch: 2, functions: 1, mostReceives: 3, windowMs: 1_000 },
  },
  "count after the close": {
    seed: 6,
    laws: 1,
    closesAtMs: 1_000,
    voters: [voter(0, "first"), voter(1, "first")],
    submissions: [submission(0, "oui", 900)],
    commands: [{ atMs: 100_000, command: "count" }],
    events: [],
    faults: [],
    sizes: { votesBatch: 2, outcomesBatch: 2, functions: 1, mostReceives: 3, windowMs: 1_000 },
  },
  "redrive of dead letters": {
    seed: 5,
    laws: 1,
    voters: [voter(0, "later"), voter(1, "later"), voter(2, "later")],
    submissions: [submission(0, "oui", 0), submission(1, "non", 10, "key"), submission(2, "oui", 20)],
    // Without a roll, the votes go to the dead-letter queue. Then the roll is loaded.
    commands: [
      { atMs: 150_000, command: "load" },
      { atMs: 160_000, command: "redrive" },
    ],
    events: [{ step: 5, kind: "garbage", amount: 2 }],
    faults: [],
    sizes: { votesBatch: 3, outcomesBatch: 3, functions: 1, mostReceives: 1, windowMs: 1_000 },
  },
};

/**
 * Every fault at every step of a history without faults: a crash before or after the step's effect, an error before or
 * after it, a partial effect, a stall.
 *
 * @param baseline the history
 * @returns one history per fault
 */
export async function crashPoints(baseline: History): Promise<readonly History[]> {
  return (await faultsOf(baseline)).map((fault) => ({ ...baseline, faults: [fault] }));
}

const CRASHES: readonly FaultKind[] = ["crash before", "crash after"];

/**
 * Every pair of crashes in a history without faults.
 *
 * @param baseline the history
 * @returns one history per pair
 */
export async function* crashPairs(baseline: History): AsyncGenerator<History> {
  const crashes = (await faultsOf(baseline)).filter(({ kind }) => CRASHES.includes(kind));
  for (const [index, first] of crashes.entries()) {
    for (const second of crashes.slice(index + 1)) yield { ...baseline, faults: [first, second] };
  }
}

async function faultsOf(baseline: History): Promise<readonly StepFault[]> {
  const { steps, findings, healedFrom } = await simulate(baseline, true);
  if (findings.length > 0) throw new Error(`undisturbed it is wrong already: ${findings.join("; ")}`);
  // No fault happens any more when the operator puts things right.
  const during = steps.filter(({ number }) => number < healedFrom);
  return during.flatMap(({ number, kinds }) => kinds.map((kind) => ({ step: number, kind })));
}
