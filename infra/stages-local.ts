import type { Layer } from "./settings.ts";

/** The values for one machine, where a developer waits for results and two cores do everything. */
export const laptop: Layer = {
  // Nobody looks further back than a week. Only LocalStack knows log groups; the local stack's logs are files.
  logRetentionDays: 7,
  // The system is built for 1,000 votes/s; a fifth above it, so that the peak itself is never throttled. Two looks per
  // vote.
  api: { throttleRate: 1200, throttleBurst: 1200, readRate: 2400, readBurst: 2400, retryAfterSeconds: 1 },
  // A developer who closes a law wants to see it within a breath.
  lawCacheSeconds: 2,
  // One machine has one clock; the rest is for DynamoDB.
  lawChangeMarginSeconds: 1,
  // The queues are on this machine: nothing is on its way for longer.
  countQuietSeconds: 2,
  // A developer tries it at once. Nobody's votes are here.
  legalTermDays: 0,
  // A developer sees every vote at once. Nobody's choice is secret here.
  resultsIntervalSeconds: 0,
  resultsMinimumVotes: 1,
  turnoutMinimum: 1,
  publicLog: { minimumSubmissions: 1 },
  // One developer, whose name nobody checks.
  twoPeople: false,
  // Two processes each: a crowd of requests waits for them, where Lambda would start more.
  functions: {
    results: { timeoutSeconds: 10 },
    receipt: { timeoutSeconds: 10 },
    laws: { timeoutSeconds: 10 },
    health: { timeoutSeconds: 10 },
  },
  validate: { maximumConcurrency: 2 },
  aggregate: { maximumConcurrency: 2 },
};

export const local: Layer = {
  // A consumer that was killed gives its batch back after 6 × this, and a developer waits for that.
  functions: { validate: { timeoutSeconds: 5 }, aggregate: { timeoutSeconds: 5 } },
  // A developer who looks at a log sees it move.
  publicLog: { intervalSeconds: 2 },
  readerDatabaseTimeoutMs: 1_000,
  healthProbeTimeoutMs: 2_500,
  // 240 × 30 s are two hours.
  validate: { visibilityTimeoutSeconds: 30, maxReceiveCount: 240 },
  aggregate: { visibilityTimeoutSeconds: 30, maxReceiveCount: 240 },
};

export const localstack: Layer = {
  // As local: the same functions against LocalStack's SQS, whose Lambda runs are slower.
  functions: { validate: { timeoutSeconds: 6 }, aggregate: { timeoutSeconds: 6 } },
  // LocalStack has EventBridge's rates, of whole minutes.
  publicLog: { intervalSeconds: 60 },
  // LocalStack starts an execution environment as a process or container each: with a hundred requests at once on two
  // cores, a service that is well waits seconds for its turn.
  readerDatabaseTimeoutMs: 4_000,
  healthProbeTimeoutMs: 8_000,
  // 200 × 36 s are two hours.
  validate: { visibilityTimeoutSeconds: 36, maxReceiveCount: 200 },
  aggregate: { visibilityTimeoutSeconds: 36, maxReceiveCount: 200 },
};
