import * as apigateway from "aws-cdk-lib/aws-apigateway";
import { type GatewayAnswers, type GatewayProblem, whenNobodyAnswers } from "../api/gateway-responses.ts";

const TOO_MANY: GatewayProblem = {
  status: 429,
  problem: "too-many-requests",
  title: "Too many requests",
  detail: "More requests arrive than are allowed. Wait as long as Retry-After says and send the same request again.",
  code: "too_many_requests",
  retry: true,
};
const UNAVAILABLE: GatewayProblem = {
  status: 503,
  problem: "temporarily-unavailable",
  title: "Temporarily unavailable",
  detail: "The step could not be confirmed. Send the same request again after Retry-After: each step can be repeated.",
  code: "temporarily_unavailable",
  retry: true,
};
/** The gateway says the same of a path that does not exist and of a request without a signature. */
const UNSIGNED: GatewayProblem = {
  status: 403,
  problem: "not-signed",
  title: "Not signed",
  detail: "The request has no signature (AWS Signature Version 4), or its path is none of this API.",
  code: "not_signed",
};
const REFUSED: GatewayProblem = {
  status: 403,
  problem: "access-denied",
  title: "Access denied",
  detail: "The role that signed the request is not authorized to ask for this.",
  code: "access_denied",
};
const MALFORMED: GatewayProblem = {
  status: 400,
  problem: "malformed-request",
  title: "Malformed request",
  detail: "The request could not be read.",
  code: "invalid_request",
};

/**
 * What the gateway of the operators' API says by itself (API Gateway Developer Guide, "Gateway response types"). Each
 * reason for a refusal has its own code, so that a command can say what to do about it.
 */
export const OPERATORS_ANSWERS: GatewayAnswers = {
  problems: [
    ...whenNobodyAnswers(TOO_MANY, UNAVAILABLE),
    [apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, UNSIGNED],
    [apigateway.ResponseType.RESOURCE_NOT_FOUND, UNSIGNED],
    [apigateway.ResponseType.ACCESS_DENIED, REFUSED],
    [
      apigateway.ResponseType.EXPIRED_TOKEN,
      {
        status: 403,
        problem: "expired-token",
        title: "Expired token",
        detail: "The session that signed the request has expired: take the role again.",
        code: "expired_token",
      },
    ],
    [
      apigateway.ResponseType.INVALID_SIGNATURE,
      {
        status: 403,
        problem: "invalid-signature",
        title: "Invalid signature",
        detail: "The signature is not valid. The clock of the machine that made it may be wrong: see the header Date.",
        code: "invalid_signature",
      },
    ],
    [
      apigateway.ResponseType.REQUEST_TOO_LARGE,
      {
        status: 413,
        problem: "body-too-large",
        title: "Body too large",
        detail: "A request has at most 4 MB.",
        code: "body_too_large",
      },
    ],
    [
      apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE,
      {
        status: 415,
        problem: "unsupported-media-type",
        title: "Unsupported media type",
        detail: "Send application/json, without a content-encoding.",
        code: "unsupported_media_type",
      },
    ],
    [apigateway.ResponseType.BAD_REQUEST_BODY, MALFORMED],
    [apigateway.ResponseType.BAD_REQUEST_PARAMETERS, MALFORMED],
  ],
  refused: { detail: "The request was refused.", code: "refused" },
  anyPage: false,
};
