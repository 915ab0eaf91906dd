import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { LAW_ID_PATTERN } from "../../shared/domain/law.ts";
import type { LawResult } from "../../shared/messages/responses.ts";
import { dynamoDbClient } from "../../shared/runtime/aws-clients.ts";
import { AnswerCache, answerOf, type CachedAnswer, cacheable } from "../../shared/runtime/cached-answers.ts";
import { required, wholeNumber } from "../../shared/runtime/environment.ts";
import { httpHandler } from "../../shared/runtime/http.ts";
import { databasePool } from "../../shared/runtime/postgres.ts";
import { ProblemError } from "../../shared/runtime/problem.ts";
import { DynamoLawStore } from "../../shared/stores/laws.ts";
import { ResultStore, type Tally } from "../../shared/stores/results.ts";
import { readTurnout, TURNOUT_SECONDS } from "./turnout.ts";

export interface ResultsServices {
  readonly laws: Pick<DynamoLawStore, "get" | "list">;
  readonly results: Pick<ResultStore, "tallies" | "turnout">;
  /** Answers of the last second, of this execution environment. */
  readonly recent: AnswerCache;
  /** The same of turnouts, which are remembered longer. */
  readonly recentTurnouts: AnswerCache;
  /** How many voters an hour must have to stand alone. */
  readonly turnoutMinimum: number;
}

/**
 * How old an answer may be. Votes are counted about a second after they were accepted, so this delay does not matter.
 */
const LIFETIME_SECONDS = 1;

const TURNOUT_PATH = "/api/v1/turnout/{law_id}";
const NO_SUCH_LAW = () => new ProblemError("no-such-law", { detail: "There is no law with this id." });

/** What API Gateway calls for `GET /api/v1/results`, `…/results/{law_id}` and `…/turnout/{law_id}`. */
export const handler = httpHandler(buildServices, handle);

/** Builds the services at a cold start. */
async function buildServices(): Promise<ResultsServices> {
  return {
    laws: new DynamoLawStore(dynamoDbClient(), required("LAWS_TABLE")),
    results: new ResultStore(databasePool()),
    recent: new AnswerCache(LIFETIME_SECONDS * 1_000, performance.now.bind(performance)),
    recentTurnouts: new AnswerCache(TURNOUT_SECONDS * 1_000, performance.now.bind(performance)),
    turnoutMinimum: wholeNumber("TURNOUT_MINIMUM", 1),
  };
}

/** Handles one request. */
export async function handle(event: APIGatewayProxyEvent, services: ResultsServices): Promise<APIGatewayProxyResult> {
  const lawId = event.pathParameters?.["law_id"];
  if (lawId !== undefined && event.resource === TURNOUT_PATH) {
    const { answer, ageMs } = await services.recentTurnouts.get(lawId, () => readTurnout(lawId, services));
    if (answer === undefined) throw NO_SUCH_LAW();
    return cacheable(event, answer, ageMs, TURNOUT_SECONDS);
  }
  // No law has an empty id.
  const { answer, ageMs } = await services.recent.get(lawId ?? "", () =>
    lawId === undefined ? allResults(services) : oneResult(lawId, services),
  );
  if (answer === undefined) throw NO_SUCH_LAW();
  return cacheable(event, answer, ageMs, LIFETIME_SECONDS);
}

async function oneResult(lawId: string, { laws, results }: ResultsServices): Promise<CachedAnswer | undefined> {
  // DynamoDB refuses keys that are too long, which is not a failure of a service.
  const law = LAW_ID_PATTERN.test(lawId) ? await laws.get(lawId) : undefined;
  if (law === undefined) return undefined;
  const tallies = await results.tallies([law.lawId]);
  return answerOf(toResult(law.lawId, tallies.get(law.lawId)));
}

async function allResults({ laws, results }: ResultsServices): Promise<CachedAnswer> {
  const lawIds = (await laws.list()).map((law) => law.lawId);
  const tallies = await results.tallies(lawIds);
  return answerOf({ results: lawIds.map((lawId) => toResult(lawId, tallies.get(lawId))) });
}

function toResult(lawId: string, tally: Tally | undefined): LawResult {
  return {
    law_id: lawId,
    oui_count: tally?.ouiCount ?? 0,
    non_count: tally?.nonCount ?? 0,
    total_votes: tally?.totalVotes ?? 0,
    updated_at: tally?.updatedAt ?? null,
  };
}
