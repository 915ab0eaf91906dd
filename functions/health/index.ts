import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { APIGatewayProxyResult } from "aws-lambda";
import { lawState } from "../../shared/domain/law.ts";
import { rollMetaKey } from "../../shared/domain/roll.ts";
import { type Health, SERVICES, type ServiceName } from "../../shared/messages/responses.ts";
import { dynamoDbClient, sqsClient } from "../../shared/runtime/aws-clients.ts";
import { required, wholeNumber } from "../../shared/runtime/environment.ts";
import { httpHandler, json, RETRY_AFTER_SECONDS } from "../../shared/runtime/http.ts";
import { describe, log } from "../../shared/runtime/log.ts";
import { publishCounts } from "../../shared/runtime/metrics.ts";
import { databasePool } from "../../shared/runtime/postgres.ts";
import { redisClient } from "../../shared/runtime/redis.ts";
import { readRollMeta } from "../../shared/stores/claims.ts";
import { DynamoLawStore } from "../../shared/stores/laws.ts";

export interface HealthServices {
  /** Sends a service a cheap request. Rejects when it does not answer. */
  readonly probes: Readonly<Record<ServiceName, () => Promise<unknown>>>;
  /** The open laws whose roll is not complete in Redis. */
  readonly lawsWithoutRoll: () => Promise<readonly string[]>;
  readonly onFailure: (service: ServiceName, error: unknown) => void;
  readonly onRollNotLoaded: (lawIds: readonly string[]) => void;
  /** How long a service may take to answer. */
  readonly probeTimeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The handler of `GET /api/v1/health`. */
export const handler = httpHandler(buildServices, (_, services) => handle(services));

/** Builds the services at a cold start. */
async function buildServices(): Promise<HealthServices> {
  const redis = await redisClient();
  const pool = databasePool();
  const sqs = sqsClient();
  const laws = new DynamoLawStore(dynamoDbClient(), required("LAWS_TABLE"));
  const queue = new GetQueueAttributesCommand({ QueueUrl: required("VOTES_QUEUE_URL"), AttributeNames: ["QueueArn"] });
  return {
    probes: {
      sqs: () => sqs.send(queue),
      redis: () => redis.ping(),
      postgresql: () => pool.query("select 1"),
      dynamodb: () => laws.get("health-probe"),
    },
    lawsWithoutRoll: async () => {
      const open = (await laws.list()).filter((law) => lawState(law, Date.now()) === "open");
      if (open.length === 0) return [];
      const metas = await redis.mget(open.map((law) => rollMetaKey(law.lawId)));
      return open.filter((_, index) => readRollMeta(metas[index] ?? null) === undefined).map((law) => law.lawId);
    },
    onFailure: (service, error) => log.warn("a service did not answer", { service, cause: describe(error) }),
    onRollNotLoaded: (lawIds) => publishCounts(lawIds.map((lawId) => ({ lawId, metric: "RollNotLoaded" }))),
    probeTimeoutMs: wholeNumber("PROBE_TIMEOUT_MS", 2_500),
    now: Date.now,
  };
}

/** Handles one request. */
export async function handle(services: HealthServices): Promise<APIGatewayProxyResult> {
  const states = await Promise.all(SERVICES.map(async (service) => [service, await state(service, services)] as const));
  const connected = Object.fromEntries(states) as Health["services"];
  const healthy = states.every(([, current]) => current === "connected");
  const missing = healthy ? await lawsWithoutRoll(services) : [];
  if (missing.length > 0) services.onRollNotLoaded(missing);
  const body: Health = {
    status: healthy ? "healthy" : "unhealthy",
    services: connected,
    timestamp: new Date(services.now()).toISOString(),
    ...(missing.length === 0 ? {} : { warnings: missing.map((lawId) => `the roll of ${lawId} is not loaded`) }),
  };
  return healthy ? json(200, body) : json(503, body, { "retry-after": String(RETRY_AFTER_SECONDS) });
}

async function state(service: ServiceName, services: HealthServices): Promise<"connected" | "disconnected"> {
  try {
    await withDeadline(services.probes[service](), services.probeTimeoutMs);
    return "connected";
  } catch (error) {
    services.onFailure(service, error);
    return "disconnected";
  }
}

async function lawsWithoutRoll(services: HealthServices): Promise<readonly string[]> {
  try {
    return await withDeadline(services.lawsWithoutRoll(), services.probeTimeoutMs);
  } catch (error) {
    services.onFailure("redis", error);
    return [];
  }
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
