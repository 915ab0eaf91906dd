import { createHash } from "node:crypto";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { LAW_ID_PATTERN } from "../../shared/domain/law.ts";
import type { AllResults, LawResult } from "../../shared/messages/responses.ts";
import { dynamoDbClient } from "../../shared/runtime/aws-clients.ts";
import { required } from "../../shared/runtime/environment.ts";
import { headerValues, httpHandler, json } from "../../shared/runtime/http.ts";
import { once } from "../../shared/runtime/once.ts";
import { databasePool } from "../../shared/runtime/postgres.ts";
import { ProblemError } from "../../shared/runtime/problem.ts";
import { DynamoLawStore } from "../../shared/stores/laws.ts";
import { ResultStore, type Tally } from "../../shared/stores/results.ts";

export interface ResultsServices {
  readonly laws: Pick<DynamoLawStore, "get" | "list">;
  readonly results: Pick<ResultStore, "tallies">;
}

const services = once(buildServices);

/** What API Gateway calls for `GET /api/v1/results` and `GET /api/v1/results/{law_id}`. */
export const handler = httpHandler(async (event) => handle(event, await services()));

/** What a cold start builds. */
async function buildServices(): Promise<ResultsServices> {
  return {
    laws: new DynamoLawStore(dynamoDbClient(), required("LAWS_TABLE")),
    results: new ResultStore(databasePool()),
  };
}

/** What runs for each request. */
export async function handle(event: APIGatewayProxyEvent, services: ResultsServices): Promise<APIGatewayProxyResult> {
  const lawId = event.pathParameters?.["law_id"];
  return lawId === undefined ? allResults(event, services) : oneResult(event, lawId, services);
}

async function oneResult(
  event: APIGatewayProxyEvent,
  lawId: string,
  { laws, results }: ResultsServices,
): Promise<APIGatewayProxyResult> {
  // DynamoDB refuses keys that are too long, which is no failure of a service.
  const law = LAW_ID_PATTERN.test(lawId) ? await laws.get(lawId) : undefined;
  if (law === undefined) throw new ProblemError("no-such-law", { detail: "There is no law of this id." });
  const tallies = await results.tallies([law.lawId]);
  return cacheable(event, toResult(law.lawId, tallies.get(law.lawId)));
}

async function allResults(
  event: APIGatewayProxyEvent,
  { laws, results }: ResultsServices,
): Promise<APIGatewayProxyResult> {
  const lawIds = (await laws.list()).map((law) => law.lawId);
  const tallies = await results.tallies(lawIds);
  const body: AllResults = { results: lawIds.map((lawId) => toResult(lawId, tallies.get(lawId))) };
  return cacheable(event, body);
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

/** A tally may be one second old. An unchanged tally is not sent again. */
function cacheable(event: APIGatewayProxyEvent, body: LawResult | AllResults): APIGatewayProxyResult {
  const etag = `"${createHash("sha256").update(JSON.stringify(body)).digest("base64url").slice(0, 22)}"`;
  const headers = { etag, "cache-control": "public, max-age=1" };
  const known = headerValues(event, "if-none-match").flatMap((value) => value.split(",").map((tag) => tag.trim()));
  if (known.includes(etag) || known.includes(`W/${etag}`)) return { statusCode: 304, headers, body: "" };
  return json(200, body, headers);
}
