import type { ChainableCommander, Redis } from "ioredis";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { ROLL_BUCKETS, type RollMeta, rollBucketKey, rollMetaKey, rollMoment } from "../../../shared/domain/roll.ts";
import { type BucketDigest, bucketDigest } from "../../../shared/domain/roll-digest.ts";
import { readRollMeta, writeRollMeta } from "../../../shared/stores/claims.ts";
import type { CachedVoter, RollCache } from "./ports.ts";

/** Commands in one round trip. */
const PIPELINE = 4_096;
/** Buckets in one command. */
const GROUP = 512;
/** How often to try to mark a roll as incomplete. */
const META_TRIES = 5;
const UNCLAIMED = Buffer.alloc(0);

/** The roll in Redis. */
export class RedisRoll implements RollCache {
  readonly #redis: Redis;
  readonly #replicationTimeoutMs: number;

  /**
   * @param redis the primary
   * @param replicationTimeoutMs how long its replicas may take to confirm a write; they lag by milliseconds
   */
  constructor(redis: Redis, replicationTimeoutMs = 10_000) {
    this.#redis = redis;
    this.#replicationTimeoutMs = replicationTimeoutMs;
  }

  async removeMeta(lawId: string): Promise<void> {
    // If a replica takes over that has not seen this deletion, the key is back while the roll is changing. So the key
    // is read again afterwards, in case a replica took over in between.
    for (let tries = 0; tries < META_TRIES; tries++) {
      await this.#redis.del(rollMetaKey(lawId));
      await this.#replicated(lawId);
      if ((await this.#redis.exists(rollMetaKey(lawId))) === 0) return;
    }
    throw new Refusal(
      `Redis loses the mark that the roll of ${lawId} is being changed; a failover may be under way. No voter was changed; try again.`,
    );
  }

  async #replicated(lawId: string): Promise<void> {
    const replicas = Number(/connected_slaves:(\d+)/.exec(await this.#redis.info("replication"))?.[1] ?? 0);
    const confirmed = replicas === 0 ? 0 : await this.#redis.wait(replicas, this.#replicationTimeoutMs);
    if (confirmed >= replicas) return;
    throw new Refusal(
      `Only ${confirmed} of ${replicas} replicas of Redis have confirmed that the roll of ${lawId} is being changed. ` +
        "No voter was changed, but the votes of the law wait until the change is made: try again when replication has caught up.",
    );
  }

  async writeMeta(lawId: string, meta: RollMeta): Promise<void> {
    await this.#redis.set(rollMetaKey(lawId), writeRollMeta(meta));
  }

  async meta(lawId: string): Promise<RollMeta | undefined> {
    return readRollMeta(await this.#redis.get(rollMetaKey(lawId)));
  }

  async add(lawId: string, voterHashes: readonly Buffer[], beginsAt: Date): Promise<void> {
    await this.#each(voterHashes, (pipeline, hash) => {
      pipeline.hsetnx(bucketOf(lawId, hash), hash, rollMoment(beginsAt));
    });
  }

  async restore(lawId: string, voters: readonly CachedVoter[]): Promise<void> {
    const buckets = new Map<string, Buffer[]>();
    for (const { voterHash, beginsAt, id = beginsAt === undefined ? UNCLAIMED : rollMoment(beginsAt) } of voters) {
      const bucket = bucketOf(lawId, voterHash);
      const entries = buckets.get(bucket);
      if (entries === undefined) buckets.set(bucket, [voterHash, id]);
      else entries.push(voterHash, id);
    }
    await this.#each([...buckets], (pipeline, [bucket, entries]) => {
      pipeline.hset(bucket, ...entries);
    });
  }

  async readBack(lawId: string, from: number, to: number): Promise<BucketDigest[]> {
    const groups = groupsOf(from, to);
    const sizes: number[] = [];
    const sized = (answer: unknown) => sizes.push(Number(answer));
    await this.#each(groups, (pipeline, group) => pipeline.exists(...group.map((one) => keyOf(lawId, one))), sized);
    // Most buckets of a small roll are empty, and none of a large one.
    const buckets = groups.flatMap((group, index) => (sizes[index] === 0 ? [] : group));
    const found: BucketDigest[] = [];
    let at = 0;
    await this.#each(
      buckets,
      (pipeline, bucket) => pipeline.hkeysBuffer(keyOf(lawId, bucket)),
      (answer) => {
        const bucket = buckets[at++] ?? 0;
        const hashes = Array.isArray(answer) ? answer.filter((one) => Buffer.isBuffer(one)) : [];
        if (hashes.length > 0) found.push({ bucket, voters: hashes.length, digest: bucketDigest(hashes) });
      },
    );
    return found;
  }

  async count(lawId: string): Promise<number> {
    let voters = 0;
    await this.#each(
      bucketsBetween(0, ROLL_BUCKETS),
      (pipeline, bucket) => pipeline.hlen(keyOf(lawId, bucket)),
      (size) => {
        voters += Number(size);
      },
    );
    return voters;
  }

  async clear(lawId: string, from = 0, to = ROLL_BUCKETS): Promise<void> {
    await this.#each(groupsOf(from, to), (pipeline, group) =>
      pipeline.unlink(...group.map((bucket) => keyOf(lawId, bucket))),
    );
  }

  /** The memory that Redis uses, in bytes. */
  async usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await this.#redis.info("memory"))?.[1] ?? 0);
  }

  /** Pipelines one command per item, and fails if any of them failed. */
  async #each<T>(
    items: readonly T[],
    command: (pipeline: ChainableCommander, item: T) => void,
    onAnswer: (answer: unknown) => void = () => undefined,
  ): Promise<void> {
    for (let at = 0; at < items.length; at += PIPELINE) {
      const pipeline = this.#redis.pipeline();
      for (const item of items.slice(at, at + PIPELINE)) command(pipeline, item);
      const answers = await pipeline.exec();
      if (answers === null) throw new Error("Redis answered nothing to a pipeline");
      for (const [error, answer] of answers) {
        if (error !== null) throw error;
        onAnswer(answer);
      }
    }
  }
}

function bucketOf(lawId: string, voterHash: Buffer): string {
  return rollBucketKey(lawId, voterHash.toString("hex", 0, 2));
}

function keyOf(lawId: string, bucket: number): string {
  return rollBucketKey(lawId, bucket.toString(16).padStart(4, "0"));
}

function bucketsBetween(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Buckets that one command names. */
function groupsOf(from: number, to: number): number[][] {
  const buckets = bucketsBetween(from, to);
  const groups: number[][] = [];
  for (let at = 0; at < buckets.length; at += GROUP) groups.push(buckets.slice(at, at + GROUP));
  return groups;
}
