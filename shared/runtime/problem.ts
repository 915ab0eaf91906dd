import type { APIGatewayProxyResult } from "aws-lambda";
import type { FieldError } from "../messages/vote-request.ts";

/** The problems that the API answers with; `type` is `urn:referendum:problem:<name>`. */
const PROBLEMS = {
  "malformed-request": { status: 400, title: "Malformed request" },
  "not-identified": { status: 403, title: "Not identified" },
  "not-allowed": { status: 403, title: "Not allowed" },
  "not-found": { status: 404, title: "Not found" },
  "no-such-law": { status: 404, title: "No such law" },
  "no-such-vote": { status: 404, title: "No such vote" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  refused: { status: 409, title: "Refused" },
  "law-not-open": { status: 409, title: "Law not open" },
  "vote-destroyed": { status: 410, title: "Vote destroyed" },
  "body-too-large": { status: 413, title: "Body too large" },
  "unsupported-media-type": { status: 415, title: "Unsupported media type" },
  "temporarily-unavailable": { status: 503, title: "Temporarily unavailable" },
} as const;
export type ProblemName = keyof typeof PROBLEMS;

export interface ProblemOptions {
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  /** Members in addition to the standard ones (RFC 9457 §3.2). */
  readonly extensions?: Readonly<Record<string, string | boolean>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * An answer of type application/problem+json.
 *
 * @param name which problem
 * @param options its detail, and further members for the client
 */
export function problem(name: ProblemName, options: ProblemOptions): APIGatewayProxyResult {
  const { status, title } = PROBLEMS[name];
  return {
    statusCode: status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...options.headers },
    body: JSON.stringify({
      type: `urn:referendum:problem:${name}`,
      title,
      status,
      detail: options.detail,
      ...options.extensions,
      ...(options.errors === undefined ? {} : { errors: options.errors }),
    }),
  };
}

/** A mistake of the caller, to be thrown by a handler: `httpHandler` (http.ts) answers with its `result`. */
export class ProblemError extends Error {
  readonly result: APIGatewayProxyResult;

  constructor(name: ProblemName, options: ProblemOptions) {
    super(`${name}: ${options.detail}`);
    this.name = "ProblemError";
    this.result = problem(name, options);
  }
}
