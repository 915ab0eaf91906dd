import { createHash } from "node:crypto";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { LAW_ID_PATTERN } from "../../shared/domain/law.ts";
import type { AllResults, LawResult } from "../../shared/messages/responses.ts";
import { dynamoDbClient } from "../../shared/runtime/aws-clients.ts";
import { required } from "../../shared/runtime/environment.ts";
import { headerValues, httpHandler } from "../../shared/runtime/http.ts";
import { databasePool } from "../../shared/runtime/postgres.ts";
import { ProblemError } from "../../shared/runtime/problem.ts";
import { DynamoLawStore } from "../../shared/stores/laws.ts";
import { ResultStore, type Tally } from "../../shared/stores/results.ts";
import { AnswerCache, type CachedAnswer } from "./answer-cache.ts";

export interface ResultsServices {
  readonly laws: Pick<DynamoLawStore, "get" | "list">;
  readonly results: Pick<ResultStore, "tallies">;
  /** Answers of the last second, of this execution environment. */
  readonly recent: AnswerCache;
}

/**
 * How old an answer may be. Votes are counted about a second after they were accepted, so this delay does not matter.
 */
const LIFETIME_SECONDS = 1;

/** What API Gateway calls for `GET /api/v1/results` and `GET /api/v1/results/{law_id}`. */
export const handler = httpHandler(buildServices, handle);

/** Builds the services at a cold start. */
async function buildServices(): Promise<ResultsServices> {
  return {
    laws: new DynamoLawStore(dynamoDbClient(), required("LAWS_TABLE")),
    results: new ResultStore(databasePool()),
    recent: new AnswerCache(LIFETIME_SECONDS * 1_000, performance.now.bind(performance)),
  };
}

/** Handles one request. */
export async function handle(event: APIGatewayProxyEvent, services: ResultsServices): Promise<APIGatewayProxyResult> {
  const lawId = event.pathParameters?.["law_id"];
  // No law has an empty id.
  const { answer, ageMs } = await services.recent.get(lawId ?? "", () =>
    lawId === undefined ? allResults(services) : oneResult(lawId, services),
  );
  if (answer === undefined) throw new ProblemError("no-such-law", { detail: "There is no law with this id." });
  return cacheable(event, answer, ageMs);
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

function answerOf(result: LawResult | AllResults): CachedAnswer {
  const body = JSON.stringify(result);
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}

/**
 * A tally may be one second old, counted from when it was read. Age says how much of that second has passed, rounded
 * up, so that no cache on the way keeps the tally longer (RFC 9111 §4.2). An unchanged tally is not sent again.
 */
function cacheable(event: APIGatewayProxyEvent, { body, etag }: CachedAnswer, ageMs: number): APIGatewayProxyResult {
  const headers = {
    "content-type": "application/json",
    etag,
    "cache-control": `public, max-age=${LIFETIME_SECONDS}`,
    age: String(Math.ceil(ageMs / 1_000)),
  };
  const known = headerValues(event, "if-none-match").flatMap((value) => value.split(",").map((tag) => tag.trim()));
  if (known.includes(etag) || known.includes(`W/${etag}`)) {
    const { "content-type": _, ...validators } = headers;
    return { statusCode: 304, headers: validators, body: "" };
  }
  return { statusCode: 200, headers, body };
}
