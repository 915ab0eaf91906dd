import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import { choosePorts } from "../../../places/local/ports.ts";
import { findRedis, redisService, redisUrlsOf } from "../../../places/local/services/redis.ts";
import { forEachRedisUser } from "../../../shared/domain/redis-users.ts";
import { rollBucketKey, rollMetaKey } from "../../../shared/domain/roll.ts";
import { bucketDigest } from "../../../shared/domain/roll-digest.ts";
import { REDIS_OPTIONS } from "../../../shared/runtime/redis.ts";
import { RedisClaimStore } from "../../../shared/stores/claims.ts";

const LAW = "L2025-001";
const HASH = Buffer.alloc(32, 7);
const BUCKET = rollBucketKey(LAW, HASH.toString("hex"));
const PASSWORDS = forEachRedisUser((user) => `${user}-of-a-test`);
const progress = { say: () => undefined, step: <T>(_: string, work: () => Promise<T>) => work() };

const clients: Redis[] = [];
let directory: string;
let end: () => Promise<void>;
let health: Redis;
let validate: Redis;
let operate: Redis;
let roll: Redis;

function connected(url: string): Redis {
  const redis = new Redis(url, { ...REDIS_OPTIONS, retryStrategy: () => null });
  redis.on("error", () => undefined);
  clients.push(redis);
  return redis;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), `referendum-redis-users-${process.pid}-`));
  const { redis: port } = await choosePorts(0);
  const log = join(directory, "redis.log");
  const service = redisService(
    await findRedis(progress),
    directory,
    port,
    { fd: openSync(log, "a"), path: log },
    PASSWORDS,
  );
  const child = service.spawn();
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  end = async () => {
    service.stop(child);
    await gone;
    rmSync(directory, { recursive: true, force: true });
  };
  await service.ready(child);
  const urls = redisUrlsOf(port, PASSWORDS);
  health = connected(urls.health);
  validate = connected(urls.validate);
  operate = connected(urls.operate);
  roll = connected(urls.roll);
  const loaded = new RedisRoll(roll);
  await loaded.restore(LAW, [{ voterHash: HASH, id: undefined }]);
  await loaded.writeMeta(LAW, { voters: 1, digest: "d1" });
}, 60_000);
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await end();
});

const DENIED = /NOPERM/;
/** What changes or destroys more than one vote, or tells who the voters are. */
const NOBODYS = [
  ["FLUSHALL"],
  ["FLUSHDB"],
  ["KEYS", "*"],
  ["SCAN", "0"],
  ["CONFIG", "GET", "*"],
  ["CONFIG", "SET", "maxmemory", "1"],
  ["ACL", "LIST"],
  ["SHUTDOWN", "NOSAVE"],
  ["REPLICAOF", "NO", "ONE"],
  ["MONITOR"],
  ["CLIENT", "LIST"],
  ["SAVE"],
  ["GET", "other:key"],
] satisfies [string, ...string[]][];

describe.each([
  ["health", () => health],
  ["validate", () => validate],
  ["operate", () => operate],
  ["roll", () => roll],
] as const)("the Redis user %s", (_, user) => {
  it.each(NOBODYS)("may not %s %s", async (command, ...args) => {
    await expect(user().call(command, ...args)).rejects.toThrow(DENIED);
  });
});

describe("the Redis user health", () => {
  it("asks whether Redis is there and which rolls are complete", async () => {
    expect(await health.ping()).toBe("PONG");
    expect(await health.mget(rollMetaKey(LAW), rollMetaKey("OTHER"))).toEqual(['{"voters":1,"digest":"d1"}', null]);
  });

  it.each([
    ["HGETALL", BUCKET],
    ["HGET", BUCKET, HASH],
    ["MGET", BUCKET],
    ["SET", rollMetaKey(LAW), "{}"],
    ["DEL", rollMetaKey(LAW)],
    ["EVAL", "return 1", 0],
  ] as const)("sees no voter and changes nothing: %s", async (command, ...args) => {
    await expect(health.call(command, ...args)).rejects.toThrow(DENIED);
  });
});

