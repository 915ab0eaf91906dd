import type { Baseline, TriedActs } from "./baseline.ts";
import type { History, OnRoll, SimVoter, Submission } from "./history.ts";
import { LIFE_BASELINES } from "./life-baselines.ts";
import { randomHistory } from "./random-history.ts";
import { simulate } from "./run.ts";
import type { FaultKind, StepFault, TakenStep } from "./steps.ts";

function voter(index: number, onRoll: OnRoll): SimVoter {
  return { nas: String(100_000_000 + index), code: `CODE000${index}`, onRoll };
}

function submission(of: number, choice: Submission["choice"], atMs: number, idempotencyKey?: string): Submission {
  return { voter: of, law: 0, choice, idempotencyKey, atMs, sends: 1 };
}

/**
 * Histories without faults, in which every stage does everything that it can do. Each of their steps is a crash point.
 */
export const BASELINES: Readonly<Record<string, Baseline>> = {
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
  ...LIFE_BASELINES,
};

/**
 * A history by which a mutant is caught.
 *
 * @param seed of a random history, or the name of a history of crash points
 */
export function historyOf(seed: number | string): History {
  const history = typeof seed === "number" ? randomHistory(seed) : BASELINES[seed];
  if (history === undefined) throw new Error(`there are no crash points ${seed}`);
  return history;
}

/**
 * Every fault at every step of a history without faults: a crash before or after the step's effect, an error before or
 * after it, a partial effect, a stall. Where the history is about an act of operators: a crash, and an answer that is
 * lost, at each step of the act, whether the operator's command takes it or the function that it calls.
 *
 * @param baseline the history
 * @returns one history per fault
 */
export async function crashPoints(baseline: Baseline): Promise<readonly History[]> {
  return (await faultsOf(baseline)).map((fault) => ({ ...baseline, faults: [fault] }));
}

const CRASHES: readonly FaultKind[] = ["crash before", "crash after"];

/**
 * Every pair of crashes in a history without faults.
 *
 * @param baseline the history
 * @returns one history per pair
 */
export async function* crashPairs(baseline: Baseline): AsyncGenerator<History> {
  const crashes = (await faultsOf(baseline)).filter(({ kind }) => CRASHES.includes(kind));
  for (const [index, first] of crashes.entries()) {
    for (const second of crashes.slice(index + 1)) yield { ...baseline, faults: [first, second] };
  }
}

async function faultsOf(baseline: Baseline): Promise<readonly StepFault[]> {
  const { steps, findings, healedFrom } = await simulate(baseline, true);
  if (findings.length > 0) throw new Error(`undisturbed it is wrong already: ${findings.join("; ")}`);
  const { acts } = baseline;
  // No fault happens any more when the operator puts things right.
  const during = steps.filter(({ number }) => number < healedFrom);
  const faults = acts === undefined ? during : ofActs(during, acts);
  return faults.flatMap(({ number, kinds }) => kinds.map((kind) => ({ step: number, kind })));
}

/** What is tried at the steps of acts: an error before a step is a crash that its caller hears of. */
const FAULTS_OF_ACTS: readonly FaultKind[] = [...CRASHES, "error after"];
/** Of a step that an act repeats until queues are empty, how many are tried at its beginning, and at its end. */
const REPEATED = 2;

/** The steps of acts, of each kind the first and the last ones: an act that waits looks at the same again and again. */
function ofActs(steps: readonly TakenStep[], { fromMs, untilMs, except = [] }: TriedActs): readonly TakenStep[] {
  const kinds = new Map<string, TakenStep[]>();
  for (const step of steps) {
    const [, act] = /^(?:operator|operate|roll): (.*)$/.exec(step.process) ?? [];
    const kind = `${step.process} ${step.label}`;
    if (act !== undefined && !except.includes(act) && fromMs <= step.at && step.at < untilMs)
      kinds.set(kind, [...(kinds.get(kind) ?? []), step]);
  }
  const tried = [...kinds.values()].flatMap((same) =>
    same.filter((_, index) => index < REPEATED || index >= same.length - REPEATED),
  );
  return tried
    .sort((one, other) => one.number - other.number)
    .map((step) => ({ ...step, kinds: step.kinds.filter((kind) => FAULTS_OF_ACTS.includes(kind)) }));
}
