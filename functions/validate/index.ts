import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { secretsManagerClient, sqsClient } from "../../shared/runtime/aws-clients.ts";
import { required } from "../../shared/runtime/environment.ts";
import { KeyRing } from "../../shared/runtime/key-ring.ts";
import { describe, log } from "../../shared/runtime/log.ts";
import { publishCounts, publishDecided } from "../../shared/runtime/metrics.ts";
import { once } from "../../shared/runtime/once.ts";
import { redisClient } from "../../shared/runtime/redis.ts";
import { logBatch } from "../../shared/runtime/submissions.ts";
import { RedisClaimStore } from "../../shared/stores/claims.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import { decide, type ValidateServices } from "./decide.ts";

const services = once(buildServices);

/** The handler for the event source mapping of the votes queue. */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => handle(event, await services());

/** Builds the services at a cold start. */
async function buildServices(): Promise<ValidateServices> {
  const sqs = sqsClient();
  const onError = (error: unknown) => log.warn("a message could not be sent", { cause: describe(error) });
  return {
    claims: new RedisClaimStore(await redisClient()),
    keys: await KeyRing.load(
      secretsManagerClient(),
      { macValidate: required("MAC_VALIDATE_KEY_SECRET_ARN"), macOutcome: required("MAC_OUTCOME_KEY_SECRET_ARN") },
      performance.now.bind(performance),
    ),
    outcomes: new SqsQueue(sqs, required("OUTCOMES_QUEUE_URL"), onError),
    deadLetters: new SqsQueue(sqs, required("VOTES_DLQ_URL"), onError),
    onError: (error) => log.error("Redis could not be asked; the votes wait", { cause: describe(error) }),
    onDecided: (entries) => {
      publishCounts(entries);
      publishDecided(entries);
      logBatch("votes decided", entries);
    },
  };
}

/** Handles one batch. */
export async function handle(event: SQSEvent, services: ValidateServices): Promise<SQSBatchResponse> {
  return decide(event.Records, services);
}
