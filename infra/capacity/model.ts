import type { AwsSettings, Settings } from "../stages.ts";
import { DATABASE_TYPES, PER_VOTE, REDIS_TYPES, STORED } from "./assumptions.ts";

/** The demand on the system. */
export interface Demand {
  /** Voters who vote, each once per law. */
  readonly votes: number;
  /** Votes per second at the peak. */
  readonly peak: number;
  /** Length of the voting day. */
  readonly hours: number;
  /** Laws that are voted on at the same time, each with a roll of its own. */
  readonly laws: number;
  /** How long an outage of Redis or PostgreSQL shall be ridden out, in minutes. */
  readonly outageMinutes: number;
}

export const DEFAULT_DEMAND: Demand = { votes: 8_000_000, peak: 1000, hours: 24, laws: 3, outageMinutes: 10 };

const GIB = 1024 ** 3;

/** The needs of a demand, for each part. */
export interface Need {
  /** Votes per second over the whole day. */
  readonly averagePerSecond: number;
  readonly concurrency: {
    readonly ingest: number;
    readonly receipt: number;
    readonly validate: number;
    readonly aggregate: number;
    readonly total: number;
  };
  readonly queues: {
    /** Votes in each queue at the peak, when nothing is wrong. */
    readonly steadyVotes: number;
    /** Votes that an outage at the peak leaves in a queue. */
    readonly afterOutage: number;
    /** How long these votes take to drain while the peak goes on. Infinity: they never drain. */
    readonly drainMinutes: number;
  };
  readonly redis: { readonly gib: number; readonly nodeType: string | undefined; readonly utilization: number };
  readonly database: {
    readonly tablesGib: number;
    readonly storageGib: number;
    readonly hotGib: number;
    readonly instanceType: string | undefined;
    readonly walMibPerSecond: number;
    readonly transactionsPerSecond: number;
    readonly connections: number;
  };
}

/**
 * Computes what a demand needs.
 *
 * @param demand what is to be carried
 * @param settings the stage's settings: batch sizes, windows, concurrency
 */
export function needOf(demand: Demand, settings: Settings): Need {
  // Little's law: the number in a room is arrivals per second times the seconds each stays.
  const busy = (perSecond: number, milliseconds: number) => Math.ceil((perSecond * milliseconds) / 1000);
  const { validate, aggregate } = settings;
  const ingest = busy(demand.peak, PER_VOTE.ingestMs.value);
  const receipt = busy(demand.peak * PER_VOTE.statusRequests.value, PER_VOTE.readMs.value);
  const validating = busy(demand.peak / validate.batchSize, PER_VOTE.validateBatchMs.value);
  const aggregating = busy(demand.peak / aggregate.batchSize, PER_VOTE.aggregateBatchMs.value);

  const afterOutage = demand.peak * demand.outageMinutes * 60;
  const spare = Math.min(...Object.values(throughput(settings))) - demand.peak;
  const voters = demand.votes * demand.laws;
  const redisBytes = voters * STORED.redisBytesPerVoter.value;
  const tables = voters * (STORED.rollBytes.value + STORED.voteBytes.value);
  const hotGib = (tables * STORED.hotShare.value) / GIB;
  return {
    averagePerSecond: demand.votes / (demand.hours * 3600),
    concurrency: {
      ingest,
      receipt,
      validate: validating,
      aggregate: aggregating,
      total: ingest + receipt + validate.maximumConcurrency + aggregate.maximumConcurrency,
    },
    queues: {
      steadyVotes: Math.ceil(demand.peak * (validate.batchWindowSeconds + PER_VOTE.validateBatchMs.value / 1000)),
      afterOutage,
      drainMinutes: spare <= 0 ? Number.POSITIVE_INFINITY : afterOutage / spare / 60,
    },
    redis: {
      gib: redisBytes / GIB,
      nodeType: smallest(REDIS_TYPES, (gib) => gib * (1 - STORED.redisReserve.value) >= redisBytes / GIB),
      utilization: (demand.peak * PER_VOTE.redisMicroseconds.value) / 1_000_000,
    },
    database: {
      tablesGib: tables / GIB,
      storageGib: (tables * STORED.storageReserve.value) / GIB,
      hotGib,
      instanceType: smallest(DATABASE_TYPES, ({ gib }) => gib * 0.75 >= hotGib),
      walMibPerSecond: (demand.peak * PER_VOTE.walBytes.value) / 1024 ** 2,
      transactionsPerSecond: demand.peak / aggregate.batchSize,
      // One for each execution environment that talks to it, and ten for operators.
      connections: aggregate.maximumConcurrency + READERS + 10,
    },
  };
}

/** Execution environments of results and health at once: clients cache results for a second. */
const READERS = 20;

/**
 * The largest number of votes per second that the consumers can take, with as many invocations as their mapping allows.
 *
 * @param settings the stage's settings
 */
export function throughput(settings: Settings): { readonly validate: number; readonly aggregate: number } {
  const perSecond = (consumer: "validate" | "aggregate", batchMs: number) =>
    (settings[consumer].maximumConcurrency * settings[consumer].batchSize * 1000) / batchMs;
  return {
    validate: perSecond("validate", PER_VOTE.validateBatchMs.value),
    aggregate: perSecond("aggregate", PER_VOTE.aggregateBatchMs.value),
  };
}

/**
 * The part of a stage's settings that is sized.
 *
 * @param settings the stage's settings
 * @throws Error for the stages local and localstack, which have nothing to size
 */
export function awsOf(settings: Settings): AwsSettings {
  if (settings.aws === undefined) throw new Error(`stage ${settings.stage} has no AWS resources: use dev or prod`);
  return settings.aws;
}

/** The first type, in ascending order of size, that is large enough. */
function smallest<T>(types: Readonly<Record<string, T>>, isEnough: (type: T) => boolean): string | undefined {
  return Object.entries(types).find(([, type]) => isEnough(type))?.[0];
}
