import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { z } from "zod";
import type { HttpAnswer } from "../template/gateway-responses.ts";
import { ACCOUNT } from "../template/model.ts";
import type { Match } from "./router.ts";

const INVALID_UTF8_REPLACED = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/**
 * The event of a Lambda proxy integration of a REST API (API Gateway Developer Guide, "Input format of a Lambda
 * function for proxy integration"). No binary media types are declared, so the body is text, and bytes that are not
 * UTF-8 become U+FFFD.
 *
 * @param request the HTTP request
 * @param url its path and query, split
 * @param match its route
 * @param body its whole body
 */
export function proxyEvent(
  request: IncomingMessage,
  url: { readonly path: string; readonly query: string },
  match: Match,
  body: Buffer,
): APIGatewayProxyEvent {
  const { headers, multiValueHeaders } = headersOf(request.rawHeaders);
  const sourceIp = request.socket.remoteAddress ?? "127.0.0.1";
  headers["X-Forwarded-For"] = sourceIp;
  multiValueHeaders["X-Forwarded-For"] = [sourceIp];
  const query = url.query === "" ? undefined : new URLSearchParams(url.query);
  const now = Date.now();
  const method = request.method ?? "GET";
  return {
    resource: match.route.path,
    path: url.path,
    httpMethod: method,
    headers,
    multiValueHeaders,
    queryStringParameters: query === undefined ? null : Object.fromEntries(query),
    multiValueQueryStringParameters: query === undefined ? null : Object.fromEntries(allValues(query)),
    pathParameters: match.pathParameters,
    stageVariables: null,
    requestContext: {
      accountId: ACCOUNT,
      apiId: "local",
      authorizer: null,
      httpMethod: method,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp,
        user: null,
        userAgent: headers["user-agent"] ?? headers["User-Agent"] ?? null,
        userArn: null,
      },
      path: url.path,
      protocol: `HTTP/${request.httpVersion}`,
      requestId: randomUUID(),
      requestTimeEpoch: now,
      resourceId: match.route.path,
      resourcePath: match.route.path,
      stage: "live",
    },
    body: body.length === 0 ? null : INVALID_UTF8_REPLACED.decode(body),
    isBase64Encoded: false,
  };
}

/** Each name with its values. Calling `getAll` for each name would take seconds for a long query. */
function allValues(query: URLSearchParams): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of query) {
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  }
  return found;
}

function headersOf(raw: readonly string[]): {
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
} {
  const headers: Record<string, string> = {};
  const multiValueHeaders: Record<string, string[]> = {};
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = raw[at + 1] ?? "";
    if (Object.hasOwn(multiValueHeaders, name)) multiValueHeaders[name]?.push(value);
    else define(multiValueHeaders, name, [value]);
    define(headers, name, value);
  }
  return { headers, multiValueHeaders };
}

/** Sets a property, even if a client's header is named `__proto__`. */
function define<T>(target: Record<string, T>, name: string, value: T): void {
  if (name === "__proto__") Object.defineProperty(target, name, { value, enumerable: true, writable: true });
  else target[name] = value;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const proxyResult = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(scalar)).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/**
 * Reads a function's answer.
 *
 * @returns undefined for an answer that API Gateway would call a malformed Lambda proxy response
 */
export function answerOf(result: unknown): HttpAnswer | undefined {
  const parsed = proxyResult.safeParse(result);
  if (!parsed.success) return undefined;
  const headers: Record<string, string | string[]> = { "content-type": "application/json" };
  for (const [name, value] of Object.entries(parsed.data.headers ?? {})) headers[name.toLowerCase()] = String(value);
  for (const [name, values] of Object.entries(parsed.data.multiValueHeaders ?? {})) {
    headers[name.toLowerCase()] = values.map(String);
  }
  const body = parsed.data.body ?? "";
  return {
    statusCode: parsed.data.statusCode,
    headers,
    body: parsed.data.isBase64Encoded === true ? Buffer.from(body, "base64") : body,
  };
}
