import { logOf } from "../../shared/domain/log-of.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { type DecidedVote, readOutcome } from "../../shared/messages/queue.ts";
import { readDeadLetters } from "./read-dead-letters.ts";
import {
  asFirstVote,
  earliest,
  type GenuineLetters,
  genuineOf,
  type Letter,
  refuseUnlessQuiet,
  type Settled,
  type SettlePorts,
} from "./settle.ts";

/** What settling a law by steps needs. Nothing here waits for longer than a step may take. */
export interface SettleStepPorts extends SettlePorts {
  /** By which submission these voters of a law (hashes in hex) are counted. */
  countedBy(lawId: string, voterHashes: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** How many readings of empty queues prove that they are empty. */
  readonly readings: number;
  /** Waits before the next reading. */
  pause(): Promise<void>;
  /** The clock of the step's deadline, in milliseconds. */
  now(): number;
  /** Number of pauses after which something is wrong: aggregate takes what was sent back within seconds. */
  readonly mostWaits: number;
}

/** How far settling has come. Everything else is in the dead-letter queue and in PostgreSQL. */
export interface Settling extends Settled {
  /**
   * `quiet`: the queues must be empty. `failed`: first votes that failed are sent back. `first`: the earliest duplicate
   * of a voter is counted. `rest`: what is a duplicate is sent back. `end`: the last outcomes are recorded.
   */
  readonly phase: "quiet" | "failed" | "first" | "rest" | "end" | "done";
  /** Readings of empty queues in a row. */
  readonly readings: number;
  /** Pauses since the last phase. */
  readonly waits: number;
  /** Messages in the queues at the last pause, and for how many pauses there have been as many. */
  readonly seen: number;
  readonly still: number;
}

interface StepOptions {
  /** Dead letters of the votes queue that somebody has looked at: no release can read them. */
  readonly unreadableVotes?: number | undefined;
  /** When the step should end, in milliseconds of the ports' clock. */
  readonly deadline: number;
}

/** Before the first step. */
export const UNSETTLED: Settling = {
  phase: "quiet",
  counted: 0,
  sentBack: 0,
  withoutChoice: 0,
  firstVoteFails: 0,
  unconfirmed: 0,
  readings: 0,
  waits: 0,
  seen: 0,
  still: 0,
};

/**
 * Number of pauses given to queues that stay as full as they are. Then the caller is told where a first vote may be.
 */
const STILL_WAITS = 20;
/**
 * Number of pauses given to queues that change: what an earlier or another run has sent back is recorded within
 * seconds. Votes that keep coming change them too, for as long as their law is open.
 */
const MOVING_WAITS = 200;
/**
 * A step that has waited works only if this much of its time is left, in milliseconds. Otherwise the next step does.
 */
const LEAST_MS = 8_000;
/** Messages sent at once. */
const CHUNK = 500;

/**
 * Goes on with settling a law (see settle.ts for what that is): waits for its next phase, and does it. The decision who
 * is counted is taken within one step, which holds every dead letter and finds every queue empty. Between steps nothing
 * is held: each may be cut off, done again, or be the last for a while.
 *
 * @param ports the queues and PostgreSQL
 * @param lawId the law
 * @param state how far it has come
 * @param options how many votes nothing can read, and when the step should end
 * @returns how far it has come then
 * @throws Refusal when a first vote may still be somewhere else, or somebody else settles
 */
export async function settleStep(
  ports: SettleStepPorts,
  lawId: string,
  state: Settling,
  options: StepOptions,
): Promise<Settling> {
  const hadWaited = state.waits;
  for (let now = state; ; now = await waited(ports, now, options)) {
    if (now.phase === "done" || ports.now() > options.deadline) return now;
    if (!(await isSettled(ports, now))) continue;
    // Every dead letter is read in one step, which needs all of its time: the time spent waiting belongs to the
    // previous step.
    return now.waits > hadWaited && ports.now() > options.deadline - LEAST_MS
      ? now
      : workStep(ports, lawId, now, options);
  }
}

/** Whether the queues are as the phase wants them. */
async function isSettled(ports: SettleStepPorts, state: Settling): Promise<boolean> {
  return (await elsewhere(ports, state)) === 0 && state.readings + 1 >= ports.readings;
}

/** Counts messages that could hold a first vote: both queues in phases quiet and first, otherwise only outcomes. */
async function elsewhere(ports: SettleStepPorts, { phase }: Settling): Promise<number> {
  const { votes, outcomes } = await ports.elsewhere(0);
  return outcomes + (phase === "quiet" || phase === "first" ? votes : 0);
}

async function waited(ports: SettleStepPorts, state: Settling, options: StepOptions): Promise<Settling> {
  const seen = await elsewhere(ports, state);
  const still = seen > 0 && seen === state.seen ? state.still + 1 : 0;
  // Before anything is done, whoever asks is told soon where a first vote may be.
  if (seen > 0 && state.phase === "quiet" && (still >= STILL_WAITS || state.waits >= MOVING_WAITS)) {
    await refuseUnlessQuiet(ports, 0, options);
  }
  if (state.waits > ports.mostWaits) {
    throw new Refusal(
      `The outcomes that were sent back are not recorded yet, or votes keep coming: ${logOf("aggregate")} says why. ` +
        "Repeat this command once the queues are empty; what was sent stays sent.",
    );
  }
  await ports.pause();
  return { ...state, readings: seen === 0 ? state.readings + 1 : 0, waits: state.waits + 1, seen, still };
}

/** Does a phase, with every dead letter received. */
async function workStep(
  ports: SettleStepPorts,
  lawId: string,
  state: Settling,
  options: StepOptions,
): Promise<Settling> {
  if (state.phase === "end" || state.phase === "done") return { ...state, phase: "done" };
  const right = await ports.lock().catch((error: unknown) => {
    // Somebody else's step ends soon, and whoever comes later finds what is left.
    if (error instanceof Refusal && state.waits < ports.mostWaits) return undefined;
    throw error;
  });
  if (right === undefined) return waited(ports, state, options);
  const held = new Set<string>();
  try {
    if (!(await isQuiet(ports, 0, state, options))) return await waited(ports, state, options);
    const letters = await readAll(ports, lawId, held, options.deadline);
    // Somebody may have sent dead letters back meanwhile, the earliest of a voter among them.
    if (!(await isQuiet(ports, held.size, state, options))) return await waited(ports, state, options);
    const next = await PHASES[state.phase === "quiet" ? "failed" : state.phase](ports, lawId, letters, held, state);
    return { ...next, readings: 0, waits: 0, seen: 0, still: 0 };
  } finally {
    try {
      await ports.deadLetters.release([...held]);
    } finally {
      await right.giveBack();
    }
  }
}

/**
 * Whether a first vote can be nowhere else. What is a duplicate may be sent back at any time.
 *
 * @throws Refusal when it is not so for longer than figures need to be right
 */
async function isQuiet(
  ports: SettleStepPorts,
  heldHere: number,
  { phase, waits }: Settling,
  options: StepOptions,
): Promise<boolean> {
  if (phase === "rest") return true;
  try {
    await refuseUnlessQuiet(ports, heldHere, options);
    return true;
  } catch (error) {
    const patience = phase === "first" ? ports.mostWaits : (ports.readings - 1) * 4;
    if (error instanceof Refusal && waits < patience) return false;
    throw error;
  }
}

async function readAll(
  ports: SettleStepPorts,
  lawId: string,
  held: Set<string>,
  deadline: number,
): Promise<GenuineLetters> {
  const ofLaw: Letter[] = [];
  const isComplete = await readDeadLetters(
    ports.deadLetters,
    () => ports.now() > deadline,
    (letters) => {
      for (const letter of letters) {
        held.add(letter.handle);
        const vote = readOutcome(letter.body);
        if (vote?.lawId === lawId) ofLaw.push({ ...letter, vote });
      }
    },
  );
  if (isComplete) return genuineOf(ofLaw, ports.keys);
  throw new Refusal(
    `There are more dead letters of outcomes than can be looked at together: ${held.size} were read in time. Send back ` +
      "what can be recorded (npm run ops -- redrive outcomes), then repeat this command.",
  );
}

type Phase = (
  ports: SettleStepPorts,
  lawId: string,
  genuine: GenuineLetters,
  held: Set<string>,
  state: Settling,
) => Promise<Settling>;

const isDuplicate = ({ vote }: Letter) => vote.outcome === "duplicate";

const PHASES: Readonly<Record<"failed" | "first" | "rest", Phase>> = {
  // First votes that failed for another reason come before anything that is a duplicate of them.
  failed: async (ports, _, { letters }, held, state) => {
    const failed = letters.filter((letter) => !isDuplicate(letter));
    const sent = await send(ports, failed, ({ body }) => body);
    await remove(ports, sent, held);
    return {
      ...state,
      phase: "first",
      sentBack: state.sentBack + sent.length,
      unconfirmed: state.unconfirmed + failed.length - sent.length,
    };
  },
  // They stay dead letters until they are counted: an answer that is lost costs nobody the vote.
  first: async (ports, lawId, { letters, keys }, _, state) => {
    const counted = await ports.countedBy(lawId, votersOf(letters));
    const failing = failingOf(letters, counted);
    const uncounted = letters.filter(
      (letter) => isDuplicate(letter) && !counted.has(letter.vote.voterHash) && !failing.has(letter.vote.voterHash),
    );
    const first = earliest(uncounted);
    const sent = await send(ports, first, (letter) => asFirstVote(letter, keys));
    return { ...state, phase: "rest", unconfirmed: state.unconfirmed + first.length - sent.length };
  },
  rest: async (ports, lawId, { letters }, held, state) => {
    const counted = await ports.countedBy(lawId, votersOf(letters));
    const failing = failingOf(letters, counted);
    const duplicates = letters.filter(isDuplicate);
    // The envelope that was sent as the voter's first vote is a copy, which is invalid: aggregate decides the others.
    const isDecided = ({ sealed, voterHash }: DecidedVote) =>
      sealed !== undefined && !counted.has(voterHash) && !failing.has(voterHash);
    const countedHere = duplicates.filter(({ vote }) => counted.get(vote.voterHash) === vote.requestId);
    // Of a sealed law, one of them may be another envelope of the same submission, which aggregate notes.
    const recorded = countedHere.filter(({ vote }) => vote.sealed === undefined);
    await remove(ports, recorded, held);
    const rest = duplicates.filter(
      (letter) => (counted.has(letter.vote.voterHash) && !recorded.includes(letter)) || isDecided(letter.vote),
    );
    const sent = await send(ports, rest, ({ body }) => body);
    await remove(ports, sent, held);
    const left = duplicates.filter(({ vote }) => !counted.has(vote.voterHash) && !isDecided(vote));
    return {
      ...state,
      phase: "end",
      counted: state.counted + new Set(countedHere.map(({ vote }) => vote.requestId)).size,
      sentBack: state.sentBack + sent.filter((letter) => !countedHere.includes(letter)).length,
      unconfirmed: state.unconfirmed + rest.length - sent.length,
      withoutChoice: left.filter(({ vote }) => vote.choice === undefined && !failing.has(vote.voterHash)).length,
      firstVoteFails: left.filter(({ vote }) => failing.has(vote.voterHash)).length,
    };
  },
};

function votersOf(letters: readonly Letter[]): string[] {
  return [...new Set(letters.map(({ vote }) => vote.voterHash))];
}

/** An empty queue does not prove that a first vote was recorded: it may be a dead letter again. */
function failingOf(letters: readonly Letter[], counted: ReadonlyMap<string, string>): ReadonlySet<string> {
  return new Set(votersOf(letters.filter((letter) => !isDuplicate(letter))).filter((voter) => !counted.has(voter)));
}

async function send(ports: SettleStepPorts, letters: readonly Letter[], bodyOf: (letter: Letter) => string) {
  const sent: Letter[] = [];
  for (let at = 0; at < letters.length; at += CHUNK) {
    const chunk = letters.slice(at, at + CHUNK);
    const confirmed = await ports.outcomes.sendAll(chunk.map(bodyOf));
    sent.push(...chunk.filter((_, index) => confirmed[index] === true));
  }
  return sent;
}

async function remove(ports: SettleStepPorts, letters: readonly Letter[], held: Set<string>): Promise<void> {
  await ports.deadLetters.remove(letters.map(({ handle }) => handle));
  for (const { handle } of letters) held.delete(handle);
}
