import middy from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { describe, log } from "./log.ts";
import { once } from "./once.ts";
import { ProblemError, problem } from "./problem.ts";

/** After how many seconds a client may try again when a service behind the API did not answer. */
export const RETRY_AFTER_SECONDS = 2;

/**
 * Wraps the handler of an API request. Problems become application/problem+json. Any other error becomes a 503 that
 * does not reveal the cause, which goes to the log. HEAD is answered as GET without the body.
 *
 * @param buildServices what a cold start builds, once. When it fails, the function fails: the client gets the gateway's
 *   503, and Lambda counts an error, which stops the deployment of a release that cannot start (rollout.ts). The next
 *   request tries again
 * @param handle answers one request
 */
export function httpHandler<S>(
  buildServices: () => Promise<S>,
  handle: (event: APIGatewayProxyEvent, services: S) => Promise<APIGatewayProxyResult>,
): (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult> {
  const services = once(buildServices);
  const answer = middy<APIGatewayProxyEvent, APIGatewayProxyResult>(async (event: APIGatewayProxyEvent) =>
    handle(event, await services()),
  )
    .after((request) => finish(request.event, request.response))
    .onError(async (request) => {
      const result = problemOf(request.error);
      finish(request.event, result);
      return result;
    });
  return async (event, context) => {
    await services();
    return answer(event, context);
  };
}

function finish(event: APIGatewayProxyEvent, result: APIGatewayProxyResult | null | undefined): void {
  if (result === null || result === undefined) return;
  if (event.httpMethod === "HEAD") result.body = "";
  allowOrigin(event, result);
}

function problemOf(error: unknown): APIGatewayProxyResult {
  if (error instanceof ProblemError) return error.result;
  log.error("the request could not be answered", { cause: describe(error) });
  return unavailable("A service that this needs did not answer. Try again.");
}

/** The origins whose web pages may use the API, from `CORS_ORIGINS` (separated by blanks). */
export function corsOrigins(): readonly string[] {
  return (process.env["CORS_ORIGINS"] ?? "").split(" ").filter((origin) => origin !== "");
}

/** Lets web pages of the listed origins read an answer. Without a list, no page of another origin may. */
function allowOrigin(event: APIGatewayProxyEvent, result: APIGatewayProxyResult): void {
  const origins = corsOrigins();
  if (origins.length === 0) return;
  const [origin] = headerValues(event, "origin");
  result.headers = {
    ...result.headers,
    vary: "origin",
    ...(origin !== undefined && origins.includes(origin)
      ? { "access-control-allow-origin": origin, "access-control-expose-headers": "location, retry-after, etag, age" }
      : {}),
  };
}

/**
 * The answer 503 for a request that may succeed a little later.
 *
 * @param detail what happened and what to do
 * @param extensions further members
 */
export function unavailable(detail: string, extensions?: Readonly<Record<string, string>>): APIGatewayProxyResult {
  return problem("temporarily-unavailable", {
    detail,
    headers: { "retry-after": String(RETRY_AFTER_SECONDS) },
    ...(extensions === undefined ? {} : { extensions }),
  });
}

/**
 * An answer of type application/json.
 *
 * @param statusCode the HTTP status
 * @param body the value to serialize
 * @param headers further headers; nothing is cached unless they say so
 */
export function json(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyResult {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}

/**
 * The values of a request header, in any case of its name, and as often as the client sent it.
 *
 * @param event the request
 * @param name the header in lower case
 */
export function headerValues(
  event: Pick<APIGatewayProxyEvent, "headers" | "multiValueHeaders">,
  name: string,
): readonly string[] {
  const found: string[] = [];
  for (const [key, values] of Object.entries(event.multiValueHeaders ?? {})) {
    if (key.toLowerCase() === name) found.push(...(values ?? []));
  }
  if (found.length > 0) return found;
  for (const [key, value] of Object.entries(event.headers ?? {})) {
    if (key.toLowerCase() === name && value !== undefined) found.push(value);
  }
  return found;
}
