import { z } from "zod";
import { type AwsSettings, awsSettingsSchema, devAws, prodAws } from "./stages-aws.ts";

/** The places this application runs. */
export const STAGE_NAMES = ["local", "localstack", "dev", "prod"] as const;
export type StageName = (typeof STAGE_NAMES)[number];

const count = z.number().int().min(1);

const functionSchema = z.strictObject({
  /** Memory in MiB; Lambda gives one full vCPU at 1,769 MiB (Lambda Developer Guide, "Configure Lambda function memory"). */
  memoryMiB: z.number().int().min(128).max(10_240),
  timeoutSeconds: z.number().int().min(1).max(900),
});

const consumerSchema = z.strictObject({
  /** Messages in one invocation. */
  batchSize: z.number().int().min(1).max(10_000),
  /** How long a batch is gathered. Batches above 10 need at least 1 s (Lambda Developer Guide, "Using Lambda with SQS"). */
  batchWindowSeconds: z.number().int().min(0).max(300),
  /** Invocations at once. SQS mappings take 2 to 1,000. */
  maximumConcurrency: z.number().int().min(2).max(1000),
  /** A queue's message is hidden this long while a consumer works on it: at least 6 × the function's timeout. */
  visibilityTimeoutSeconds: z.number().int().min(1).max(43_200),
  /** Deliveries before a message goes to the DLQ; visibility × this must outlast an outage of two hours. */
  maxReceiveCount: count.max(1000),
});

const settingsSchema = z.strictObject({
  stage: z.enum(STAGE_NAMES),
  logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]),
  logRetentionDays: z.union([z.literal(7), z.literal(30), z.literal(365), z.literal(3653)]),
  api: z.strictObject({
    /** Requests per second over all methods; beyond it callers get 429. */
    throttleRate: count,
    /** Requests at once above the rate: the token bucket's size. */
    throttleBurst: count,
    /** What a throttled or refused client is told to wait. */
    retryAfterSeconds: count,
    /** Origins of web pages that may call the API; none: no CORS headers. */
    corsOrigins: z.array(z.url({ protocol: /^https?$/ })),
  }),
  /** How long ingest and results believe a law's window before they read it again: also how long a freeze takes. */
  lawCacheSeconds: z.number().int().min(0).max(60),
  queues: z.strictObject({
    /** Messages wait at most this long. */
    retentionDays: z.number().int().min(1).max(14),
    /** SQS's maximum, because a message's age counts from its first enqueue. */
    deadLetterRetentionDays: z.number().int().min(1).max(14),
  }),
  functions: z.strictObject({
    ingest: functionSchema,
    validate: functionSchema,
    aggregate: functionSchema,
    results: functionSchema,
    receipt: functionSchema,
    health: functionSchema,
    migrate: functionSchema,
    fallback: functionSchema,
  }),
  validate: consumerSchema,
  aggregate: consumerSchema,
  /** What exists only in an AWS account; absent on local and localstack. */
  aws: awsSettingsSchema.optional(),
});

/** Everything about a stage that is not the same on every stage. */
export type Settings = z.output<typeof settingsSchema>;
export type { AwsSettings };

/**
 * What is the same on every stage unless it says otherwise. Memory: what CPU the function needs, because Lambda gives
 * CPU by memory. Local processes ignore it.
 */
const functions: Settings["functions"] = {
  // Parses, hashes and makes one SQS call: bound by CPU on a cold start, which is what the p95 of voting day's first minute is.
  ingest: { memoryMiB: 1024, timeoutSeconds: 10 },
  // A batch of 200 is one Redis round trip and 20 SQS sends of 10.
  validate: { memoryMiB: 1024, timeoutSeconds: 30 },
  // A batch of 500 is one transaction and 20 DynamoDB writes of 25.
  aggregate: { memoryMiB: 1024, timeoutSeconds: 30 },
  // Reading functions wait on the network: a third of a vCPU serves them.
  results: { memoryMiB: 512, timeoutSeconds: 10 },
  receipt: { memoryMiB: 512, timeoutSeconds: 10 },
  health: { memoryMiB: 512, timeoutSeconds: 10 },
  // Not CPU but time: an index on a table of 8 million rows is built within Lambda's maximum.
  migrate: { memoryMiB: 512, timeoutSeconds: 900 },
  // A table look-up.
  fallback: { memoryMiB: 128, timeoutSeconds: 3 },
};

