import * as apigateway from "aws-cdk-lib/aws-apigateway";
import type { Settings } from "../../stages.ts";

/** What the gateway says in one situation. */
export interface GatewayProblem {
  readonly status: number;
  readonly problem: string;
  readonly title: string;
  readonly detail: string;
  /** Whether it says when to come back. */
  readonly retry?: boolean;
  /** A member `code`, for callers that tell situations apart. */
  readonly code?: string;
}

/** What the gateway of an API says when no function answers. */
export interface GatewayAnswers {
  readonly problems: ReadonlyArray<readonly [apigateway.ResponseType, GatewayProblem]>;
  /** What it says of any other 4XX, which keeps its own status. */
  readonly refused: { readonly detail: string; readonly code?: string };
  /** Whether any web page may read these texts, which are the same for everybody, if a setting names origins. */
  readonly anyPage: boolean;
}

const TOO_MANY: GatewayProblem = {
  status: 429,
  problem: "too-many-requests",
  title: "Too many requests",
  detail: "More requests arrive than are allowed. Wait as long as Retry-After says and send the same request again.",
  retry: true,
};
// When an integration fails, nobody knows whether the vote was queued, so the text says what is safe to do.
const UNAVAILABLE: GatewayProblem = {
  status: 503,
  problem: "temporarily-unavailable",
  title: "Temporarily unavailable",
  detail:
    "The request could not be confirmed. Send it again after Retry-After: that is safe, because a voter counts once.",
  retry: true,
};
const NOT_FOUND: GatewayProblem = {
  status: 404,
  problem: "not-found",
  title: "Not found",
  detail: "There is nothing at this path.",
};
const REFUSED: GatewayProblem = {
  status: 403,
  problem: "forbidden",
  title: "Forbidden",
  detail: "The request was refused.",
};
const MALFORMED: GatewayProblem = {
  status: 400,
  problem: "malformed-request",
  title: "Malformed request",
  detail: "The request could not be read.",
};

/**
 * The situations in which every API says the same: too many requests, and a function that does not answer.
 *
 * @param tooMany what is said of the first
 * @param unavailable what is said of the second
 */
export function whenNobodyAnswers(tooMany: GatewayProblem, unavailable: GatewayProblem): GatewayAnswers["problems"] {
  return [
    [apigateway.ResponseType.THROTTLED, tooMany],
    [apigateway.ResponseType.QUOTA_EXCEEDED, tooMany],
    [apigateway.ResponseType.INTEGRATION_FAILURE, unavailable],
    [apigateway.ResponseType.INTEGRATION_TIMEOUT, unavailable],
    [apigateway.ResponseType.API_CONFIGURATION_ERROR, unavailable],
    [apigateway.ResponseType.DEFAULT_5XX, unavailable],
  ];
}

/**
 * The answers of API Gateway when no function answers. For a throttled or failing Lambda, API Gateway's default is 500
 * or 502; here it is 503 with Retry-After (API Gateway Developer Guide, "Gateway response types").
 */
const PROBLEMS: ReadonlyArray<readonly [apigateway.ResponseType, GatewayProblem]> = [
  ...whenNobodyAnswers(TOO_MANY, UNAVAILABLE),
  [apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, NOT_FOUND],
  [apigateway.ResponseType.RESOURCE_NOT_FOUND, NOT_FOUND],
  [apigateway.ResponseType.ACCESS_DENIED, REFUSED],
  [apigateway.ResponseType.WAF_FILTERED, REFUSED],
  [
    apigateway.ResponseType.REQUEST_TOO_LARGE,
    { status: 413, problem: "body-too-large", title: "Body too large", detail: "A vote has at most 8 KiB." },
  ],
  [
    apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE,
    {
      status: 415,
      problem: "unsupported-media-type",
      title: "Unsupported media type",
      detail: "Send application/json, without a content-encoding.",
    },
  ],
  [apigateway.ResponseType.BAD_REQUEST_BODY, MALFORMED],
  [apigateway.ResponseType.BAD_REQUEST_PARAMETERS, MALFORMED],
];

/** The voters' API. */
export const VOTERS_ANSWERS: GatewayAnswers = {
  problems: PROBLEMS,
  refused: { detail: REFUSED.detail },
  anyPage: true,
};

/**
 * Makes every answer of the gateway itself application/problem+json. Templates are static text.
 *
 * @param api the API
 * @param settings how long a client is told to wait
 * @param answers what the gateway says
 */
export function addGatewayResponses(api: apigateway.RestApi, settings: Settings, answers: GatewayAnswers): void {
  const headersOf = (problem: GatewayProblem | undefined) => ({
    "Content-Type": "'application/problem+json'",
    "Cache-Control": "'no-store'",
    ...(answers.anyPage && settings.api.corsOrigins.length > 0 ? { "Access-Control-Allow-Origin": "'*'" } : {}),
    ...(problem?.retry === true ? { "Retry-After": `'${settings.api.retryAfterSeconds}'` } : {}),
  });
  for (const [type, problem] of answers.problems) {
    api.addGatewayResponse(`Response${type.responseType}`, {
      type,
      statusCode: String(problem.status),
      responseHeaders: headersOf(problem),
      templates: { "application/json": bodyOf(problem) },
    });
  }
  // Any other 4XX keeps its own status code, so the body names none.
  api.addGatewayResponse("ResponseDEFAULT_4XX", {
    type: apigateway.ResponseType.DEFAULT_4XX,
    responseHeaders: headersOf(undefined),
    templates: {
      "application/json": JSON.stringify({ type: "about:blank", title: "Request refused", ...answers.refused }),
    },
  });
}

function bodyOf({ problem, title, status, detail, code }: GatewayProblem): string {
  const type = `urn:referendum:problem:${problem}`;
  return JSON.stringify({ type, title, status, detail, ...(code === undefined ? {} : { code }) });
}
