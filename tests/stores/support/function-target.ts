import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context, SQSEvent } from "aws-lambda";
import { apiEvent } from "../../../proving/api-event.ts";
import { aRecord } from "../../support/factories.ts";
import { startTestTarget, type TestTarget } from "./test-target.ts";

/** Real stores, and the environment that leads the functions to them. */
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
    MAC_VALIDATE_KEY_SECRET_ARN: "macs for validate",
    MAC_RECORD_KEY_SECRET_ARN: "macs for aggregate",
    MAC_OUTCOME_KEY_SECRET_ARN: "macs of outcomes",
    SEAL_KEY_SECRET_ARN: "seeds of ballots",
    PROMISE_KEY_SECRET_ARN: "promises",
    LAW_CACHE_SECONDS: "0",
    RESULTS_INTERVAL_SECONDS: "0",
    RESULTS_MINIMUM_VOTES: "1",
    DATABASE_URL: url,
    REDIS_URL: redis.url,
  });
  return stack;
}

/** A request in the form in which API Gateway passes it to a function. */
export function request(
  method: string,
  path: string,
  options: {
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly parameters?: Readonly<Record<string, string>>;
  } = {},
): APIGatewayProxyEvent {
  return apiEvent({
    httpMethod: method,
    path,
    resource: path,
    headers: { ...options.headers },
    body: options.body ?? null,
    pathParameters: options.parameters === undefined ? null : { ...options.parameters },
  });
}

/** A batch in the form in which an event source mapping passes it to a function. */
export function batch(bodies: readonly string[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => aRecord(body, `message-${index}`)),
  };
}

/** A context for functions that do not use it. */
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