const local: Settings = {
  stage: "local",
  logLevel: "INFO",
  logRetentionDays: 7,
  // A fifth above the peak of 1,000 votes/s (docs/load.md), so that the peak itself is never throttled.
  api: { throttleRate: 1200, throttleBurst: 1200, retryAfterSeconds: 1, corsOrigins: [] },
  // A developer who closes a law wants to see it within a breath.
  lawCacheSeconds: 2,
  queues: { retentionDays: 4, deadLetterRetentionDays: 14 },
  functions: {
    ...functions,
    // A consumer that was killed gives its batch back after 6 × this, and a developer waits for that.
    validate: { ...functions.validate, timeoutSeconds: 5 },
    aggregate: { ...functions.aggregate, timeoutSeconds: 5 },
  },
  // 200 and 500 by measurement on two cores: larger batches save nothing more per vote. 240 × 30 s are two hours.
  validate: {
    batchSize: 200,
    batchWindowSeconds: 1,
    maximumConcurrency: 2,
    visibilityTimeoutSeconds: 30,
    maxReceiveCount: 240,
  },
  aggregate: {
    batchSize: 500,
    batchWindowSeconds: 1,
    maximumConcurrency: 2,
    visibilityTimeoutSeconds: 30,
    maxReceiveCount: 240,
  },
};

const prod: Settings = {
  ...local,
  stage: "prod",
  // An election's records are kept a year, past every period for contesting it.
  logRetentionDays: 365,
  api: {
    // Each of 1,000 votes/s is one POST and one look at its receipt; half as much again as headroom.
    throttleRate: 3000,
    throttleBurst: 3000,
    retryAfterSeconds: 2,
    corsOrigins: [],
  },
  // One read of DynamoDB per law, 10 s and execution environment; a freeze is in force after 10 s.
  lawCacheSeconds: 10,
  functions,
  // Visibility 6 × 30 s. 40 × 180 s are two hours. Concurrency: `npm run capacity`, with room for a backlog to drain.
  validate: {
    batchSize: 200,
    batchWindowSeconds: 1,
    maximumConcurrency: 20,
    visibilityTimeoutSeconds: 180,
    maxReceiveCount: 40,
  },
  aggregate: {
    batchSize: 500,
    batchWindowSeconds: 1,
    maximumConcurrency: 10,
    visibilityTimeoutSeconds: 180,
    maxReceiveCount: 40,
  },
  aws: prodAws,
};

const dev: Settings = {
  ...prod,
  stage: "dev",
  logRetentionDays: 30,
  // Enough for a load test of a tenth of the peak.
  api: { ...prod.api, throttleRate: 200, throttleBurst: 200 },
  lawCacheSeconds: 2,
  validate: { ...prod.validate, maximumConcurrency: 4 },
  aggregate: { ...prod.aggregate, maximumConcurrency: 2 },
  aws: devAws,
};

const STAGES: Readonly<Record<StageName, Settings>> = {
  local,
  // As local: the same functions against LocalStack's SQS, whose Lambda runs are slower.
  localstack: {
    ...local,
    stage: "localstack",
    functions: {
      ...local.functions,
      validate: { ...local.functions.validate, timeoutSeconds: 6 },
      aggregate: { ...local.functions.aggregate, timeoutSeconds: 6 },
    },
    validate: { ...local.validate, visibilityTimeoutSeconds: 36, maxReceiveCount: 200 },
    aggregate: { ...local.aggregate, visibilityTimeoutSeconds: 36, maxReceiveCount: 200 },
  },
  dev,
  prod,
};

/**
 * The settings of a stage.
 *
 * @param stage which one
 * @param overrides what to change, merged deep into the stage's own settings; arrays replace
 * @throws Error naming each setting that is unknown or out of range
 */
export function settingsOf(stage: string, overrides: unknown = {}): Settings {
  const name = z.enum(STAGE_NAMES).safeParse(stage);
  if (!name.success) throw new Error(`no stage ${JSON.stringify(stage)}: use one of ${STAGE_NAMES.join(", ")}`);
  const merged = settingsSchema.safeParse(mergeDeep(STAGES[name.data], overrides));
  if (!merged.success) {
    throw new Error(`the settings of stage ${stage} are not valid:\n${z.prettifyError(merged.error)}`);
  }
  return merged.data;
}

function mergeDeep(base: unknown, changes: unknown): unknown {
  if (!isRecord(base) || !isRecord(changes)) return changes === undefined ? base : changes;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(changes)) merged[key] = mergeDeep(base[key], value);
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