describe("the Redis user validate", () => {
  it("claims a vote by its script, also when the server does not know the script yet", async () => {
    const store = new RedisClaimStore(validate);
    const claim = (id: number) =>
      store.claim([
        {
          lawId: LAW,
          voterHash: HASH.toString("hex"),
          id: Buffer.alloc(16, id),
          acceptedAt: "2026-03-01T12:00:00.000Z",
        },
      ]);
    expect(await claim(1)).toEqual([{ kind: "decided", decision: "accepted" }]);
    expect(await claim(2)).toEqual([{ kind: "decided", decision: "duplicate" }]);
  });

  it.each([
    ["SET", rollMetaKey(LAW), "{}"],
    ["DEL", rollMetaKey(LAW)],
    ["DEL", BUCKET],
    ["UNLINK", BUCKET],
    ["HDEL", BUCKET, HASH],
    ["HGETALL", BUCKET],
    ["RENAME", BUCKET, "roll:x"],
    ["EVAL", "return redis.call('FLUSHALL')", 0],
    ["EVAL", "return redis.call('DEL', KEYS[1])", 1, BUCKET],
  ] as const)("takes no voter off, ends no roll and lists nobody: %s", async (command, ...args) => {
    await expect(validate.call(command, ...args)).rejects.toThrow(/NOPERM|can't run this command|permissions/);
  });
});

describe("the Redis user roll", () => {
  it("counts, restores, reads back and clears a roll", async () => {
    const rolls = new RedisRoll(roll);
    await rolls.restore("OPERATED", [{ voterHash: HASH, id: Buffer.alloc(16, 1) }]);
    const [bucket] = await rolls.readBack("OPERATED", 0, 65_536);
    expect(bucket).toMatchObject({ voters: 1, digest: bucketDigest([HASH]) });
    await rolls.writeMeta("OPERATED", { voters: 1, digest: "d1" });
    expect(await rolls.count("OPERATED")).toBe(1);
    expect(await rolls.usedMemory()).toBeGreaterThan(0);
    await rolls.removeMeta("OPERATED");
    expect(await rolls.meta("OPERATED")).toBeUndefined();
    await rolls.clear("OPERATED");
    expect(await rolls.count("OPERATED")).toBe(0);
  });

  it.each([
    ["HGETALL", BUCKET],
    ["HGET", BUCKET, HASH],
    ["EVAL", "return 1", 0],
  ] as const)("reads no claim and runs no script: %s", async (command, ...args) => {
    await expect(roll.call(command, ...args)).rejects.toThrow(DENIED);
  });
});

describe("the Redis user operate", () => {
  it("reads claims, to compare them with PostgreSQL, and which rolls are complete", async () => {
    const script = "return #redis.call('HGETALL', KEYS[1])";
    expect(await operate.eval(script, 1, BUCKET)).toBe(2);
    const rolls = new RedisRoll(operate);
    expect([await rolls.count(LAW), await rolls.meta(LAW)]).toEqual([1, { voters: 1, digest: "d1" }]);
  });

  it.each([
    ["SET", rollMetaKey(LAW), "{}"],
    ["DEL", rollMetaKey(LAW)],
    ["UNLINK", BUCKET],
    ["HSET", BUCKET, HASH, ""],
    ["HDEL", BUCKET, HASH],
    ["EVAL", "return redis.call('HSET', KEYS[1], 'a', 'b')", 1, BUCKET],
    ["EVAL", "return redis.call('DEL', KEYS[1])", 1, BUCKET],
  ] as const)("changes nothing: %s", async (command, ...args) => {
    await expect(operate.call(command, ...args)).rejects.toThrow(/NOPERM|can't run this command|permissions/);
  });
});
