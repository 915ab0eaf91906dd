import { ROLL_CHANGES } from "../../shared/domain/roll-row.ts";
import { type Random, seededRandom } from "../random.ts";
import { withForms } from "./form-history.ts";
import {
  COMMANDS,
  EVENT_KINDS,
  type History,
  type OperatorCommand,
  type ReaderRules,
  type SimVoter,
  type Submission,
  type WorldEvent,
} from "./history.ts";
import { lifeHistory } from "./life-history.ts";
import { FAULT_KINDS } from "./steps.ts";

/** Steps among which faults and events are spread. */
const SPAN = 160;
/** The difference between the seed of a history and the seed of its operator's carelessness. */
const CARELESS = 1_000_003;
/** The same difference for the operator's changes of windows: one that leaves the mutants' histories without them. */
const WINDOWS = 2_000_028;
/** The operator closes a law by hand in one history of this many. */
const CLOSED_IN_ONE_OF = 8;
/** The same difference for claims without a submission, and for their settlement. */
const FORGED = 3_000_017;

/** The same difference for freezes and for restores; it leaves the mutants that need neither without them. */
const FROZEN = 4_000_117;
const RESTORED = 5_000_037;
/** The same difference for the rules of the reader of results, who takes no steps. */
const READ = 6_000_011;
/** The same difference for the runs of logs. */
const LOGGED = 8_000_009;
/** From this seed on, histories have a count. */
export const COUNTING_SEEDS = 1_000_000;
/** From this seed on, laws have forms. */
export const FORM_SEEDS = 2_000_000;
/** From this seed on, laws with forms have public logs. */
export const LOG_SEEDS = 3_000_000;
/** From this seed on, histories have more of the life of the first law. */
export const LIFE_SEEDS = 4_000_000;
/** What operators do in them beside counting. */
const BESIDE_COUNTING: readonly OperatorCommand["command"][] = ["rebuild", "redrive", "settle", "disable"];
/** The same difference for changes of sealed rolls. */
const CHANGED = 7_000_003;
/** The operator freezes, or restores PostgreSQL, in one history of this many. */
const FROZEN_IN_ONE_OF = 8;
const RESTORED_IN_ONE_OF = 8;
/** The first law is counted in one history with logs of this many. */
const COUNTED_IN_ONE_OF = 4;
/** The operator changes a sealed roll in one history of this many. */
const CHANGED_IN_ONE_OF = 4;

/**
 * A random history. It has few voters and laws, so that their actions meet, and a few faults. Each history has only
 * some kinds of faults, because many of one kind find mistakes that all kinds together would hide (Groce et al., "Swarm
 * Testing", ISSTA 2012).
 *
 * @param seed gives the same history every time
 */
export function randomHistory(seed: number): History {
  if (seed >= LIFE_SEEDS) return lifeHistory(votingHistory(seed - LIFE_SEEDS), seededRandom(seed));
  if (seed >= LOG_SEEDS) return loggedHistory(seed);
  if (seed >= FORM_SEEDS) return withForms(votingHistory(seed - FORM_SEEDS), seededRandom(seed));
  return seed < COUNTING_SEEDS ? votingHistory(seed) : countingHistory(seed);
}

/**
 * A history in which the first law closes and operators count it: at any time, two of them at once, interrupted, and
 * while others redrive and rebuild. Nothing that is not a vote comes to its queues, or it could never be counted.
 */
function countingHistory(seed: number): History {
  const history = votingHistory(seed - COUNTING_SEEDS);
  const random = seededRandom(seed);
  const closesAtMs = 5_000 + random.below(60_000);
  const counts = Array.from({ length: 1 + random.below(4) }, () => ({
    // Some are too early.
    atMs: closesAtMs + random.below(random.below(3) === 0 ? 5_000 : 400_000),
    command: "count" as const,
    abortsAfter: random.below(4) === 0 ? 1 + random.below(6) : undefined,
  }));
  // Two people who do it at the same moment.
  const twice = random.below(2) === 0 ? counts.map(({ atMs, command }) => ({ atMs, command })) : [];
  const others = history.commands.filter(({ command }) => BESIDE_COUNTING.includes(command));
  return {
    ...history,
    closesAtMs,
    // Somebody votes in the last moment.
    submissions: history.submissions.map((one, index) =>
      index === 0 ? { ...one, law: 0, atMs: closesAtMs - random.below(3_000) } : one,
    ),
    voters: history.voters.map((voter) => ({ ...voter, onRoll: voter.onRoll === "later" ? "first" : voter.onRoll })),
    commands: [...others, ...counts, ...twice],
    events: history.events.filter(({ kind }) => kind !== "garbage" && kind !== "clock"),
  };
}

/**
 * A history in which laws have forms and public logs, which runs continue at any time, some at the same moment. In many
 * of them PostgreSQL is set back.
 */
