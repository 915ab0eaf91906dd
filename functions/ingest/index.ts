import { randomBytes } from "node:crypto";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import {
  isPromiseKeyRequest,
  type PromiseKeyAnswer,
  type PromiseKeyRequest,
} from "../../shared/messages/promise-key.ts";
import { dynamoDbClient, secretsManagerClient, sqsClient } from "../../shared/runtime/aws-clients.ts";
import { required, wholeNumber } from "../../shared/runtime/environment.ts";
import { httpHandler } from "../../shared/runtime/http.ts";
import { KeyRing } from "../../shared/runtime/key-ring.ts";
import { Keys } from "../../shared/runtime/keys.ts";
import { describe, log } from "../../shared/runtime/log.ts";
import { publishCounts } from "../../shared/runtime/metrics.ts";
import { logSubmission } from "../../shared/runtime/submissions.ts";
import { CachedLawStore } from "../../shared/stores/law-cache.ts";
import { DynamoLawStore } from "../../shared/stores/laws.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import { DynamoReceiptStore } from "../../shared/stores/receipts.ts";
import { accept, type IngestServices } from "./accept.ts";
import { newestPromiseKey } from "./promise.ts";

const http = httpHandler(buildServices, handle);

/** The handler of `POST /api/v1/vote`, and of the question for the public key of promises. */
export function handler(event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult>;
export function handler(event: PromiseKeyRequest, context: Context): Promise<PromiseKeyAnswer>;
export function handler(
  event: APIGatewayProxyEvent | PromiseKeyRequest,
  context: Context,
): Promise<APIGatewayProxyResult | PromiseKeyAnswer> {
  return isPromiseKeyRequest(event) ? promiseKey() : http(event, context);
}

/** The secret as it is now: it may have been rotated a moment ago. */
async function promiseKey(): Promise<PromiseKeyAnswer> {
  return newestPromiseKey(await Keys.load(secretsManagerClient(), { promise: required("PROMISE_KEY_SECRET_ARN") }));
}

/** Builds the services at a cold start. */
async function buildServices(): Promise<IngestServices> {
  const dynamoDb = dynamoDbClient();
  const onError = (error: unknown) => log.warn("a call to AWS failed", { cause: describe(error) });
  const laws = new DynamoLawStore(dynamoDb, required("LAWS_TABLE"));
  return {
    keys: await KeyRing.load(
      secretsManagerClient(),
      {
        requestIdMac: required("REQUEST_ID_KEY_SECRET_ARN"),
        idempotency: required("IDEMPOTENCY_KEY_SECRET_ARN"),
        pepper: required("PEPPER_SECRET_ARN"),
        codeCheck: required("CODE_CHECK_KEY_SECRET_ARN"),
      },
      performance.now.bind(performance),
    ),
    messageKeys: await KeyRing.load(
      secretsManagerClient(),
      {
        macValidate: required("MAC_VALIDATE_KEY_SECRET_ARN"),
        macRecord: required("MAC_RECORD_KEY_SECRET_ARN"),
        seal: required("SEAL_KEY_SECRET_ARN"),
      },
      performance.now.bind(performance),
    ),
    promiseKeys: await KeyRing.load(
      secretsManagerClient(),
      { promise: required("PROMISE_KEY_SECRET_ARN") },
      performance.now.bind(performance),
    ),
    laws: new CachedLawStore(laws, wholeNumber("LAW_CACHE_SECONDS", 5), {
      now: Date.now,
      elapsed: performance.now.bind(performance),
    }),
    votes: new SqsQueue(sqsClient(), required("VOTES_QUEUE_URL"), onError),
    receipts: new DynamoReceiptStore(dynamoDb, required("RECEIPTS_TABLE"), { onError, pause: async () => undefined }),
    now: Date.now,
    randomBytes,
    onUnconfirmed: onError,
    onAccepted: acceptedCounter(),
  };
}

/** Handles one request. */
export async function handle(event: APIGatewayProxyEvent, services: IngestServices): Promise<APIGatewayProxyResult> {
  return accept(event, services);
}

/**
 * How often the number of accepted votes is published. A line of metrics per vote would cost more than accepting the
 * vote.
 */
const PUBLISH_EVERY_MS = 1_000;

function acceptedCounter(): (lawId: string, requestId: string) => void {
  let pending: { lawId: string; metric: "VotesAccepted" }[] = [];
  let due = 0;
  return (lawId, requestId) => {
    logSubmission("vote accepted", { requestId, outcome: "accepted" });
    pending.push({ lawId, metric: "VotesAccepted" });
    if (performance.now() < due) return;
    publishCounts(pending);
    pending = [];
    due = performance.now() + PUBLISH_EVERY_MS;
  };
}
