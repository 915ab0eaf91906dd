import type { FunctionName } from "../../infra/functions.ts";

/** Permissions: `action` → names of resources. */
export type Grants = Readonly<Record<string, readonly string[]>>;

const OWN_LOG: Grants = { "logs:CreateLogStream": ["own log"], "logs:PutLogEvents": ["own log"] };
const CONSUME = (queue: string): Grants => ({
  "sqs:ReceiveMessage": [queue],
  "sqs:DeleteMessage": [queue],
  "sqs:ChangeMessageVisibility": [queue],
  "sqs:GetQueueAttributes": [queue],
  "sqs:GetQueueUrl": [queue],
});

const PAUSE = (...queues: readonly string[]): Grants => ({
  "lambda:GetEventSourceMapping": queues.map((queue) => `mapping of ${queue}`),
  "lambda:UpdateEventSourceMapping": queues.map((queue) => `mapping of ${queue}`),
});

const ASK_FOR_KEYS: Grants = { "lambda:InvokeFunction": ["ingest", "log"] };

/** A part of the archive is read and written; what a destroyed law has left there is removed, and never the journal. */
const ARCHIVE = (...parts: readonly string[]): Grants => ({
  "s3:DeleteObject": parts.filter((part) => part !== "journal").map((part) => `archive/${part}`),
  "s3:ListBucket": ["archive"],
  "s3:GetObject": parts.map((part) => `archive/${part}`),
  "s3:PutObject": parts.map((part) => `archive/${part}`),
});

/** Function × permission, on every stage. What is not here is not allowed. */
export const FUNCTION_GRANTS: Readonly<Record<FunctionName, Grants>> = {
  ingest: {
    ...OWN_LOG,
    "sqs:SendMessage": ["votes"],
    "dynamodb:GetItem": ["laws"],
    "dynamodb:Query": ["receipts"],
    "secretsmanager:GetSecretValue": [
      ...["code check key", "idempotency key", "mac key of aggregate", "mac key of validate", "pepper"],
      ...["promise key", "request id key", "seal key"],
    ],
  },
  validate: {
    ...OWN_LOG,
    ...CONSUME("votes"),
    "sqs:SendMessage": ["outcomes", "votes-dlq"],
    "secretsmanager:GetSecretValue": ["mac key of outcomes", "mac key of validate"],
  },
  aggregate: {
    ...OWN_LOG,
    ...CONSUME("outcomes"),
    "sqs:SendMessage": ["outcomes-dlq"],
    "dynamodb:BatchWriteItem": ["receipts"],
    "secretsmanager:GetSecretValue": ["mac key of aggregate", "mac key of outcomes"],
  },
  results: { ...OWN_LOG, "dynamodb:GetItem": ["laws"], "dynamodb:Scan": ["laws"] },
  receipt: {
    ...OWN_LOG,
    "dynamodb:GetItem": ["laws"],
    "dynamodb:Query": ["receipts"],
    "secretsmanager:GetSecretValue": ["request id key"],
  },
  laws: { ...OWN_LOG, "dynamodb:GetItem": ["laws"], "dynamodb:Scan": ["laws"] },
  health: {
    ...OWN_LOG,
    "dynamodb:GetItem": ["laws"],
    "dynamodb:Scan": ["laws"],
    "sqs:GetQueueAttributes": ["votes"],
  },
  log: {
    ...OWN_LOG,
    "s3:ListBucket": ["public logs"],
    "s3:GetObject": ["public logs/log"],
    "s3:PutObject": ["public logs/log"],
  },
  operate: mergeGrants(
    OWN_LOG,
    ARCHIVE("journal", "set-aside", "set-aside-undone"),
    CONSUME("votes-dlq"),
    CONSUME("outcomes-dlq"),
    {
      "sqs:GetQueueAttributes": ["votes", "outcomes"],
      "sqs:SendMessage": ["votes", "outcomes"],
      "dynamodb:GetItem": ["laws"],
      "dynamodb:UpdateItem": ["laws"],
      "dynamodb:BatchGetItem": ["receipts"],
      "dynamodb:BatchWriteItem": ["receipts"],
      "dynamodb:Scan": ["laws", "receipts"],
      "secretsmanager:GetSecretValue": ["archive key", "mac key of outcomes", "set-aside key"],
    },
    PAUSE("votes", "outcomes"),
    ASK_FOR_KEYS,
  ),
  roll: {
    ...OWN_LOG,
    ...PAUSE("votes"),
    ...ASK_FOR_KEYS,
    ...ARCHIVE("journal", "roll-changes"),
    "sqs:GetQueueAttributes": ["outcomes"],
    "dynamodb:GetItem": ["laws"],
    // It adds laws, whose pepper it may read.
    "dynamodb:UpdateItem": ["laws"],
    "dynamodb:Scan": ["laws"],
    "secretsmanager:GetSecretValue": ["archive key", "code check key", "pepper", "person key"],
  },
  migrate: OWN_LOG,
  fallback: OWN_LOG,
};

/**
 * Adds grants up.
 *
 * @param grants each of a part
 */
export function mergeGrants(...grants: readonly Grants[]): Record<string, string[]> {
  const merged: Record<string, string[]> = {};
  for (const [action, names] of grants.flatMap((it) => Object.entries(it))) {
    merged[action] = [...(merged[action] ?? []), ...names].sort();
  }
  return merged;
}
