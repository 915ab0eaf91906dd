import type { AwsSettings, Settings } from "../stages.ts";
import { DATABASE_TYPES, LOG_LINES, PER_VOTE, POLLING, REDIS_TYPES, STORED } from "./assumptions.ts";

/** The demand on the system. */
export interface Demand {
  /** Voters who vote, each once per law. */
  readonly votes: number;
  /** Votes per second at the peak. */
  readonly peak: number;
  /** Length of the voting day. */
  readonly hours: number;
  /** Laws that are voted on at the same time, each with a separate roll. */
  readonly laws: number;
  /** How long an outage of Redis or PostgreSQL shall be ridden out, in minutes. */
  readonly outageMinutes: number;
}

export const DEFAULT_DEMAND: Demand = { votes: 8_000_000, peak: 1000, hours: 24, laws: 3, outageMinutes: 10 };

const GIB = 1024 ** 3;

/** The needs of a demand, for each part. */
export interface Need {
  /** Votes per second over the whole day, on all laws together. */
  readonly averagePerSecond: number;
  /** At the average rate. */
  readonly votesPerBatch: { readonly validate: number; readonly aggregate: number };
  readonly logBytesPerVote: number;
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
    /** Cores that the peak keeps busy. */
    readonly busyCores: number;
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
  const averagePerSecond = voters / (demand.hours * 3600);
  const batches = {
    validate: votesPerBatch("validate", averagePerSecond, settings),
    aggregate: votesPerBatch("aggregate", averagePerSecond, settings),
  };
  const redisBytes = voters * STORED.redisBytesPerVoter.value;
  const tables = voters * (STORED.rollBytes.value + STORED.voteBytes.value + STORED.logBytes.value);
  const hotGib = (tables * STORED.hotShare.value) / GIB;
  return {
    averagePerSecond,
    votesPerBatch: batches,
    logBytesPerVote: logBytesPerVote(averagePerSecond, batches),
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
      busyCores: (demand.peak * PER_VOTE.postgresMicroseconds.value) / 1_000_000,
      walMibPerSecond: (demand.peak * PER_VOTE.walBytes.value) / 1024 ** 2,
      transactionsPerSecond: demand.peak / aggregate.batchSize,
      // One for each execution environment that talks to it, and ten for operators.
      connections: aggregate.maximumConcurrency + READERS + 10,
    },
  };
}

/** Execution environments of results and health at once: clients cache results for a second. */
const READERS = 20;

/** Writes per second that a new table takes; afterwards twice its last peak (DynamoDB, "On-demand capacity mode"). */
export const NEW_TABLE_WRITES_PER_SECOND = 4_000;

/** What takes votes from a queue. */
export type Consumer = "validate" | "aggregate";

/**
 * The largest number of votes per second that can reach their receipts, by the concurrency of the consumers' mappings
 * and by the writes that the table of receipts takes.
 *
 * @param settings the stage's settings
 */
export function throughput(settings: Settings): Readonly<Record<Consumer | "receipts", number>> {
  const perSecond = (consumer: Consumer) => {
    const { maximumConcurrency, batchSize } = settings[consumer];
    return (maximumConcurrency * batchSize * 1000) / batchMs(consumer, batchSize, settings);
  };
  return {
    validate: perSecond("validate"),
    aggregate: perSecond("aggregate"),
    receipts: NEW_TABLE_WRITES_PER_SECOND,
  };
}

/**
 * Votes in a batch: what has come since a poller last asked, and within the window.
 *
 * @param consumer whose batches
 * @param perSecond votes per second that arrive
 * @param settings the stage's settings
 */
export function votesPerBatch(consumer: Consumer, perSecond: number, settings: Settings): number {
  const { batchSize, batchWindowSeconds } = settings[consumer];
  const single = PER_VOTE[`${consumer}SingleMs`].value;
  const perVote = (PER_VOTE[`${consumer}BatchMs`].value - single) / batchSize;
  const perPoller = perSecond / POLLING.pollers.value / 1000;
  const fixedMs = batchWindowSeconds * 1000 + POLLING.askMs.value + single;
  // A larger batch takes longer, so that more has come by its end: n = rate × (fixed + n × perVote).
  const waiting = 1 - perPoller * perVote;
  return waiting <= 0 ? batchSize : Math.min(batchSize, Math.max(1, (perPoller * fixedMs) / waiting));
}

/**
 * How long a batch takes, milliseconds.
 *
 * @param consumer whose
 * @param votes how many are in it
 * @param settings the stage's settings, which say what a full batch is
 */
export function batchMs(consumer: Consumer, votes: number, settings: Settings): number {
  const [single, full] = [PER_VOTE[`${consumer}SingleMs`].value, PER_VOTE[`${consumer}BatchMs`].value];
  return single + ((full - single) * votes) / settings[consumer].batchSize;
}

/**
 * What a vote leaves in the logs: its requests' lines, and its share of those that functions write a batch or a second.
 */
function logBytesPerVote(averagePerSecond: number, batches: Need["votesPerBatch"]): number {
  const { access, metrics, totals, batch, overhead } = LOG_LINES;
  const bytes = (...lines: readonly { readonly value: number }[]) =>
    lines.reduce((sum, line) => sum + line.value + overhead.value, 0);
  const busyIngest = Math.max(1, (averagePerSecond * PER_VOTE.ingestMs.value) / 1000);
  return (
    (1 + PER_VOTE.statusRequests.value) * bytes(access) +
    Math.min(1, busyIngest / averagePerSecond) * bytes(metrics) +
    bytes(metrics, totals, batch) / batches.validate +
    bytes(metrics, batch) / batches.aggregate
  );
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
