import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { methodsOf } from "../../shared/messages/routes.ts";
import { corsOrigins, httpHandler } from "../../shared/runtime/http.ts";
import { problem } from "../../shared/runtime/problem.ts";

/** The handler for every path and method that no other function answers. */
export const handler = httpHandler(async () => undefined, handle);

/** Handles one request: 405 if the path has other methods, otherwise 404. */
export async function handle(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const methods = methodsOf(event.path);
  if (methods.length === 0) return problem("not-found", { detail: "The API has no such path." });
  // If pages of other origins may use the API, the gateway answers their OPTIONS.
  const allow = [...methods, ...(corsOrigins().length > 0 ? ["OPTIONS"] : [])].join(", ");
  return problem("method-not-allowed", { detail: `This path takes ${allow}.`, headers: { allow } });
}
