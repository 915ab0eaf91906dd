import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import description from "../../docs/openapi.json" with { type: "json" };
import { methodsOf } from "../../shared/messages/routes.ts";
import { corsOrigins, httpHandler, json } from "../../shared/runtime/http.ts";
import { problem } from "../../shared/runtime/problem.ts";

const DESCRIPTION_PATH = "/api/v1/openapi.json";
/** It changes with a release only. */
const DESCRIPTION_SECONDS = 300;

/** The handler for the API's description, and for every path and method that no other function answers. */
export const handler = httpHandler(async () => undefined, handle);

/** Handles one request: the description, 405 if the path has other methods, otherwise 404. */
export async function handle(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const methods = methodsOf(event.path);
  if (event.resource === DESCRIPTION_PATH && methods.includes(event.httpMethod)) {
    return json(200, description, { "cache-control": `public, max-age=${DESCRIPTION_SECONDS}` });
  }
  if (methods.length === 0) return problem("not-found", { detail: "The API has no such path." });
  // If pages of other origins may use the API, the gateway answers their OPTIONS.
  const allow = [...methods, ...(corsOrigins().length > 0 ? ["OPTIONS"] : [])].join(", ");
  return problem("method-not-allowed", { detail: `This path takes ${allow}.`, headers: { allow } });
}
