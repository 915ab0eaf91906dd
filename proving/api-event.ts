import type { APIGatewayProxyEvent } from "aws-lambda";

/**
 * A request in the form in which API Gateway passes it to a function.
 *
 * @param changes differences from a vote without a body; headers are given in both forms
 */
export function apiEvent(changes: Partial<APIGatewayProxyEvent> = {}): APIGatewayProxyEvent {
  const headers = changes.headers ?? { "Content-Type": "application/json" };
  const event = {
    resource: "/api/v1/vote",
    path: "/api/v1/vote",
    httpMethod: "POST",
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ""]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body: null,
    isBase64Encoded: false,
    ...changes,
    headers,
  };
  return { ...event, requestContext: requestContextOf(event) };
}

function requestContextOf({
  httpMethod,
  path,
}: Pick<APIGatewayProxyEvent, "httpMethod" | "path">): APIGatewayProxyEvent["requestContext"] {
  return {
    accountId: "000000000000",
    apiId: "test",
    authorizer: null,
    protocol: "HTTP/1.1",
    httpMethod,
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
      sourceIp: "127.0.0.1",
      user: null,
      userAgent: null,
      userArn: null,
    },
    path,
    stage: "live",
    requestId: "test",
    requestTimeEpoch: 0,
    resourceId: "test",
    resourcePath: path,
  };
}