function loggedHistory(seed: number): History {
  const random = seededRandom(seed + LOGGED);
  const counts = random.below(COUNTED_IN_ONE_OF) === 0;
  const history = counts ? countedHistory(seed) : withForms(votingHistory(seed - LOG_SEEDS), seededRandom(seed));
  const runs = Array.from({ length: 2 + random.below(6) }, () =>
    random.below(random.below(2) === 0 ? 20_000 : 200_000),
  );
  const twice = random.below(2) === 0 ? runs.slice(0, 2) : [];
  const hasRestore = history.commands.some(({ command }) => command === "restore");
  const restored = counts || hasRestore || random.below(3) > 0 ? [] : restoresOf(random, history.submissions);
  return {
    ...history,
    commands: [...history.commands, ...restored],
    events: restored.length === 0 ? history.events : history.events.filter(({ kind }) => kind !== "clock"),
    log: { runs: [...runs, ...twice], minimumSubmissions: 1 + random.below(3), isLate: random.below(3) === 0 },
  };
}

/** Open laws, of which the first one is counted, so that its log ends. */
function countedHistory(seed: number): History {
  const history = withForms(countingHistory(seed - LOG_SEEDS + COUNTING_SEEDS), seededRandom(seed));
  return {
    ...history,
    forms: Array.from({ length: history.laws }, () => "open" as const),
    events: history.events.filter(({ kind }) => kind !== "counterfeit"),
  };
}

function votingHistory(seed: number): History {
  const random = seededRandom(seed);
  const laws = 1 + random.below(2);
  const voters = withSomebody(Array.from({ length: 1 + random.below(5) }, (_, index) => randomVoter(random, index)));
  const some = (most: number) => Array.from({ length: random.below(most + 1) });
  const hasLate = voters.some((voter) => voter.onRoll === "later");
  const loads = hasLate ? [{ atMs: random.below(60_000), command: "load" as const }] : [];
  const commands = random.shuffled(COMMANDS).slice(0, 1 + random.below(2));
  const events = random.shuffled(EVENT_KINDS).slice(0, 1 + random.below(3));
  const faults = random.shuffled(FAULT_KINDS).slice(0, 1 + random.below(4));
  const isCalm = random.below(20) === 0;
  // Drawn from a separate seed, so that the rest of a history does not depend on it.
  const careless = seededRandom(seed + CARELESS);
  const closesAtMs = random.below(4) === 0 ? 5_000 + random.below(90_000) : undefined;
  const submissions = Array.from({ length: 2 + random.below(7) }, () => randomSubmission(random, voters.length, laws));
  const changes = [
    ...windowChanges(seededRandom(seed + WINDOWS), submissions),
    ...freezes(seededRandom(seed + FROZEN), submissions),
    ...restores(seededRandom(seed + RESTORED), submissions),
  ];
  const onRolls = rollChanges(seededRandom(seed + CHANGED), voters, laws);
  const scheduled = [...loads, ...some(3).map(() => ({ atMs: random.below(120_000), command: random.pick(commands) }))];
  const drawn = isCalm ? [] : some(5).map(() => randomEvent(random, events));
  const history: History = {
    seed,
    laws,
    closesAtMs,
    voters: [...voters, ...onRolls.voters],
    submissions: [...submissions, ...onRolls.submissions],
    commands: [
      ...scheduled.map((command) => ({
        ...command,
        abortsAfter: careless.below(3) === 0 ? 1 + careless.below(3) : undefined,
      })),
      ...(careless.below(5) === 0 ? [{ atMs: careless.below(120_000), command: "disable" as const }] : []),
      ...changes,
      ...onRolls.commands,
    ],
    // A moment is announced by a clock. Clocks that are set back after a vote make that vote late, whoever closes.
    events:
      changes.length + onRolls.commands.length === 0
        ? drawn
        : [...drawn.filter(({ kind }) => kind !== "clock"), ...onRolls.events],
    faults: isCalm ? [] : some(8).map(() => ({ step: random.below(SPAN), kind: random.pick(faults) })),
    sizes: {
      votesBatch: 1 + random.below(5),
      outcomesBatch: 1 + random.below(5),
      functions: 1 + random.below(3),
      mostReceives: 1 + random.below(4),
      windowMs: random.pick([0, 1_000, 10_000]),
    },
    reader: readerRules(seededRandom(seed + READ)),
  };
  return { ...history, ...withClaimsOfNobody(history, seededRandom(seed + FORGED)) };
}

/** In some histories Redis has claims without a submission, and the operator settles at any time, perhaps twice. */
function withClaimsOfNobody(
  { commands, events }: Pick<History, "commands" | "events">,
  random: Random,
): Pick<History, "commands" | "events"> {
  if (random.below(3) > 0) return { commands, events };
  const forged = Array.from({ length: 1 + random.below(3) }, () => ({
    step: random.below(SPAN / 2),
    kind: "forge" as const,
    amount: random.below(100),
  }));
  const settles = Array.from({ length: random.below(3) }, () => ({
    atMs: random.below(400_000),
    command: "settle" as const,
    abortsAfter: random.below(3) === 0 ? 1 + random.below(3) : undefined,
  }));
  return { commands: [...commands, ...settles], events: [...events, ...forged] };
}

/**
 * In some histories the operator closes the first law by hand when a vote comes, and opens it again in some of these.
 */
