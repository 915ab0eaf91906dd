import { record } from "../../functions/aggregate/record.ts";
import { decide } from "../../functions/validate/decide.ts";
import { ProcessMeter } from "../../machine/process-usage.ts";
import { localStatus } from "../../places/local/local-status.ts";
import type { Target } from "../../places/target.ts";
import { readVote, writeOutcome } from "../../shared/messages/queue.ts";
import { RedisClaimStore } from "../../shared/stores/claims.ts";
import { PostgresOutcomeStore } from "../../shared/stores/outcomes.ts";
import type { Queue } from "../../shared/stores/queue.ts";
import { type Measurement, summarize, timed } from "./measure.ts";
import { chunked, recordsOf } from "./votes.ts";

/** The values of the stages' settings. */
const VALIDATE_BATCH = 200;
const AGGREGATE_BATCH = 500;

/** A queue that confirms everything. */
const CONFIRMS: Queue = {
  send: async () => undefined,
  sendAll: async (bodies) => bodies.map(() => true),
};

/** The votes that are measured are of laws without a form. */
const NO_KEYS = {
  holding: async () => {
    throw new Error("a vote of the bench names a key");
  },
};

const fail = (error: unknown) => {
  throw error;
};

/**
 * Measures validate's decisions on real Redis: the function's own code in this process, with queues that confirm at
 * once.
 *
 * @param target a running local stack
 * @param rounds messages of votes whose voters have not voted, for each round
 */
export async function benchValidate(target: Target, rounds: readonly (readonly string[])[]): Promise<Measurement> {
  const services = {
    keys: NO_KEYS,
    claims: new RedisClaimStore(target.redis),
    outcomes: CONFIRMS,
    deadLetters: CONFIRMS,
    onError: fail,
    onDecided: () => undefined,
  };
  const redis = await meterOf(target, "redis");
  const measured = [];
  for (const bodies of rounds) {
    const batches = chunked(recordsOf(bodies), VALIDATE_BATCH);
    measured.push(
      await timed(async () => {
        for (const batch of batches) {
          const { batchItemFailures } = await decide(batch, services);
          if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} votes were not decided`);
        }
      }, redis),
    );
  }
  return summarize("validate on real Redis", rounds[0]?.length ?? 0, measured);
}

/**
 * Measures aggregate's recording on real PostgreSQL: the function's own code in this process, without receipts.
 *
 * @param target a running local stack
 * @param rounds messages of votes whose voters have not voted, for each round
 */
export async function benchAggregate(target: Target, rounds: readonly (readonly string[])[]): Promise<Measurement> {
  const services = {
    keys: NO_KEYS,
    outcomes: new PostgresOutcomeStore(target.pool),
    receipts: { putAll: async () => new Set<string>() },
    deadLetters: CONFIRMS,
    now: () => performance.now(),
    pause: async () => undefined,
    onError: fail,
    onRecorded: () => undefined,
    onBatch: () => undefined,
  };
  const postgres = await meterOf(target, "postgres");
  const measured = [];
  for (const bodies of rounds) {
    const batches = chunked(recordsOf(bodies.map(outcomeOf)), AGGREGATE_BATCH);
    measured.push(
      await timed(async () => {
        for (const batch of batches) {
          const { batchItemFailures } = await record(batch, services);
          if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} votes were not recorded`);
        }
      }, postgres),
    );
  }
  return summarize("aggregate on real PostgreSQL", rounds[0]?.length ?? 0, measured);
}

function outcomeOf(body: string): string {
  const vote = readVote(body);
  if (vote === undefined) throw new Error("a message of the bench cannot be read");
  return writeOutcome(vote, "accepted");
}

/** Reads the CPU time of one of the stack's processes and its children, milliseconds. */
async function meterOf(target: Target, name: "redis" | "postgres"): Promise<() => number> {
  const { pids } = await localStatus(target.address.dataDir);
  const pid = Number(pids[name]);
  const meter = new ProcessMeter();
  return () => meter.read({ [name]: [pid] })[name]?.cpuMs ?? 0;
}

/**
 * Memory of this machine that Redis uses, bytes.
 *
 * @param target a running stack
 */
export async function redisBytes(target: Target): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await target.redis.info("memory"))?.[1] ?? 0);
}
