/**
 * Settling decides the duplicates of a law whose voters have no participation. The claim that made them duplicates is
 * of a submission that exists nowhere any more: it was forged, or its vote is lost with a database. So the earliest
 * submission of such a voter is the first vote, and the others are its duplicates.
 *
 * It goes through the outcomes queue, so that only `aggregate` ever records a vote. Nothing is deleted from the
 * dead-letter queue before the outcomes queue has confirmed what replaces it, and recording again changes nothing: it
 * may be stopped at any point and repeated. It may run while the law is open, because the queues say whether a first
 * vote is still to come, and the window does not.
 */
import { isOutcomeOfValidate, makeOutcomeMac } from "../../shared/domain/message-macs.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { type DecidedVote, writeOutcome } from "../../shared/messages/queue.ts";
import type { KeySource } from "../../shared/runtime/key-ring.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import { macKeysOf } from "../../shared/runtime/mac-keys.ts";
import type { Queue } from "../../shared/stores/queue.ts";
import type { DeadLetter, DeadLetterQueue } from "./redrive.ts";

/** How many messages there are where a first vote may still be. */
interface Elsewhere {
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
  /** The keys of outcomes: a duplicate of a law with a form becomes a first vote only with a new mac. */
  readonly keys: KeySource<"macOutcome">;
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
  { unreadableVotes = 0 }: { readonly unreadableVotes?: number | undefined },
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

/**
 * Of each voter the submission that was accepted first, among those whose ballot is known.
 *
 * @param letters duplicates of voters without a participation
 */
export function earliest(letters: readonly Letter[]): Letter[] {
  const order = ({ vote }: Letter) => `${new Date(vote.acceptedAt).toISOString()} ${vote.requestId}`;
  const first = new Map<string, Letter>();
  for (const letter of letters) {
    if (letter.vote.choice === undefined && letter.vote.sealed === undefined) continue;
    const known = first.get(letter.vote.voterHash);
    if (known === undefined || order(letter) < order(known)) first.set(letter.vote.voterHash, letter);
  }
  return [...first.values()];
}

/** Dead letters with the keys that their macs name. */
export interface GenuineLetters {
  readonly letters: readonly Letter[];
  readonly keys: Keys<"macOutcome"> | undefined;
}

/**
 * Leaves out what validate has not decided: nothing of it is ever counted.
 *
 * @param letters dead letters of outcomes
 * @param source the keys of outcomes
 */
export async function genuineOf(letters: readonly Letter[], source: KeySource<"macOutcome">): Promise<GenuineLetters> {
  const keys = await macKeysOf(
    letters.map(({ vote }) => vote),
    source,
  );
  const genuine = letters.filter(({ vote }) => {
    const { macs, outcome, outcomeMac = "" } = vote;
    if (macs === undefined) return true;
    if (keys?.has(macs.keyVersion) !== true) return false;
    return isOutcomeOfValidate(vote, macs, outcome, outcomeMac, keys.ofVersion(macs.keyVersion).macOutcome);
  });
  return { letters: genuine, keys };
}

/**
 * The outcome by which a duplicate is counted as its voter's first vote.
 *
 * @param letter the duplicate, with its ballot
 * @param keys those that its macs name
 */
export function asFirstVote({ vote }: Letter, keys: Keys<"macOutcome"> | undefined): string {
  const { outcome: _, outcomeMac: __, ...first } = vote;
  if (first.choice === undefined && first.sealed === undefined) throw new Error("a first vote without a ballot");
  const { macs } = first;
  if (macs === undefined) return writeOutcome(first, "accepted");
  if (keys === undefined) throw new Error("a first vote whose keys were not read");
  const key = keys.ofVersion(macs.keyVersion).macOutcome;
  return writeOutcome(first, "accepted", makeOutcomeMac(first, macs, "accepted", key));
}
