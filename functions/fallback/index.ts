import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import description from "../../docs/openapi.json" with { type: "json" };
import { homeFrom, missingPage } from "../../shared/messages/missing-page.ts";
import { missingPageHeaders } from "../../shared/messages/page-headers.ts";
import { methodsOf } from "../../shared/messages/routes.ts";
import { corsOrigins, headerValues, httpHandler, json } from "../../shared/runtime/http.ts";
import { problem } from "../../shared/runtime/problem.ts";

const DESCRIPTION_PATH = "/api/v1/openapi.json";
/** It changes with a release only. */
const DESCRIPTION_SECONDS = 300;

/** The handler for the API's description, and for every path and method that no other function answers. */
export const handler = httpHandler(async () => undefined, handle);

/**
 * Handles one request: the description, 405 if the path has other methods, otherwise 404. A browser that looks for a
 * page is shown one (`PAGES=beside`: where the pages are at the same address as the API).
 */
export async function handle(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const methods = methodsOf(event.path);
  if (event.resource === DESCRIPTION_PATH && methods.includes(event.httpMethod)) {
    return json(200, description, { "cache-control": `public, max-age=${DESCRIPTION_SECONDS}` });
  }
  if (isForPages(event)) {
    return { statusCode: 404, headers: missingPageHeaders(), body: missingPage(homeFrom(event.path)) };
  }
  if (methods.length === 0) return problem("not-found", { detail: "The API has no such path." });
  // If pages of other origins may use the API, the gateway answers their OPTIONS.
  const allow = [...methods, ...(corsOrigins().length > 0 ? ["OPTIONS"] : [])].join(", ");
  return problem("method-not-allowed", { detail: `This path takes ${allow}.`, headers: { allow } });
}

function isForPages(event: APIGatewayProxyEvent): boolean {
  if (process.env["PAGES"] !== "beside" || event.path.startsWith("/api/")) return false;
  const isRead = event.httpMethod === "GET" || event.httpMethod === "HEAD";
  return isRead && headerValues(event, "accept").some((accepted) => accepted.includes("text/html"));
}
