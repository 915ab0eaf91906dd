import { canSeal, sealBallot } from "../../client/index.ts";
import { type Pending, seedOf } from "../tab/pending.ts";

/**
 * The tracker of a vote that nobody has confirmed, once its receipt says that it arrived: the tab forgets the vote
 * then, and the seed with it.
 *
 * @param pending the submission
 * @returns undefined where the law gives no proof, or the service has sealed the ballot
 */
export async function trackerOf({ vote, law, seed }: Pending): Promise<string | undefined> {
  if (law?.proof !== "voter" || law.origin === undefined || law.election_key === undefined) return undefined;
  if (seed === undefined || !(await canSeal())) return undefined;
  const election = { origin: law.origin, electionKey: law.election_key };
  const ballot = await sealBallot(election, vote.vote === "oui" ? 0 : 1, seedOf(seed));
  return ballot.type === "sealed" ? ballot.tracker : undefined;
}
