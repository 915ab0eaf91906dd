import { castVote, NotConfirmed, NotDecided, newSeed, Refused, waitForReceipt } from "../../client/index.ts";
import { Receipt } from "../../shared/messages/responses.ts";
import { waitUntil } from "../../shared/runtime/wait.ts";
import type { Cast } from "./deck.ts";
import { type Person, voteOf } from "./people.ts";

/** Voters who vote at the same moment: few enough for the throttle of every stage. */
const AT_ONCE = 25;
const ANSWER_MS = 30_000;
const LOOK_EVERY_MS = 1_000;

/** How voters of a rehearsal vote. */
export interface Voting {
  /** The address of the voters' API. */
  readonly apiUrl: string;
  readonly lawId: string;
  readonly people: readonly Person[];
  /** The longest wait for a receipt, in milliseconds. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** What became of a submission. */
export interface Became {
  /** As the deck says it: `counted`, `duplicate: already_voted`, `refused: 409`; or why there is nothing to say. */
  readonly outcome: string;
  readonly requestId?: string;
  /** Whether a repeated one got the same receipt again. */
  readonly isSameReceipt?: boolean;
  /** Whether its receipt has the mark of a rehearsal. */
  readonly isMarked?: boolean;
  /** Whether its answer had a promise that is right, by the keys that the law names. */
  readonly isPromised?: boolean;
}

/**
 * Casts the votes of a round, and waits until each is decided.
 *
 * @param voting how
 * @param casts the submissions of the round
 * @param onDecided called after each, with how many are decided
 * @returns what became of each, in order
 * @throws the signal's reason when it was interrupted
 */
export async function castAll(
  voting: Voting,
  casts: readonly Cast[],
  onDecided: (decided: number) => void,
): Promise<readonly Became[]> {
  const became: Became[] = [];
  let next = 0;
  let decided = 0;
  const voter = async () => {
    for (let index = next++; index < casts.length; index = next++) {
      const cast = casts[index];
      if (cast === undefined) return;
      became[index] = await castOne(voting, cast);
      decided += 1;
      onDecided(decided);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, voter));
  return became;
}

async function castOne(voting: Voting, cast: Cast): Promise<Became> {
  const { apiUrl, lawId, people, waitMs, signal } = voting;
  const vote = voteOf(cast, people, lawId);
  const seed = newSeed();
  try {
    const accepted = await castVote(apiUrl, vote, { seed, deadlineMs: waitMs, signal });
    const { requestId, receipt, key } = accepted;
    const again = cast.isRepeated === true ? await castVote(apiUrl, vote, { resume: key, seed, signal }) : undefined;
    const { status, reason } = await waitForReceipt(receipt, { deadlineMs: waitMs, signal });
    return {
      outcome: reason === undefined ? status : `${status}: ${reason}`,
      requestId,
      isMarked: await isMarked(receipt, voting),
      isPromised: accepted.promise !== undefined && accepted.isPromiseChecked === true,
      ...(again === undefined ? {} : { isSameReceipt: again.requestId === requestId }),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Refused) return { outcome: `refused: ${error.status}` };
    if (error instanceof NotDecided) return { outcome: "not decided in time" };
    if (error instanceof NotConfirmed) return { outcome: "not confirmed in time" };
    throw error;
  }
}

/** Whether a receipt has the mark. An answer that does not come, or is no receipt, is asked for again. */
async function isMarked(receipt: string, { waitMs, signal }: Voting): Promise<boolean> {
  let isRehearsal = false;
  const isRead = async () => {
    const answer = await fetch(receipt, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
    isRehearsal = Receipt.parse(await answer.json()).rehearsal === true;
    return true;
  };
  await waitUntil(`the receipt ${receipt} is read`, isRead, { withinMs: waitMs, everyMs: LOOK_EVERY_MS, signal });
  return isRehearsal;
}
