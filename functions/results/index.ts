import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { toMinute } from "../../shared/domain/coarse-time.ts";
import { LAW_ID_PATTERN, type Law } from "../../shared/domain/law.ts";
import { rehearsalMark } from "../../shared/domain/rehearsal.ts";
import type { LawResult } from "../../shared/messages/responses.ts";
import { dynamoDbClient } from "../../shared/runtime/aws-clients.ts";
import { AnswerCache, answerOf, type CachedAnswer, cacheable } from "../../shared/runtime/cached-answers.ts";
import { required, wholeNumber } from "../../shared/runtime/environment.ts";
import { httpHandler } from "../../shared/runtime/http.ts";
import { databasePool } from "../../shared/runtime/postgres.ts";
import { ProblemError } from "../../shared/runtime/problem.ts";
import { DynamoLawStore } from "../../shared/stores/laws.ts";
import { type PublishedTally, ResultStore } from "../../shared/stores/results.ts";
import { asked, type FinalTiming, isPublic, resultState } from "./asked.ts";
import { readTurnout, TURNOUT_SECONDS, votersOf } from "./turnout.ts";

export interface ResultsServices extends FinalTiming {
  readonly laws: Pick<DynamoLawStore, "get" | "list">;
  readonly results: Pick<ResultStore, "published" | "turnout">;
  /** Recent answers of this execution environment. */
  readonly recent: AnswerCache;
  /** The same of turnouts, which are remembered longer. */
  readonly recentTurnouts: AnswerCache;
  /** How many voters an hour must have to stand alone. */
  readonly turnoutMinimum: number;
}

/** How old an answer may be, in addition to the time that a published tally waits for its next step. */
const LIFETIME_MS = 1_000;
/** The same where a tally moves with every vote, because voters look whether it has moved. */
const LIVE_LIFETIME_MS = 100;

const TURNOUT_PATH = "/api/v1/turnout/{law_id}";
const NO_SUCH_LAW = () => new ProblemError("no-such-law", { detail: "There is no law with this id." });

/** The handler of `GET /api/v1/results`, `…/results/{law_id}` and `…/turnout/{law_id}`. */
export const handler = httpHandler(buildServices, handle);

/** Builds the services at a cold start. */
async function buildServices(): Promise<ResultsServices> {
  const intervalSeconds = wholeNumber("RESULTS_INTERVAL_SECONDS", 300);
  const lifetimeMs = intervalSeconds === 0 ? LIVE_LIFETIME_MS : LIFETIME_MS;
  return {
    laws: new DynamoLawStore(dynamoDbClient(), required("LAWS_TABLE")),
    results: new ResultStore(databasePool(), {
      intervalSeconds,
      minimumVotes: wholeNumber("RESULTS_MINIMUM_VOTES", 1_000),
    }),
    finalAfterSeconds: intervalSeconds,
    now: Date.now,
    recent: new AnswerCache(lifetimeMs, performance.now.bind(performance)),
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
  return cacheable(event, answer, ageMs, services.recent.maxAgeSeconds);
}

async function oneResult(lawId: string, services: ResultsServices): Promise<CachedAnswer | undefined> {
  const { laws } = services;
  // DynamoDB refuses keys that are too long, which is not a failure of a service.
  const law = LAW_ID_PATTERN.test(lawId) ? await laws.get(lawId) : undefined;
  if (law === undefined) return undefined;
  const [result] = await resultsOf([law], services);
  return result && answerOf(result);
}

async function allResults(services: ResultsServices): Promise<CachedAnswer> {
  return answerOf({ results: await resultsOf(await services.laws.list(), services) });
}

async function resultsOf(laws: readonly Law[], services: ResultsServices): Promise<LawResult[]> {
  const tallies = await publishedOf(laws, services);
  const results: LawResult[] = [];
  for (const law of laws) {
    const result = toResult(law, tallies.get(law.lawId), services.now());
    // The turnout of a sealed law is all that can be told of its votes before its box is opened.
    results.push(law.form === "sealed" ? { ...result, ...(await votersOf(law, services)) } : result);
  }
  return results;
}

/** What is published of the laws of whose tallies anything is public. */
async function publishedOf(
  laws: readonly Law[],
  services: ResultsServices,
): Promise<ReadonlyMap<string, PublishedTally>> {
  const open = laws.filter((law) => isPublic(law, services)).map((law) => asked(law, services));
  return open.length === 0 ? new Map() : services.results.published(open);
}

function toResult(law: Law, tally: PublishedTally | undefined, nowMs: number): LawResult {
  return {
    law_id: law.lawId,
    ...rehearsalMark(law.lawId),
    oui_count: tally?.ouiCount ?? 0,
    non_count: tally?.nonCount ?? 0,
    total_votes: tally?.totalVotes ?? 0,
    spoiled_count: tally?.spoiledCount ?? 0,
    state: resultState(law, nowMs),
    updated_at: tally === undefined ? null : toMinute(tally.publishedAt),
  };
}
