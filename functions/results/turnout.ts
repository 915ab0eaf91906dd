import { LAW_ID_PATTERN, type Law } from "../../shared/domain/law.ts";
import { rehearsalMark } from "../../shared/domain/rehearsal.ts";
import type { Turnout } from "../../shared/messages/responses.ts";
import { answerOf, type CachedAnswer } from "../../shared/runtime/cached-answers.ts";
import type { DynamoLawStore } from "../../shared/stores/laws.ts";
import type { LawTurnout, ResultStore } from "../../shared/stores/results.ts";

/** How old a turnout may be. It is read by the hour, so nobody misses anything. */
export const TURNOUT_SECONDS = 10;

/** The store and settings that a turnout is made from. */
export interface TurnoutServices {
  readonly laws: Pick<DynamoLawStore, "get">;
  readonly results: Pick<ResultStore, "turnout">;
  readonly turnoutMinimum: number;
}

/**
 * Reads the turnout of a law.
 *
 * @param lawId what the request names
 * @param services stores, and how many voters an hour must have to stand alone
 * @returns undefined when there is no such law
 */
export async function readTurnout(lawId: string, services: TurnoutServices): Promise<CachedAnswer | undefined> {
  // DynamoDB refuses keys that are too long, which is no failure of a service.
  const law = LAW_ID_PATTERN.test(lawId) ? await services.laws.get(lawId) : undefined;
  if (law === undefined) return undefined;
  const read = await services.results.turnout(law.lawId, services.turnoutMinimum);
  const { hours } = read;
  const turnout: Turnout = {
    law_id: law.lawId,
    ...rehearsalMark(law.lawId),
    ...sumOf(read),
    hours: hours.map(({ from, until, voted }) => ({ from, until, voted })),
  };
  return answerOf(turnout);
}

/**
 * Reads how many may vote on a law and how many have.
 *
 * @param law the law
 * @param services the store
 */
export async function votersOf(
  { lawId }: Pick<Law, "lawId">,
  { results, turnoutMinimum }: Omit<TurnoutServices, "laws">,
): Promise<Pick<Turnout, "eligible" | "voted">> {
  return sumOf(await results.turnout(lawId, turnoutMinimum));
}

function sumOf({ eligible, hours }: LawTurnout): Pick<Turnout, "eligible" | "voted"> {
  return { eligible, voted: hours.reduce((sum, { voted }) => sum + voted, 0) };
}
