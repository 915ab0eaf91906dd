import { setTimeout as pause } from "node:timers/promises";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { dynamoDbClient, secretsManagerClient, sqsClient } from "../../shared/runtime/aws-clients.ts";
import { required } from "../../shared/runtime/environment.ts";
import { KeyRing } from "../../shared/runtime/key-ring.ts";
import { describe, log } from "../../shared/runtime/log.ts";
import { publishCounts, publishSecondsToCounted } from "../../shared/runtime/metrics.ts";
import { once } from "../../shared/runtime/once.ts";
import { databasePool } from "../../shared/runtime/postgres.ts";
import { logBatch } from "../../shared/runtime/submissions.ts";
import { PostgresOutcomeStore } from "../../shared/stores/outcomes.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import { DynamoReceiptStore } from "../../shared/stores/receipts.ts";
import { type AggregateServices, type RecordedEntry, record } from "./record.ts";

const services = once(buildServices);

/** The handler for the event source mapping of the outcomes queue. */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => handle(event, await services());

/** Builds the services at a cold start. */
async function buildServices(): Promise<AggregateServices> {
  const onError = (error: unknown) => log.warn("a call to AWS failed", { cause: describe(error) });
  return {
    keys: await KeyRing.load(
      secretsManagerClient(),
      { macRecord: required("MAC_RECORD_KEY_SECRET_ARN"), macOutcome: required("MAC_OUTCOME_KEY_SECRET_ARN") },
      performance.now.bind(performance),
    ),
    outcomes: new PostgresOutcomeStore(databasePool()),
    receipts: new DynamoReceiptStore(dynamoDbClient(), required("RECEIPTS_TABLE"), { onError, pause }),
    deadLetters: new SqsQueue(sqsClient(), required("OUTCOMES_DLQ_URL"), onError),
    now: () => performance.now(),
    pause,
    onError: (error) => log.error("PostgreSQL did not record a batch; its votes wait", { cause: describe(error) }),
    onRecorded: publishRecorded,
    onBatch: (entries) => logBatch("outcomes recorded", entries),
  };
}

function publishRecorded(entries: readonly RecordedEntry[]): void {
  publishCounts(entries);
  publishSecondsToCounted(entries.filter(({ metric }) => metric === "VotesCounted").map(({ seconds }) => seconds));
}

/** Handles one batch. */
export async function handle(event: SQSEvent, services: AggregateServices): Promise<SQSBatchResponse> {
  return record(event.Records, services);
}
