import type { Vote } from "../../shared/domain/ballot.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { type DecidedVote, readOutcome, writeOutcome } from "../../shared/messages/queue.ts";
import type { Queue } from "../../shared/stores/queue.ts";
import type { DeadLetter, DeadLetterQueue } from "./redrive.ts";

/** How many messages there are where a first vote may still be. */
export interface Elsewhere {
  readonly votes: number;
  readonly outcomes: number;
  /** In the dead-letter queue of the votes queue. */
  readonly votesDeadLetters: number;
  /** In the dead-letter queue of the outcomes queue: those that wait, and those that somebody has received. */
  readonly waiting: number;
  readonly underWay: number;
}

/** The servers and settings for settling a law. */
export interface SettlePorts {
  /** The dead-letter queue of the outcomes queue. */
  readonly deadLetters: DeadLetterQueue;
  /** The outcomes queue. */
  readonly outcomes: Queue;
  /**
   * Takes the exclusive right to settle; it ends with the process at the latest.
   *
   * @throws Refusal when somebody else has it
   */
  lock(): Promise<{ giveBack(): Promise<void> }>;
  /**
   * Counts what is in the queues; where many machines answer, over so long that a message cannot hide.
   *
   * @param heldHere how many dead letters of outcomes the caller has received
   */
  elsewhere(heldHere: number): Promise<Elsewhere>;
  /** Waits until the outcomes queue is empty, for as long as that may take. @returns whether it is */
  outcomesRecorded(): Promise<boolean>;
  /** Which of these voters of a law (hashes in hex) have a participation. */
  counted(lawId: string, voterHashes: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface SettleOptions {
  /** Dead letters of the votes queue that somebody has looked at: no release can read them. */
  readonly unreadableVotes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of dead letters that are read, then with the number that are settled. */
  readonly onProgress?: ((what: "read" | "settled", messages: number) => void) | undefined;
}

export interface Settled {
  /** Voters whose earliest submission was counted, because none of theirs was. */
  readonly counted: number;
  /** Other dead letters of the law that were sent back: first votes that had failed, and duplicates. */
  readonly sentBack: number;
  /** Left: their voters have no participation, and a release before this one wrote them without their choice. */
  readonly withoutChoice: number;
  /** Left: the first vote of their voters is known, and cannot be recorded. */
  readonly firstVoteFails: number;
  /** Left because the outcomes queue did not confirm them. */
  readonly unconfirmed: number;
}

/** A dead letter of the law. */
export interface Letter extends DeadLetter {
  readonly vote: DecidedVote;
}

/** A receive gives at most ten messages. */
const RECEIVE_LIMIT = 10;
/** Messages sent and deleted between two looks at the signal. */
const CHUNK = 500;

/**
 * Decides the duplicates of a law whose voters have no participation. The claim that made them duplicates is of a
 * submission that exists nowhere any more: it was forged, or its vote is lost with a database. So the earliest
 * submission of such a voter is the first vote, and the others are its duplicates.
 *
 * It goes through the outcomes queue, so that only `aggregate` ever records a vote. Nothing is deleted from the
 * dead-letter queue before the outcomes queue has confirmed what replaces it, and recording again changes nothing: it
 * may be stopped at any point and repeated. It may run while the law is open, because the queues say whether a first
 * vote is still to come, and the window does not.
 *
 * @param ports the queues and PostgreSQL
 * @param lawId the law
 * @param options interruption and progress
 * @returns what was done
 * @throws Refusal when a first vote may still be somewhere else, or somebody else settles; nothing has changed then
 */
export async function settle(ports: SettlePorts, lawId: string, options: SettleOptions = {}): Promise<Settled> {
  const right = await ports.lock();
  const held = new Set<string>();
  try {
    await refuseUnlessQuiet(ports, 0, options);
    const { ofLaw, all } = await readAll(ports, lawId, held, options);
    // Somebody may have sent dead letters back meanwhile, the earliest of a voter among them.
    await refuseUnlessQuiet(ports, all, options);
    return await settleLetters(ports, lawId, ofLaw, held, options);
  } finally {
    // Messages that were deleted are no longer there to be released.
    try {
      await ports.deadLetters.release([...held]);
    } finally {
      await right.giveBack();
    }
  }
}

/**
 * Refuses to settle while a first vote may still be somewhere else.
 *
 * @param ports counts the queues
 * @param heldHere how many dead letters of outcomes the caller has received
 * @param unreadableVotes how many dead letters of votes nothing can read
 * @throws Refusal saying where it may be
 */
export async function refuseUnlessQuiet(
  ports: Pick<SettlePorts, "elsewhere">,
  heldHere: number,
  { unreadableVotes = 0 }: Pick<SettleOptions, "unreadableVotes">,
): Promise<void> {
  const { votes, outcomes, votesDeadLetters, waiting, underWay } = await ports.elsewhere(heldHere);
  if (votes + outcomes > 0) {
    throw new Refusal(
      `${votes} votes and ${outcomes} outcomes are in the queues, and a first vote may be among them. ` +
        "Wait until they are empty (npm run ops -- drain), and freeze the law if votes keep coming; then repeat this command.",
    );
  }
  if (votesDeadLetters !== unreadableVotes) {
    throw new Refusal(
      `${votesDeadLetters} votes are dead letters, and a first vote may be among them: npm run ops -- redrive votes. ` +
        "Of those that stay because nothing can read them, say how many there are: --unreadable-votes.",
    );
  }
  if (underWay !== heldHere || (heldHere > 0 && waiting > 0)) {
    throw new Refusal(
      "Somebody else is at work on the dead letters of the outcomes queue, or was cut off. Wait some seconds, ten minutes " +
        "at most, then repeat this command.",
    );
  }
}

/** Reads every dead letter and hides it; those of other laws and unreadable ones are given back at the end. */
async function readAll(
  { deadLetters }: SettlePorts,
  lawId: string,
  held: Set<string>,
  { signal, onProgress }: SettleOptions,
): Promise<{ readonly ofLaw: readonly Letter[]; readonly all: number }> {
  const ofLaw: Letter[] = [];
  for (;;) {
    signal?.throwIfAborted();
    const letters = await deadLetters.receive(RECEIVE_LIMIT);
    if (letters.length === 0) return { ofLaw, all: held.size };
    await deadLetters.hide(letters.map(({ handle }) => handle));
    for (const letter of letters) {
      held.add(letter.handle);
      const vote = readOutcome(letter.body);
      if (vote?.lawId === lawId) ofLaw.push({ ...letter, vote });
    }
    onProgress?.("read", held.size);
  }
}

async function settleLetters(
  ports: SettlePorts,
  lawId: string,
  letters: readonly Letter[],
  held: Set<string>,
  options: SettleOptions,
): Promise<Settled> {
  let settled = 0;
  const send = async (some: readonly Letter[], bodyOf: (letter: Letter) => string) => {
    const sent: Letter[] = [];
    for (let at = 0; at < some.length; at += CHUNK) {
      options.signal?.throwIfAborted();
      const chunk = some.slice(at, at + CHUNK);
      const confirmed = await ports.outcomes.sendAll(chunk.map(bodyOf));
      sent.push(...chunk.filter((_, index) => confirmed[index] === true));
    }
    return sent;
  };
  const remove = async (some: readonly Letter[]) => {
    await ports.deadLetters.remove(some.map(({ handle }) => handle));
    for (const { handle } of some) held.delete(handle);
    settled += some.length;
    options.onProgress?.("settled", settled);
  };

  // First votes that failed for another reason come before anything that is a duplicate of them.
  const failed = letters.filter(({ vote }) => vote.outcome !== "duplicate");
  const failedSent = await send(failed, ({ body }) => body);
  await remove(failedSent);
  if (failedSent.length > 0) await waitUntilRecorded(ports);

  const duplicates = letters.filter(({ vote }) => vote.outcome === "duplicate");
  const votersOf = (some: readonly Letter[]) => [...new Set(some.map(({ vote }) => vote.voterHash))];
  const before = await ports.counted(lawId, votersOf(letters));
  // An empty queue does not prove that a first vote was recorded: it may be a dead letter again.
  const stillFailing = new Set(votersOf(failed).filter((voter) => !before.has(voter)));
  const first = earliest(
    duplicates.filter(({ vote }) => !before.has(vote.voterHash) && !stillFailing.has(vote.voterHash)),
  );
  const firstSent = await send(first, asFirstVote);
  if (firstSent.length > 0) await waitUntilRecorded(ports);
  const after = await ports.counted(lawId, votersOf(duplicates));
  const nowCounted = firstSent.filter(({ vote }) => after.has(vote.voterHash));
  await remove(nowCounted);

  const rest = duplicates.filter((letter) => !nowCounted.includes(letter) && after.has(letter.vote.voterHash));
  const restSent = await send(rest, ({ body }) => body);
  await remove(restSent);
  if (restSent.length > 0) await waitUntilRecorded(ports);
  return {
    counted: nowCounted.length,
    sentBack: failedSent.length + restSent.length,
    withoutChoice: duplicates.filter(
      ({ vote }) => vote.choice === undefined && !after.has(vote.voterHash) && !stillFailing.has(vote.voterHash),
    ).length,
    firstVoteFails: duplicates.filter(({ vote }) => stillFailing.has(vote.voterHash)).length,
    unconfirmed:
      failed.length - failedSent.length + (first.length - firstSent.length) + (rest.length - restSent.length),
  };
}

async function waitUntilRecorded(ports: SettlePorts): Promise<void> {
  if (await ports.outcomesRecorded()) return;
  throw new Refusal(
    "The outcomes that were sent back are not recorded yet: npm run logs -- aggregate says why. Repeat this command once " +
      "the queues are empty. Outcomes that were sent back stay there.",
  );
}

/**
 * Of each voter the submission that was accepted first, among those whose choice is known.
 *
 * @param letters duplicates of voters without a participation
 */
export function earliest(letters: readonly Letter[]): Letter[] {
  const order = ({ vote }: Letter) => `${new Date(vote.acceptedAt).toISOString()} ${vote.requestId}`;
  const first = new Map<string, Letter>();
  for (const letter of letters) {
    if (letter.vote.choice === undefined) continue;
    const known = first.get(letter.vote.voterHash);
    if (known === undefined || order(letter) < order(known)) first.set(letter.vote.voterHash, letter);
  }
  return [...first.values()];
}

/**
 * The outcome by which a duplicate is counted as its voter's first vote.
 *
 * @param letter the duplicate, with its choice
 */
export function asFirstVote({ vote }: Letter): string {
  const { requestId, lawId, voterHash, acceptedAt, choice } = vote;
  if (choice === undefined) throw new Error("a first vote without a choice");
  const first: Vote = { requestId, lawId, voterHash, acceptedAt, choice };
  return writeOutcome(first, "accepted");
}
