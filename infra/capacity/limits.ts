import type { Settings } from "../stages.ts";
import { DATABASE_TYPES, PER_VOTE, STORED } from "./assumptions.ts";
import { awsOf, type Demand, NEW_TABLE_WRITES_PER_SECOND, type Need, throughput } from "./model.ts";

/** A limit, and the number of votes per second at which it is reached. */
export interface Limit {
  readonly name: string;
  readonly limit: number;
  readonly needed: number;
  readonly unit: string;
  /** Votes per second at which it is reached; undefined: it does not depend on the rate. */
  readonly votesPerSecond: number | undefined;
  readonly source: string;
  /** How it can be raised. */
  readonly raisedBy: "settings" | "quota" | "design";
}

const GIB = 1024 ** 3;
const API_REQUESTS_PER_VOTE = 1 + PER_VOTE.statusRequests.value;

/**
 * Every limit that a demand comes near, the nearest first.
 *
 * @param demand what is to be carried
 * @param need what it needs (model.ts)
 * @param settings the stage's settings
 */
export function limitsOf(demand: Demand, need: Need, settings: Settings): Limit[] {
  const aws = awsOf(settings);
  const rate = (limit: Omit<Limit, "votesPerSecond" | "needed">, perVote: number): Limit => ({
    ...limit,
    needed: demand.peak * perVote,
    votesPerSecond: limit.limit / perVote,
  });
  const capacity = throughput(settings);
  const consumers = settings.validate.maximumConcurrency + settings.aggregate.maximumConcurrency;
  const concurrentPerVote = (need.concurrency.ingest + need.concurrency.receipt) / demand.peak;
  const perSecond = "requests/s";
  const limits: Limit[] = [
    rate(
      {
        name: "API throttle of the stage, votes",
        limit: settings.api.throttleRate,
        unit: perSecond,
        raisedBy: "settings",
        source: "api.throttleRate",
      },
      1,
    ),
    rate(
      {
        name: "API throttle of the stage, everything else",
        limit: settings.api.readRate,
        unit: perSecond,
        raisedBy: "settings",
        source: "api.readRate",
      },
      PER_VOTE.statusRequests.value,
    ),
    rate(
      {
        name: "API Gateway, account and region",
        limit: 10_000,
        unit: perSecond,
        raisedBy: "quota",
        source: "API Gateway quotas, throttle per account and region",
      },
      API_REQUESTS_PER_VOTE,
    ),
    {
      name: "Lambda concurrency of the account",
      limit: 1000,
      needed: need.concurrency.total,
      unit: "at once",
      votesPerSecond: (1000 - consumers) / concurrentPerVote,
      source: "Lambda quotas, concurrent executions (new accounts may have less)",
      raisedBy: "quota",
    },
    rate(
      {
        name: "Provisioned concurrency of ingest",
        limit: aws.ingestConcurrency.maximum,
        unit: "at once",
        raisedBy: "settings",
        source: "aws.ingestConcurrency.maximum; beyond it cold starts, no refusals",
      },
      PER_VOTE.ingestMs.value / 1000,
    ),
    rate(
      {
        name: "validate: mapping × batch ÷ time",
        limit: capacity.validate,
        unit: "votes/s",
        raisedBy: "settings",
        source: "validate.maximumConcurrency × batchSize ÷ batch time",
      },
      1,
    ),
    rate(
      {
        name: "aggregate: mapping × batch ÷ time",
        limit: capacity.aggregate,
        unit: "votes/s",
        raisedBy: "settings",
        source: "aggregate.maximumConcurrency × batchSize ÷ batch time",
      },
      1,
    ),
    {
      name: "SQS messages in flight, each queue",
      limit: 120_000,
      needed: settings.aggregate.maximumConcurrency * settings.aggregate.batchSize,
      unit: "messages",
      votesPerSecond: undefined,
      source: "SQS quotas, in-flight messages of a standard queue",
      raisedBy: "quota",
    },
    rate(
      {
        name: "DynamoDB receipts, new on-demand table",
        limit: NEW_TABLE_WRITES_PER_SECOND,
        unit: "writes/s",
        raisedBy: "quota",
        source: "DynamoDB, initial throughput of on-demand tables; warm throughput raises it",
      },
      1,
    ),
    rate(
      {
        name: "Redis, its one thread at 80 %",
        limit: 0.8,
        unit: "of a core",
        raisedBy: "design",
        source: "one shard; laws could be spread over several",
      },
      PER_VOTE.redisMicroseconds.value / 1_000_000,
    ),
    rate(
      {
        name: "PostgreSQL storage throughput",
        limit: 125,
        unit: "MiB/s",
        raisedBy: "settings",
        source: "gp3 below 400 GiB (RDS User Guide); WAL is written once more by the standby",
      },
      PER_VOTE.walBytes.value / 1024 ** 2,
    ),
    rate(
      {
        name: "PostgreSQL CPU at 80 %",
        limit: 0.8 * (DATABASE_TYPES[aws.database.instanceType]?.vcpus ?? 0),
        unit: "cores",
        raisedBy: "settings",
        source: "database.instanceType, four fifths of its virtual CPUs",
      },
      PER_VOTE.postgresMicroseconds.value / 1_000_000,
    ),
    {
      name: "PostgreSQL connections through the proxy",
      limit: aws.database.maxConnections * 0.8,
      needed: need.database.connections,
      unit: "connections",
      votesPerSecond: undefined,
      source: "database.maxConnections, the proxy's 80 %",
      raisedBy: "settings",
    },
    {
      name: "PostgreSQL storage",
      limit: aws.database.maxAllocatedGib,
      needed: need.database.storageGib,
      unit: "GiB",
      votesPerSecond: undefined,
      source: "database.maxAllocatedGib",
      raisedBy: "settings",
    },
    {
      name: "PostgreSQL memory for hot pages",
      limit: (DATABASE_TYPES[aws.database.instanceType]?.gib ?? 0) * 0.75,
      needed: need.database.hotGib,
      unit: "GiB",
      votesPerSecond: undefined,
      source: "database.instanceType, three quarters for pages",
      raisedBy: "settings",
    },
    {
      name: "Redis memory for the rolls",
      limit: aws.redis.nodeGib * (1 - STORED.redisReserve.value),
      needed: (demand.votes * demand.laws * STORED.redisBytesPerVoter.value) / GIB,
      unit: "GiB",
      votesPerSecond: undefined,
      source: "redis.nodeType less its reserve",
      raisedBy: "settings",
    },
  ];
  return limits.sort((a, b) => b.needed / b.limit - a.needed / a.limit);
}

/**
 * The limit that a growing rate of votes meets first.
 *
 * @param limits from `limitsOf`
 */
export function firstLimit(limits: readonly Limit[]): Limit | undefined {
  const byRate = limits.filter((limit) => limit.votesPerSecond !== undefined);
  return byRate.sort((a, b) => (a.votesPerSecond ?? 0) - (b.votesPerSecond ?? 0))[0];
}
