import { type Random, seededRandom } from "../../commands/faults/random.ts";
import type { Choice } from "../../shared/domain/ballot.ts";
import { FAULT_KINDS, type FaultKind } from "./scheduler.ts";

/** When a voter comes onto the rolls: before the first vote, by a later load, or never. */
export type OnRoll = "first" | "later" | "never";

export interface SimVoter {
  readonly nas: string;
  readonly code: string;
  readonly onRoll: OnRoll;
}

/** What somebody does: sends a vote, again if need be, until it is answered. */
export interface Submission {
  readonly voter: number;
  readonly law: number;
  readonly choice: Choice;
  /** Absent: every try is a submission of its own. */
  readonly idempotencyKey?: string | undefined;
  /** Simulated milliseconds since the beginning. */
  readonly atMs: number;
  /** How often it is sent at least, as an impatient voter does. */
  readonly sends: number;
}

export const COMMANDS = ["load", "rebuild", "redrive"] as const;
/** What the operator does. */
export interface OperatorCommand {
  readonly atMs: number;
  readonly command: (typeof COMMANDS)[number];
}

export const EVENT_KINDS = ["failover", "flush", "redeliver", "clock", "garbage", "refuse"] as const;
/** What happens to the world before a step. */
export interface WorldEvent {
  readonly step: number;
  readonly kind: (typeof EVENT_KINDS)[number];
  /** Writes forgotten, milliseconds of the clock, or which queue. */
  readonly amount: number;
}

export interface StepFault {
  readonly step: number;
  readonly kind: FaultKind;
}

export interface Sizes {
  readonly votesBatch: number;
  readonly outcomesBatch: number;
  /** Functions at work at once, of each kind. */
  readonly functions: number;
  readonly mostReceives: number;
}

/** Everything that a simulation depends on. As data: what fails can be made smaller, and repeated. */
export interface History {
  /** Of the interleaving. */
  readonly seed: number;
  readonly laws: number;
  /** When the first law closes; absent: it stays open. */
  readonly closesAtMs?: number | undefined;
  readonly voters: readonly SimVoter[];
  readonly submissions: readonly Submission[];
  readonly commands: readonly OperatorCommand[];
  readonly events: readonly WorldEvent[];
  readonly faults: readonly StepFault[];
  readonly sizes: Sizes;
}

/** Steps among which faults and events are spread. */
const SPAN = 160;

/**
 * A random history: few voters and laws, so that what they do meets, and a few things that go wrong.
 *
 * @param seed gives the same history every time
 */
export function randomHistory(seed: number): History {
  const random = seededRandom(seed);
  const laws = 1 + random.below(2);
  const voters = Array.from({ length: 2 + random.below(4) }, (_, index) => randomVoter(random, index));
  const some = (most: number) => Array.from({ length: random.below(most + 1) });
  const lateLoad: OperatorCommand[] = voters.some((voter) => voter.onRoll === "later")
    ? [{ atMs: random.below(60_000), command: "load" }]
    : [];
  const calm = random.below(10) === 0;
  return {
    seed,
    laws,
    closesAtMs: random.below(3) === 0 ? 5_000 + random.below(90_000) : undefined,
    voters,
    submissions: Array.from({ length: 2 + random.below(7) }, () => randomSubmission(random, voters.length, laws)),
    commands: [...lateLoad, ...some(2).map(() => ({ atMs: random.below(120_000), command: random.pick(COMMANDS) }))],
    events: calm ? [] : some(4).map(() => randomEvent(random)),
    faults: calm ? [] : some(8).map(() => ({ step: random.below(SPAN), kind: random.pick(FAULT_KINDS) })),
    sizes: {
      votesBatch: 1 + random.below(5),
      outcomesBatch: 1 + random.below(5),
      functions: 1 + random.below(3),
      mostReceives: 2 + random.below(4),
    },
  };
}

function randomVoter(random: Random, index: number): SimVoter {
  const dice = random.below(10);
  const onRoll = dice < 7 ? "first" : dice < 9 ? "later" : "never";
  // The last of them may be an earlier person under another code.
  const person = index > 1 && random.below(6) === 0 ? 0 : index;
  return { nas: String(100_000_000 + person), code: `CODE${String(index).padStart(4, "0")}`, onRoll };
}

function randomSubmission(random: Random, voters: number, laws: number): Submission {
  return {
    voter: random.below(voters),
    law: random.below(laws),
    choice: random.pick(["oui", "non"] as const),
    idempotencyKey: random.below(3) === 0 ? undefined : `key-${random.below(3)}`,
    atMs: random.below(random.below(2) === 0 ? 2_000 : 100_000),
    sends: random.below(4) === 0 ? 2 : 1,
  };
}

function randomEvent(random: Random): WorldEvent {
  const kind = random.pick(EVENT_KINDS);
  const amount = kind === "clock" ? random.below(7_200_000) - 3_600_000 : random.below(12);
  return { step: random.below(SPAN), kind, amount };
}