function windowChanges(random: Random, submissions: readonly Submission[]): readonly OperatorCommand[] {
  if (random.below(CLOSED_IN_ONE_OF) !== 0) return [];
  const atMs = random.pick(submissions).atMs + random.below(4_000);
  const reopened = random.below(3) === 0 ? [{ atMs: atMs + random.below(20_000), command: "reopen" as const }] : [];
  return [{ atMs, command: "close" }, ...reopened];
}

/** In some histories the operator freezes every law when a vote comes, and unfreezes it later in most of these. */
function freezes(random: Random, submissions: readonly Submission[]): readonly OperatorCommand[] {
  if (random.below(FROZEN_IN_ONE_OF) !== 0) return [];
  const atMs = random.pick(submissions).atMs + random.below(4_000);
  const unfrozen = random.below(3) > 0 ? [{ atMs: atMs + random.below(40_000), command: "unfreeze" as const }] : [];
  return [{ atMs, command: "freeze" }, ...unfrozen];
}

/**
 * In some histories PostgreSQL is set back to a point before a vote was counted, perhaps twice. In half of them the
 * operator is called away before the last step of the runbook; somebody goes on when the faults have ended.
 */
function restores(random: Random, submissions: readonly Submission[]): readonly OperatorCommand[] {
  return random.below(RESTORED_IN_ONE_OF) === 0 ? restoresOf(random, submissions) : [];
}

function restoresOf(random: Random, submissions: readonly Submission[]): readonly OperatorCommand[] {
  return Array.from({ length: random.below(5) === 0 ? 2 : 1 }, () => {
    const pointMs = random.pick(submissions).atMs + random.below(4_000);
    const agoMs = random.below(60_000);
    const abortsAfter = random.below(2) === 0 ? 1 + random.below(9) : undefined;
    return { atMs: pointMs + agoMs, command: "restore" as const, agoMs, abortsAfter };
  });
}

/**
 * In some histories the operator adds somebody to the sealed rolls, replaces a code, or strikes somebody off, while
 * these voters vote under their codes, old and new.
 */
function rollChanges(
  random: Random,
  voters: readonly SimVoter[],
  laws: number,
): Pick<History, "voters" | "submissions" | "commands" | "events"> {
  if (random.below(CHANGED_IN_ONE_OF) !== 0) return { voters: [], submissions: [], commands: [], events: [] };
  const atMs = 5_000 + random.below(60_000);
  const kind = random.pick(ROLL_CHANGES);
  const target = random.below(voters.length);
  const { nas = "" } = voters[target] ?? {};
  const another: SimVoter = { nas: kind === "add" ? "200000000" : nas, code: "NEWCODE1", onRoll: "never" };
  const whom = kind === "strike" ? target : voters.length;
  const submissions = Array.from({ length: 2 + random.below(4) }, () => ({
    ...randomSubmission(random, voters.length, laws),
    voter: kind === "strike" || random.below(2) === 0 ? target : whom,
    // Some of them around the moment at which the change is in force.
    atMs: Math.max(0, atMs - 10_000 + random.below(40_000)),
  }));
  // A vote under the old code before the change is in force, and one under the new code after it.
  const law = random.below(laws);
  const bothCodes = [
    { voter: target, law, choice: "oui", atMs: atMs + random.below(10_000), sends: 1 },
    { voter: whom, law, choice: "non", atMs: atMs + 14_000 + random.below(10_000), sends: 1 },
  ] as const;
  const events = random.below(4) === 0 ? [{ step: random.below(SPAN / 2), kind: "flush" as const, amount: 0 }] : [];
  const again = random.below(3) === 0 ? [{ atMs: atMs + random.below(30_000), command: kind, voter: whom }] : [];
  return {
    voters: kind === "strike" ? [] : [another],
    submissions: kind === "replace" ? [...submissions, ...bothCodes] : submissions,
    events,
    commands: [{ atMs, command: kind, voter: whom }, ...again],
  };
}

/** A law without voters would have no roll, and its votes would wait for ever. */
function withSomebody(voters: readonly SimVoter[]): readonly SimVoter[] {
  const isEmpty = voters.every((voter) => voter.onRoll === "never");
  return isEmpty ? voters.map((voter, index) => (index === 0 ? { ...voter, onRoll: "first" } : voter)) : voters;
}

function randomVoter(random: Random, index: number): SimVoter {
  const dice = random.below(10);
  const onRoll = dice < 6 ? "first" : dice < 9 ? "later" : "never";
  // Sometimes the first person again, with another code.
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
    sends: random.below(4) === 0 ? 2 + random.below(2) : 1,
  };
}

function readerRules(random: Random): ReaderRules {
  return { intervalSeconds: random.pick([0, 1, 10, 60, 300]), minimumVotes: random.pick([1, 2, 2, 2, 3, 4]) };
}

function randomEvent(random: Random, kinds: readonly WorldEvent["kind"][]): WorldEvent {
  const kind = random.pick(kinds);
  const amount =
    kind === "clock" ? random.below(7_200_000) - 3_600_000 : 1 + random.below(random.below(4) === 0 ? 30 : 5);
  return { step: random.below(SPAN), kind, amount };
}
