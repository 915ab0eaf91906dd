import type { ChainableCommander, Redis } from "ioredis";
import { type RollMeta, rollBucketKey, rollMetaKey } from "../../shared/domain/roll.ts";
import { readRollMeta, writeRollMeta } from "../../shared/stores/claims.ts";
import type { RollCache } from "./ports.ts";

/** A law's voters are spread over this many hashes, by the first 16 bits of their voter hash. */
const BUCKETS = 65_536;
/** Commands in one round trip. */
const PIPELINE = 4_096;
const UNCLAIMED = Buffer.alloc(0);

/** The roll in Redis. */
export class RedisRoll implements RollCache {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async removeMeta(lawId: string): Promise<void> {
    await this.#redis.del(rollMetaKey(lawId));
  }

  async writeMeta(lawId: string, meta: RollMeta): Promise<void> {
    await this.#redis.set(rollMetaKey(lawId), writeRollMeta(meta));
  }

  /**
   * What the meta key says.
   *
   * @param lawId the law
   * @returns undefined when the roll is not complete
   */
  async meta(lawId: string): Promise<RollMeta | undefined> {
    return readRollMeta(await this.#redis.get(rollMetaKey(lawId)));
  }

  async add(lawId: string, voterHashes: readonly Buffer[]): Promise<void> {
    await this.#each(voterHashes, (pipeline, hash) => {
      pipeline.hsetnx(bucketOf(lawId, hash), hash, UNCLAIMED);
    });
  }

  async restore(
    lawId: string,
    voters: readonly { readonly voterHash: Buffer; readonly id: Buffer | undefined }[],
  ): Promise<void> {
    await this.#each(voters, (pipeline, { voterHash, id }) => {
      const bucket = bucketOf(lawId, voterHash);
      if (id === undefined) pipeline.hsetnx(bucket, voterHash, UNCLAIMED);
      else pipeline.hset(bucket, voterHash, id);
    });
  }

  async count(lawId: string): Promise<number> {
    let voters = 0;
    await this.#each(
      bucketKeys(lawId),
      (pipeline, key) => pipeline.hlen(key),
      (size) => {
        voters += Number(size);
      },
    );
    return voters;
  }

  async clear(lawId: string): Promise<void> {
    const keys = bucketKeys(lawId);
    const groups: string[][] = [];
    for (let at = 0; at < keys.length; at += 512) groups.push(keys.slice(at, at + 512));
    await this.#each(groups, (pipeline, group) => pipeline.unlink(...group));
  }

  /** How much memory Redis uses, in bytes. */
  async usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await this.#redis.info("memory"))?.[1] ?? 0);
  }

  /** Pipelines a command for each item, and fails if any of them failed. */
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

function bucketKeys(lawId: string): string[] {
  return Array.from({ length: BUCKETS }, (_, index) => rollBucketKey(lawId, index.toString(16).padStart(4, "0")));
}
