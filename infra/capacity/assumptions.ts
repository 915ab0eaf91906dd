/** A figure of the model, with its source. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

const figure = (value: number, unit: string, source: string): Figure => ({ value, unit, source });

/**
 * The costs of one vote. Measured figures come from the local stack on two cores. Assumed figures are marked, and a
 * load test in an AWS account should replace them.
 */
export const PER_VOTE = {
  ingestMs: figure(30, "ms per vote", "assumed: one SQS SendMessage within a region (10 to 20 ms) and a few ms of CPU"),
  readMs: figure(10, "ms a request", "assumed: one DynamoDB query within a region"),
  validateBatchMs: figure(25, "ms per batch", "assumed: one pipelined Redis round trip and one SQS send of ten"),
  validateSingleMs: figure(15, "ms per batch of one", "assumed: the same calls with one vote"),
  aggregateBatchMs: figure(600, "ms per batch", "assumed: one transaction of 500 votes and 20 DynamoDB writes of 25"),
  aggregateSingleMs: figure(30, "ms per batch of one", "assumed: one transaction and one DynamoDB write"),
  statusRequests: figure(1, "requests per vote", "assumed: each voter looks at the receipt once"),
  redisMicroseconds: figure(
    15,
    "µs of its one thread",
    "assumed: one EVALSHA with two hash commands (redis-benchmark: 60,000/s)",
  ),
  postgresMicroseconds: figure(
    100,
    "µs of a core",
    "`npm run bench -- --full`, 2026-11-23, AMD EPYC: aggregate on PostgreSQL, 49 to 89 µs per vote with the function's own part",
  ),
  walBytes: figure(
    2200,
    "bytes",
    "row and index changes of participation, ballot, audit and tally, full-page images included",
  ),
} as const satisfies Record<string, Figure>;

/** How Lambda takes messages from a queue. */
export const POLLING = {
  pollers: figure(
    5,
    "at once",
    'Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings": five, until a backlog grows',
  ),
  askMs: figure(20, "ms per batch", "assumed: one ReceiveMessage and one DeleteMessageBatch within a region"),
} as const satisfies Record<string, Figure>;

/**
 * Lines of the logs. Lambda's own lines for each invocation, some 1,560 bytes a vote, are left out: the functions'
 * system log level is WARN, which keeps those of invocations that failed. A test measures the functions' lines.
 */
export const LOG_LINES = {
  access: figure(260, "bytes a request", "infra/constructs/api/referendum-api.ts, its access log"),
  metrics: figure(260, "bytes a batch and law", "shared/runtime/metrics.ts, publishCounts"),
  totals: figure(285, "bytes a batch of validate", "shared/runtime/metrics.ts, publishDecided"),
  batch: figure(210, "bytes a batch", "shared/runtime/submissions.ts, logBatch, with Lambda's trace id"),
  overhead: figure(26, "bytes a line", "CloudWatch Logs, pricing: what each event is charged beside its text"),
} as const satisfies Record<string, Figure>;

/** What a voter's browser asks of CloudFront, if every voter uses the pages: the dearest case. */
export const PAGES = {
  filesPerVoter: figure(
    9,
    "requests a voter",
    "built pages: vote.html with icon, style and four scripts, then receipt.html with one more; a test counts them",
  ),
  bytesPerVoter: figure(64_000, "bytes a voter", "the same files, compressed (53 KB), and 1 KB of headers each"),
  apiRequestsPerVoter: figure(1, "requests a voter", "assumed: the law's description; CloudFront has it for seconds"),
  apiRequestsPerVote: figure(2, "requests a vote", "the vote, and one look at its receipt"),
  apiBytes: figure(1_500, "bytes a request", "assumed: a short JSON answer and its headers"),
} as const satisfies Record<string, Figure>;

/** The storage of one voter or vote. */
export const STORED = {
  redisBytesPerVoter: figure(
    57,
    "bytes",
    "`npm run bench -- --full`, 2026-11-23, AMD EPYC: 41 for a voter and 16 for a claim, in listpack hashes",
  ),
  redisReserve: figure(0.25, "of a node", "ElastiCache's reserved-memory-percent, for replication and snapshots"),
  rollBytes: figure(
    240,
    "bytes",
    "voter_roll: 104 bytes a row, 66 and 70 in two indexes (PostgreSQL, Database Page Layout)",
  ),
  voteBytes: figure(
    640,
    "bytes",
    "participation 190, ballot 100, audit 350 (of which the promise and its envelope's digest are 104), with their indexes (as above)",
  ),
  logBytes: figure(155, "bytes", "log_entries: 120 bytes a row, 35 in its index (as above)"),
  storageReserve: figure(3, "times", "room for WAL, bloat, and a second referendum before the first is archived"),
  hotShare: figure(0.6, "of tables and indexes", "B-tree pages and recent heap pages that a voting day touches"),
} as const satisfies Record<string, Figure>;

/** What the public logs take. */
export const PUBLIC_LOG = {
  entryMs: figure(0.1, "ms an entry", "assumed: hashing it twice, entering it, and its share of two objects of 256"),
  runMs: figure(200, "ms a run", "assumed: a look at each law without new entries"),
  partialObjects: figure(
    6,
    "objects an epoch",
    "operations/log: three tiles and a bundle that are not full, the checkpoint and its copy",
  ),
  objectBytes: figure(103, "bytes an entry", "shared/domain/log/tiles.ts: 70 in its bundle, 33 in tiles"),
} as const satisfies Record<string, Figure>;

/** What functions do every minute: `health` asks the services, `operate` looks for changes that were cut off. */
export const EVERY_MINUTE = {
  healthMs: figure(50, "ms a look", "assumed: three services asked at once"),
  operateMs: figure(20, "ms a look", "assumed: one statement, which finds nothing"),
} as const satisfies Record<string, Figure>;

/** What guarding queues, tables and secrets takes in a month. */
export const ACCESS = {
  keyUsers: figure(
    10,
    "roles that ask",
    'SQS Developer Guide, "Estimating AWS KMS costs": a request per data key for each consumer, two for each producer',
  ),
  managementEvents: figure(
    300_000,
    "events a month",
    "assumed: 7 a minute, of deployments, pollers and reads of secrets",
  ),
  dataEvents: figure(10_000, "events a month", "assumed: operators' work; what functions do is not recorded"),
  eventBytes: figure(2_000, "bytes an event", "CloudTrail User Guide, examples of events: 1 to 2 KB"),
} as const satisfies Record<string, Figure>;

/** Memory in GiB and virtual CPUs of the instance types that the settings may name. */
export const DATABASE_TYPES: Readonly<Record<string, { readonly gib: number; readonly vcpus: number }>> = {
  "t4g.medium": { gib: 4, vcpus: 2 },
  "r8g.large": { gib: 16, vcpus: 2 },
  "r8g.xlarge": { gib: 32, vcpus: 4 },
  "r8g.2xlarge": { gib: 64, vcpus: 8 },
  "r8g.4xlarge": { gib: 128, vcpus: 16 },
};

/** Usable memory of ElastiCache's nodes (ElastiCache User Guide, "Supported node types"). */
export const REDIS_TYPES: Readonly<Record<string, number>> = {
  "cache.t4g.small": 1.37,
  "cache.t4g.medium": 3.09,
  "cache.m7g.large": 6.38,
  "cache.r7g.large": 13.07,
  "cache.r7g.xlarge": 26.32,
  "cache.r7g.2xlarge": 52.82,
};
