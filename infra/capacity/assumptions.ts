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
  aggregateBatchMs: figure(600, "ms per batch", "assumed: one transaction of 500 votes and 20 DynamoDB writes of 25"),
  statusRequests: figure(1, "requests per vote", "assumed: each voter looks at the receipt once"),
  sqsRequests: figure(
    1.5,
    "requests per vote",
    "ingest sends 1; both queues are received and deleted, and outcomes sent, by 10",
  ),
  redisMicroseconds: figure(
    15,
    "µs of its one thread",
    "assumed: one EVALSHA with two hash commands (redis-benchmark: 60,000/s)",
  ),
  walBytes: figure(
    2200,
    "bytes",
    "row and index changes of participation, ballot, audit and tally, full-page images included",
  ),
  logBytes: figure(
    80,
    "bytes",
    "one line of metrics and one of what became of it a batch and function, one line of access log a request, shared by its votes",
  ),
} as const satisfies Record<string, Figure>;

/** The storage of one voter or vote. */
export const STORED = {
  redisBytesPerVoter: figure(57, "bytes", "measured: listpack hashes of 122 voters, field and request id"),
  redisReserve: figure(0.25, "of a node", "ElastiCache's reserved-memory-percent, for replication and snapshots"),
  rollBytes: figure(
    240,
    "bytes",
    "voter_roll: 104 bytes a row, 66 and 70 in two indexes (PostgreSQL, Database Page Layout)",
  ),
  voteBytes: figure(530, "bytes", "participation 190, ballot 100, audit 240, with their indexes (as above)"),
  storageReserve: figure(3, "times", "room for WAL, bloat, and a second referendum before the first is archived"),
  hotShare: figure(0.6, "of tables and indexes", "B-tree pages and recent heap pages that a voting day touches"),
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
