import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import type { Random } from "../../../proving/random.ts";
import { rollMoment } from "../../../shared/domain/roll.ts";
import { RedisClaimStore } from "../../../shared/stores/claims.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { seeds } from "./support.ts";

/**
 * Checks the script that claims a vote where it runs, in Redis. The checks are checked too: with each of the mistakes
 * below in the script's text, one of them must fail.
 */

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers?.stop());

interface ScriptMutant {
  readonly name: string;
  readonly find: string;
  readonly replace: string;
}

const MUTANTS: readonly ScriptMutant[] = [
  {
    name: "a redelivered vote is a duplicate of its own claim",
    find: "if claim == ARGV[2] then return 1 end",
    replace: "",
  },
  { name: "a claim by anybody is one's own", find: "claim == ARGV[2]", replace: "claim ~= ''" },
  { name: "a later vote takes the claim", find: "if claim == '' then", replace: "if claim ~= ARGV[2] then" },
  {
    name: "a vote is accepted without a claim",
    find: "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])",
    replace: "",
  },
  {
    name: "the claim does not name the submission",
    find: "ARGV[1], ARGV[2]) return",
    replace: "ARGV[1], '1') return",
  },
  {
    name: "a voter who is not on the roll is put on it",
    find: "if claim == false then return 0 end",
    replace: "if claim == false then claim = '' end",
  },
  {
    name: "a voter who is not on the roll is a duplicate",
    find: "if claim == false then return 0 end",
    replace: "if claim == false then return 2 end",
  },
  { name: "the first vote is a duplicate", find: "ARGV[2]) return 1", replace: "ARGV[2]) return 2" },
  { name: "a duplicate is invalid", find: "return 2", replace: "return 0" },
  { name: "a duplicate is accepted", find: "return 2", replace: "return 1" },
  {
    name: "a duplicate gives the claim back",
    find: "return 2",
    replace: "redis.call('HSET', KEYS[1], ARGV[1], '') return 2",
  },
  {
    name: "the whole bucket is claimed by one vote",
    find: "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])",
    replace: "for _, voter in ipairs(redis.call('HKEYS', KEYS[1])) do redis.call('HSET', KEYS[1], voter, ARGV[2]) end",
  },
  {
    name: "a vote from before its voter was on the roll takes the claim",
    find: "if ARGV[3] < claim then return 0 end",
    replace: "",
  },
  {
    name: "a vote of the very moment from which its voter is on the roll is invalid",
    find: "ARGV[3] < claim",
    replace: "ARGV[3] <= claim",
  },
  {
    name: "a voter who was put on the roll later has voted already",
    find: "claim = ''",
    replace: "return 2",
  },
  {
    name: "a duplicate takes its voter off the roll",
    find: "return 2",
    replace: "redis.call('HDEL', KEYS[1], ARGV[1]) return 2",
  },
];

/** A connection on which the claim's script has a mistake. */
function connect(mutant: ScriptMutant | undefined): Redis {
  const redis = new Redis(servers.redisUrl);
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, definition) => {
    const { lua } = definition;
    if (name !== "claimVote" || mutant === undefined || lua === undefined) return define(name, definition);
    expect(lua.split(mutant.find).length, `"${mutant.find}" must stand once in the script`).toBe(2);
    return define(name, { ...definition, lua: lua.replace(mutant.find, mutant.replace) });
  };
  return redis;
}

const LAW = "L0";
/** All in one bucket, as voters of a large roll are. */
const voterOf = (number: number) => Buffer.from(`abcd${String(number).padStart(60, "0")}`, "hex");
const ON_ROLL = [0, 1, 2].map(voterOf);
const STRANGER = voterOf(9);
/** The last of them is on the roll from this moment on. */
const MOMENT = Date.parse("2026-03-01T12:00:00.000Z");

/**
 * Delivers votes of a few voters in random batches, some of them again, and says what is wrong with what was decided.
 */
async function check(redis: Redis, random: Random): Promise<Set<string>> {
  const findings = new Set<string>();
  await redis.flushall();
  const roll = new RedisRoll(redis);
  await roll.restore(
    LAW,
    ON_ROLL.map((voterHash) => ({
      voterHash,
      id: undefined,
      ...(voterHash === ON_ROLL[2] ? { beginsAt: new Date(MOMENT) } : {}),
    })),
  );
  await roll.writeMeta(LAW, { voters: ON_ROLL.length, digest: "d1" });
  const claims = new RedisClaimStore(redis);
  const submissions = Array.from({ length: 8 }, () => ({
    voter: random.pick([...ON_ROLL, STRANGER]),
    id: randomBytes(16),
    acceptedAt: new Date(MOMENT - 1 + random.below(3)).toISOString(),
  }));
  const firstOf = new Map<string, string>();
  for (let batches = 0; batches < 12; batches++) {
    const batch = Array.from({ length: 1 + random.below(4) }, () => random.pick(submissions));
    const results = await claims.claim(
      batch.map(({ voter, id, acceptedAt }) => ({ lawId: LAW, voterHash: voter.toString("hex"), id, acceptedAt })),
    );
    for (const [index, { voter, id, acceptedAt }] of batch.entries()) {
      const result = results[index];
      const decision = result?.kind === "decided" ? result.decision : "undecided";
      const [hash, submission] = [voter.toString("hex"), id.toString("hex")];
      const isTooEarly = voter === ON_ROLL[2] && Date.parse(acceptedAt) < MOMENT;
      if (voter === STRANGER) {
        if (decision !== "invalid") findings.add(`a stranger's vote is ${decision}`);
        continue;
      }
      // Somebody has voted in time by now, or nobody: no answer of the two costs a vote.
      if (isTooEarly) {
        if (decision !== (firstOf.has(hash) ? "duplicate" : "invalid"))
          findings.add(`a vote that is too early is ${decision}`);
        continue;
      }
      const first = firstOf.get(hash) ?? submission;
      firstOf.set(hash, first);
      const right = first === submission ? "accepted" : "duplicate";
      if (decision !== right) findings.add(`a vote that must be ${right} is ${decision}`);
    }
  }
  const bucket = await redis.hgetallBuffer(`roll:{${LAW}:abcd}`);
  if (Object.keys(bucket).length !== ON_ROLL.length) findings.add("the roll has other voters than before");
  // ioredis gives fields as text, in which raw bytes are lost: they are asked for one by one.
  for (const voter of ON_ROLL) {
    const claim = (await redis.hgetBuffer(`roll:{${LAW}:abcd}`, voter))?.toString("hex");
    const unclaimed = voter === ON_ROLL[2] ? rollMoment(new Date(MOMENT)).toString("hex") : "";
    if (claim !== (firstOf.get(voter.toString("hex")) ?? unclaimed))
      findings.add("a claim names another submission than the first");
  }
  return findings;
}

async function checkAll(mutant: ScriptMutant | undefined): Promise<readonly string[]> {
  const redis = connect(mutant);
  try {
    const findings = new Set<string>();
    for (const { random } of seeds(5)) for (const finding of await check(redis, random)) findings.add(finding);
    return [...findings];
  } finally {
    redis.disconnect();
  }
}

test("the script lets the first submission of each voter stand, also in redeliveries, and touches nobody else", async () => {
  expect(await checkAll(undefined)).toEqual([]);
});

test.for(MUTANTS)("the checks find it when $name", async (mutant) => {
  expect(await checkAll(mutant)).not.toEqual([]);
});
