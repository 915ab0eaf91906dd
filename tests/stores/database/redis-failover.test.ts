import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import { rollBucketKey, rollMetaKey } from "../../../shared/domain/roll.ts";
import { REDIS_OPTIONS } from "../../../shared/runtime/redis.ts";
import { type ClaimRequest, type ClaimResult, RedisClaimStore, writeRollMeta } from "../../../shared/stores/claims.ts";
import { kill, type RedisPair, startRedisPair } from "../support/redis-pair.ts";

const LAW_ID = "L2025-001";
const VOTERS = 40;

const voterHash = (n: number) => createHash("sha256").update(`voter ${n}`).digest("hex");
const vote = (n: number, submission: string): ClaimRequest => ({
  lawId: LAW_ID,
  voterHash: voterHash(n),
  id: createHash("md5").update(`${submission} ${n}`).digest(),
  acceptedAt: "2026-03-01T12:00:00.000Z",
});
const votes = (from: number, to: number, submission = "first") =>
  Array.from({ length: to - from }, (_, index) => vote(from + index, submission));
const decisions = (results: readonly ClaimResult[]) =>
  new Set(results.map((result) => (result.kind === "decided" ? result.decision : result.why)));

describe("the roll cache loses its primary and a replica takes over", () => {
  let pair: RedisPair;
  let client: Redis;
  let claims: RedisClaimStore;

  beforeEach(async () => {
    pair = await startRedisPair();
    const load = pair.primary.admin.pipeline();
    for (let n = 0; n < VOTERS; n++) {
      load.hset(rollBucketKey(LAW_ID, voterHash(n)), Buffer.from(voterHash(n), "hex"), "");
    }
    load.set(rollMetaKey(LAW_ID), writeRollMeta({ voters: VOTERS, digest: "d1" }));
    await load.exec();
    client = new Redis(pair.endpointUrl, REDIS_OPTIONS);
    // As a function has it: what a connection says while servers change is looked at by each command.
    client.on("error", () => undefined);
    claims = new RedisClaimStore(client);
    expect(decisions(await claims.claim(votes(0, 20)))).toEqual(new Set(["accepted"]));
    await pair.primary.admin.wait(1, 5_000);
  });
  afterEach(async () => {
    client.disconnect();
    await pair.stop();
  });

  /** What SQS does: a batch that was not decided comes again. */
  async function untilDecided(requests: readonly ClaimRequest[]): Promise<readonly ClaimResult[]> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const results = await claims.claim(requests).catch((error: Error) => error);
      if (!(results instanceof Error) && results.every((result) => result.kind === "decided")) return results;
      if (Date.now() > deadline) throw new Error("not decided within 15 s", { cause: results });
    }
  }

  async function expectRollIntact(): Promise<void> {
    expect(decisions(await untilDecided(votes(20, 40)))).toEqual(new Set(["accepted"]));
    // Redelivered: still their own claims. Tried again: known.
    expect(decisions(await untilDecided(votes(0, 40)))).toEqual(new Set(["accepted"]));
    expect(decisions(await untilDecided(votes(0, 40, "second")))).toEqual(new Set(["duplicate"]));
    expect(decisions(await untilDecided([vote(999, "first")]))).toEqual(new Set(["invalid"]));
    const info = await pair.replica.admin.info("replication");
    expect(info).toContain("role:master");
  }

  it("killed: the connection breaks, and the next one finds the new primary", async () => {
    await kill(pair.primary, "SIGKILL");
    await pair.failOver();
    await expectRollIntact();
  });

  it("demoted: its connections stay open and read-only, and are given up", async () => {
    await pair.failOver();
    await expectRollIntact();
    const list = String(await pair.primary.admin.client("LIST", "TYPE", "NORMAL"));
    // Only the operator's connection is left at the old primary.
    expect(list.trim().split("\n")).toHaveLength(1);
  });

  it.each([
    ["as it is", "return redis.call('SET', KEYS[1], ARGV[1])"],
    [
      "wrapped in the words of older servers",
      `local answer = redis.pcall('SET', KEYS[1], ARGV[1])
       if answer.err then
         return redis.error_reply('ERR Error running script (call to f_0): @user_script:3: -' .. answer.err)
       end
       return answer`,
    ],
  ])("demoted: a script that is refused, %s, is sent to the new primary", async (_how, script) => {
    await pair.failOver();
    expect(await client.eval(script, 1, "written", "here")).toBe("OK");
    expect(await pair.replica.admin.get("written")).toBe("here");
  });

  it("while batches arrive: all are decided, and nobody on the roll is turned away", async () => {
    const arriving = Promise.all([20, 25, 30, 35].map((from) => untilDecided(votes(from, from + 5))));
    await pair.failOver();
    for (const results of await arriving) expect(decisions(results)).toEqual(new Set(["accepted"]));
    // Replication is asynchronous: claims of the last moment may be gone, and a second try be accepted here. PostgreSQL
    // then counts the first one only. No answer may ever say that a voter on the roll is not on it.
    const again = decisions(await untilDecided(votes(0, 40, "second")));
    expect([...again].filter((decision) => decision !== "duplicate" && decision !== "accepted")).toEqual([]);
  });

  it("just when a load of the roll begins: the roll does not count as complete again", async () => {
    await new RedisRoll(client).removeMeta(LAW_ID);
    await kill(pair.primary, "SIGKILL");
    await pair.failOver();
    expect(await pair.replica.admin.get(rollMetaKey(LAW_ID))).toBeNull();
  });

  it("which confirms nothing: no load begins", async () => {
    pair.replica.process.kill("SIGSTOP");
    try {
      await expect(new RedisRoll(client, 500).removeMeta(LAW_ID)).rejects.toThrow(
        /Only 0 of 1 replicas of Redis have confirmed that the roll of L2025-001 is being changed/,
      );
    } finally {
      pair.replica.process.kill("SIGCONT");
    }
  });
});
