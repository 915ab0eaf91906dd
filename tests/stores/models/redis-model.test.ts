import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import type { RollCache } from "../../../operations/roll/stores/ports.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import type { Random } from "../../../proving/random.ts";
import { redisClient, rollCache, SimRedis } from "../../../proving/simulation/models/redis.ts";
import { type ClaimStore, RedisClaimStore } from "../../../shared/stores/claims.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { alone, seeds } from "./support.ts";

/** The model of Redis is believed because it answers as Redis does. */

let servers: Servers;
let redis: Redis;
beforeAll(async () => {
  servers = await startServers();
  redis = new Redis(servers.redisUrl);
});
afterAll(async () => {
  redis?.disconnect();
  await servers?.stop();
});
beforeEach(async () => {
  await redis.flushall();
});

const LAWS = ["L0", "L1"];
const HASHES = Array.from({ length: 6 }, (_, index) => createHash("sha256").update(`voter ${index}`).digest());
const IDS = Array.from({ length: 4 }, (_, index) => Buffer.alloc(16, index + 1));
const MOMENTS = [999_999_999, 1_000_000_000, 1_000_000_001].map((ms) => new Date(ms));

interface Stores {
  readonly roll: RollCache;
  readonly claims: ClaimStore;
}
type Operation = { readonly name: string; readonly run: (stores: Stores) => Promise<unknown> };

function operation(random: Random): Operation {
  const lawId = random.pick(LAWS);
  const some = random.shuffled(HASHES).slice(0, 1 + random.below(4));
  const batch = Array.from({ length: 1 + random.below(6) }, () => ({
    lawId: random.pick(LAWS),
    voterHash: random.pick(HASHES).toString("hex"),
    id: random.pick(IDS),
    acceptedAt: random.pick(MOMENTS).toISOString(),
    ...(random.below(8) === 0 ? { pepperId: "2" } : {}),
  }));
  const voters = some.map((voterHash) => ({
    voterHash,
    id: random.below(2) === 0 ? undefined : random.pick(IDS),
    ...(random.below(2) === 0 ? {} : { beginsAt: random.pick(MOMENTS) }),
  }));
  const beginsAt = random.pick(MOMENTS);
  const meta = { voters: some.length, digest: "d1" };
  const dice = random.below(22);
  if (dice < 9) return { name: "claim", run: ({ claims }) => claims.claim(batch) };
  if (dice < 12) return { name: "read back", run: ({ roll }) => roll.readBack(lawId, 0, 40_000) };
  if (dice < 15) return { name: "write meta", run: ({ roll }) => roll.writeMeta(lawId, meta) };
  if (dice < 16) return { name: "remove meta", run: ({ roll }) => roll.removeMeta(lawId) };
  if (dice < 18) return { name: "restore", run: ({ roll }) => roll.restore(lawId, voters) };
  if (dice < 19) return { name: "count", run: ({ roll }) => roll.count(lawId) };
  if (dice < 20) return { name: "read meta", run: ({ roll }) => roll.meta(lawId) };
  if (dice < 21) return { name: "add", run: ({ roll }) => roll.add(lawId, some, beginsAt) };
  return { name: "clear", run: ({ roll }) => roll.clear(lawId) };
}

/** What Redis holds, with everything in hex. */
async function contentsOfReal(): Promise<Record<string, unknown>> {
  const contents: Record<string, unknown> = {};
  for (const key of (await redis.keys("*")).sort()) {
    if ((await redis.type(key)) === "string") contents[key] = await redis.get(key);
    else {
      const hash = Object.entries(await hashOf(key));
      contents[key] = Object.fromEntries(hash.sort());
    }
  }
  return contents;
}

async function hashOf(key: string): Promise<Record<string, string>> {
  const flat = (await redis.callBuffer("HGETALL", key)) as unknown as Buffer[];
  return Object.fromEntries(
    Array.from({ length: flat.length / 2 }, (_, at) => [
      flat[2 * at]?.toString("hex") ?? "",
      flat[2 * at + 1]?.toString("hex") ?? "",
    ]),
  );
}

function contentsOfModel(model: SimRedis): Record<string, unknown> {
  const hashes = [...model.hashes].filter(([, hash]) => hash.size > 0);
  const all = [...model.strings, ...hashes.map(([key, hash]) => [key, Object.fromEntries([...hash].sort())] as const)];
  return Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1)));
}

describe("the model of Redis", () => {
  test("answers and stores the same as Redis, whatever is done", { timeout: limitOf(180) }, async () => {
    for (const { seed, random } of seeds(12)) {
      await redis.flushall();
      const model = new SimRedis();
      for (let step = 0; step < 40; step++) {
        const { name, run } = operation(random);
        // Each time one that knows no law's form, as in the model.
        const answer = await run({ roll: new RedisRoll(redis), claims: new RedisClaimStore(redis) });
        const modelled = await alone((process) =>
          run({ roll: rollCache(process, model), claims: new RedisClaimStore(redisClient(process, model)) }),
        );
        expect({ seed, step, name, answer: modelled }).toEqual({ seed, step, name, answer });
        expect({ seed, step, name, contents: contentsOfModel(model) }).toEqual({
          seed,
          step,
          name,
          contents: await contentsOfReal(),
        });
      }
    }
  });

  test("forgets the last writes at a failover, and everything when it is flushed", async () => {
    const model = new SimRedis();
    const [hash = Buffer.alloc(32)] = HASHES;
    await alone(async (process) => {
      const roll = rollCache(process, model);
      await roll.restore(
        "L0",
        HASHES.map((voterHash) => ({ voterHash, id: undefined })),
      );
      await roll.writeMeta("L0", { voters: HASHES.length, digest: "d1" });
    });
    const before = contentsOfModel(model);
    await alone(async (process) => {
      const claims = new RedisClaimStore(redisClient(process, model));
      const id = IDS[0] ?? Buffer.alloc(16);
      await claims.claim([{ lawId: "L0", voterHash: hash.toString("hex"), id, acceptedAt: new Date().toISOString() }]);
    });
    expect(contentsOfModel(model)).not.toEqual(before);
    model.failOver(1);
    expect(contentsOfModel(model)).toEqual(before);
    model.failOver(1);
    expect(Object.keys(contentsOfModel(model))).not.toContain("roll:L0");
    await alone(async (process) => {
      const roll = rollCache(process, model);
      await roll.writeMeta("L0", { voters: HASHES.length, digest: "d1" });
      await roll.removeMeta("L0");
    });
    // The replicas have seen that a roll is no longer complete, and everything before it.
    const after = contentsOfModel(model);
    model.failOver(9);
    expect(contentsOfModel(model)).toEqual(after);
    expect(Object.keys(after)).not.toContain("roll:L0");
    model.flush();
    expect(contentsOfModel(model)).toEqual({});
  });
});
