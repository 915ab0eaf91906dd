import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context, SQSEvent } from "aws-lambda";
import { startTestTarget, type TestTarget } from "./test-target.ts";

/** Real stores, and the environment that the functions find them by, as their stack gives it to them. */
export async function startFunctionTarget(): Promise<TestTarget> {
  const stack = await startTestTarget();
  const { endpoints, postgres, redis, region } = stack.target.address;
  const url = "connectionString" in postgres ? (postgres.connectionString ?? "") : "";
  Object.assign(process.env, {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL_SQS: endpoints?.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints?.dynamoDb,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints?.secretsManager,
    VOTES_QUEUE_URL: stack.target.output("VotesQueueUrl"),
    OUTCOMES_QUEUE_URL: stack.target.output("OutcomesQueueUrl"),
    VOTES_DLQ_URL: stack.target.output("VotesDlqUrl"),
    OUTCOMES_DLQ_URL: stack.target.output("OutcomesDlqUrl"),
    LAWS_TABLE: stack.target.output("LawsTableName"),
    RECEIPTS_TABLE: stack.target.output("ReceiptsTableName"),
    REQUEST_ID_KEY_SECRET_ARN: stack.target.output("RequestIdKeySecretArn"),
    IDEMPOTENCY_KEY_SECRET_ARN: "idempotency",
    PEPPER_SECRET_ARN: stack.target.output("PepperSecretArn"),
    CODE_CHECK_KEY_SECRET_ARN: stack.target.output("CodeCheckKeySecretArn"),
    LAW_CACHE_SECONDS: "0",
    DATABASE_URL: url,
    REDIS_URL: redis.url,
  });
  return stack;
}

/** A request as API Gateway hands it to a function. */
export function request(
  method: string,
  path: string,
  options: {
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly parameters?: Readonly<Record<string, string>>;
  } = {},
): APIGatewayProxyEvent {
  const headers = { ...options.headers };
  return {
    httpMethod: method,
    path,
    resource: path,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: options.body ?? null,
    isBase64Encoded: false,
    pathParameters: options.parameters === undefined ? null : { ...options.parameters },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: "000000000000",
      apiId: "test",
      authorizer: undefined,
      protocol: "HTTP/1.1",
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
    },
  };
}

/** A batch as an event source mapping hands it to a function. */
export function batch(bodies: readonly string[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index}`,
      receiptHandle: `handle-${index}`,
      body,
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "0",
        SenderId: "test",
        ApproximateFirstReceiveTimestamp: "0",
      },
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:queue",
      awsRegion: "us-east-1",
    })),
  };
}

/** What a function that does not look at its context gets. */
export const CONTEXT: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: "test",
  functionVersion: "1",
  invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:test",
  memoryLimitInMB: "128",
  awsRequestId: "test",
  logGroupName: "test",
  logStreamName: "test",
  getRemainingTimeInMillis: () => 10_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};

/** The body of an answer. */
export function bodyOf(result: APIGatewayProxyResult): Record<string, unknown> {
  return JSON.parse(result.body);
}
