import { randomBytes, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { MACHINE_CLOCK } from "../../../operations/clock.ts";
import type { DoorServices } from "../../../operations/door/services.ts";
import { stageCode } from "../../../operations/door/stage-acts.ts";
import { MappingConsumer } from "../../../operations/queues/consumer.ts";
import { credentialLines } from "../../../operations/roll/credentials.ts";
import { loadRoll } from "../../../operations/roll/load-file.ts";
import { stepPorts } from "../../../operations/roll/steps/step-ports.ts";
import { WorkTable } from "../../../operations/roll/steps/work-table.ts";
import { PostgresMarks } from "../../../operations/roll/stores/postgres-marks.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import type { Servers } from "../../../operations/servers.ts";
import { lookAtServices } from "../../../operations/stage/services.ts";
import { rollMetaKey } from "../../../shared/domain/roll.ts";
import { stage } from "../../../shared/messages/operators/stage.ts";
import { REDIS_OPTIONS } from "../../../shared/runtime/redis.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { KEY_SOURCE } from "../../support/factories.ts";
import { loadAndSeal } from "../../support/load-and-seal.ts";
import { archiveOf } from "../../support/memory-objects.ts";
import { removeLaw } from "../../support/write-law.ts";
import { doorOn, somebody } from "../support/door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

/** Where nothing listens. */
const NOBODY = "127.0.0.1:1";
const VOTERS = 20;

let stack: TestTarget;
let laws = 0;

beforeAll(async () => {
  stack = await startTestTarget();
});
afterEach(async () => {
  await validate().resume();
  await stack.target.pool.query("delete from validate_pause");
});
afterAll(() => stack?.stop());

function validate(): MappingConsumer {
  return new MappingConsumer(stack.target.lambda, "validate");
}

/** What a stage says of itself, and of some of its laws: counting all of them takes longer. */
async function lookAt(lawIds: readonly string[], servers: Servers = stack.target) {
  const step = await lookThrough(servers, { left: [...lawIds], laws: [] });
  if (!step.done) throw new Error("it has not ended");
  return stage.result.parse(step.result);
}

async function lawOf(lawId: string) {
  return (await lookAt([lawId])).laws?.[0];
}

async function mappingOfValidate() {
  return (await lookAt([])).mappings?.validate;
}

async function lawWithRoll(): Promise<string> {
  const law = await addReadyLaw(stack.target, { lawId: `stage-${++laws}`, title: "A law" });
  await loadAndSeal(stack.target, law.lawId, Readable.from(credentialLines(VOTERS)));
  return law.lawId;
}

/** The stage's servers, some of them others. */
function serversWith(others: Partial<Servers>): Servers {
  const { sqs, dynamoDb, lambda, pool, redis, keys, distributed, pepperByDefault, codesByDefault } = stack.target;
  const { laws: lawStore, stage } = stack.target;
  const facts = { stage, keys, distributed, pepperByDefault, codesByDefault };
  const output = (name: string) => stack.target.output(name);
  return { sqs, dynamoDb, lambda, laws: lawStore, pool, redis, ...facts, output, ...others };
}

async function lookThrough(servers: Servers, cursor?: unknown, deadline = Number.POSITIVE_INFINITY) {
  const services: DoorServices = {
    servers,
    twoPeople: true,
    proposalHours: 72,
    release: "1.0.0",
    outcomeKeys: KEY_SOURCE,
    setAsideKeys: async () => {
      throw new Error("a look needs no key");
    },
    archive: archiveOf(servers).archive,
    onWithoutJournal: () => undefined,
  };
  const run = randomUUID();
  const rolls = () => stepPorts(servers);
  const isRepeated = false;
  const operator = somebody("anna");
  const { archive } = services;
  const context = { services, servers, archive, operator, run, isRepeated, deadline, clock: MACHINE_CLOCK, rolls };
  return stageCode.read({}, cursor).step(context);
}

describe("a stage whose services all answer", () => {
  test("says so, and its release, migrations, mappings, queues and laws", async () => {
    const lawId = await lawWithRoll();
    const seen = stage.result.parse(await doorOn(stack, true).drive(stage, { request: {} }));
    expect(seen).toMatchObject({ release: "1.0.0", two_people: true });
    for (const [name, service] of Object.entries(seen.services)) {
      expect(service, name).toMatchObject({ answers: true, error: null });
      expect(service.milliseconds, name).toBeGreaterThan(0);
    }
    expect(seen.migrations?.at(0)).toBe("0001_referendum");
    expect(seen.migrations).toContain("0011_laws");
    const enabled = { state: "Enabled", paused_by: null };
    expect(seen.mappings).toEqual({ validate: enabled, aggregate: enabled });
    expect(seen.queues).toMatchObject({ approximate: false, depths: { votes: { waiting: 0, under_way: 0 } } });
    expect(seen.laws?.find(({ law_id }) => law_id === lawId)).toEqual({
      law_id: lawId,
      state: "open",
      voters: VOTERS,
      cached: VOTERS,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      complete: true,
      unfinished: [],
      mismatch: null,
      latest: { submissions: 0, invalid: 0 },
    });
  });

  test("counts the rolls of many laws in steps", async () => {
    const [one, two] = [await lawWithRoll(), await lawWithRoll()];
    const first = await lookThrough(stack.target, { left: [one, two], laws: [] }, 0);
    expect(first).toMatchObject({ done: false, cursor: { left: [two], laws: [{ law_id: one, voters: VOTERS }] } });
    if (first.done) throw new Error("it counted both in one step");
    const last = await lookThrough(stack.target, stage.cursor.parse(first.cursor), 0);
    expect(last).toMatchObject({ done: true, result: { laws: [{ law_id: one }, { law_id: two }] } });
  });
});

describe("of a law's roll, a stage says", () => {
  test("that Redis has lost its mark, or some of its voters", async () => {
    const lawId = await lawWithRoll();
    await stack.target.redis.del(rollMetaKey(lawId));
    expect(await lawOf(lawId)).toMatchObject({ voters: VOTERS, cached: VOTERS, complete: false });
    await new RedisRoll(stack.target.redis).clear(lawId);
    expect(await lawOf(lawId)).toMatchObject({ voters: VOTERS, cached: 0, complete: false });
  });

  test("that there is none", async () => {
    const { lawId } = await addReadyLaw(stack.target, { lawId: `stage-${++laws}`, title: "A law" });
    expect(await lawOf(lawId)).toMatchObject({ voters: 0, cached: 0, complete: false, unfinished: [], latest: null });
  });

  test("that it is of no law", async () => {
    const lawId = await lawWithRoll();
    await removeLaw(stack.target, lawId);
    expect(await lawOf(lawId)).toMatchObject({ state: null, voters: VOTERS, mismatch: null });
  });

  test.each([
    ["pepper", "update rolls set pepper_id = '7' where law_id = $1"],
    ["key_version", "update rolls set key_version = 7 where law_id = $1"],
  ])("that its %s is not the law's", async (mismatch, statement) => {
    const lawId = await lawWithRoll();
    await stack.target.pool.query(statement, [lawId]);
    expect(await lawOf(lawId)).toMatchObject({ mismatch });
  });

  test("that Redis has it with another pepper", async () => {
    const lawId = await lawWithRoll();
    await new RedisRoll(stack.target.redis).writeMeta(lawId, { voters: VOTERS, pepperId: "7", digest: "d1" });
    expect(await lawOf(lawId)).toMatchObject({ complete: true, mismatch: "pepper_in_redis" });
  });

  test("that Redis has another one", async () => {
    const lawId = await lawWithRoll();
    const { digest } = (await lawOf(lawId)) ?? {};
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    await new RedisRoll(stack.target.redis).writeMeta(lawId, { voters: VOTERS, digest: "0".repeat(64) });
    expect(await lawOf(lawId)).toMatchObject({ digest, complete: true, mismatch: "roll_in_redis" });
  });

  test("that it is not sealed", async () => {
    const { lawId } = await addReadyLaw(stack.target, { lawId: `stage-${++laws}`, title: "A law" });
    await loadRoll(stack.target, { laws: [lawId], source: Readable.from(credentialLines(VOTERS)) });
    expect(await lawOf(lawId)).toMatchObject({ voters: VOTERS, cached: 0, digest: null, complete: false });
  });

  test("which work on it has not ended", async () => {
    const lawId = await lawWithRoll();
    await new PostgresMarks(stack.target.pool).begin(lawId, {
      kind: "load",
      sourceId: Buffer.from("1"),
      sourceName: "roll.csv",
    });
    const unfinished = [{ kind: "load", source_name: "roll.csv", lines_done: 0, is_running: false }];
    expect(await lawOf(lawId)).toMatchObject({ unfinished });
  });

  test("how many of its latest submissions were invalid", async () => {
    const lawId = await lawWithRoll();
    for (let n = 0; n < 3; n++) {
      await stack.target.pool.query(
        `insert into vote_audit (request_id, law_id, voter_hash, status, "timestamp", processed_at)
         values ($1, $2, $3, 'invalid', now(), now())`,
        [`request-${lawId}-${n}`, lawId, randomBytes(32)],
      );
    }
    expect(await lawOf(lawId)).toMatchObject({ latest: { submissions: 3, invalid: 3 } });
  });
});

describe("of a mapping that is not enabled, a stage says", () => {
  test("that somebody has disabled it", async () => {
    await validate().pause();
    expect(await mappingOfValidate()).toEqual({ state: "Disabled", paused_by: "somebody" });
  });

  test("that work on a roll has, and whether it is under way", async () => {
    const marks = new PostgresMarks(stack.target.pool);
    const work = new WorkTable(stack.target.pool);
    const run = randomUUID();
    await work.notePause(run);
    await validate().pause();
    await work.confirmPause(run, await validate().lastChange());
    expect(await mappingOfValidate()).toEqual({ state: "Disabled", paused_by: "ended_roll_work" });
    const lawId = await lawWithRoll();
    await validate().pause();
    await work.notePause(run);
    await marks.begin(lawId, { kind: "load", sourceId: Buffer.from("1"), sourceName: "roll.csv" });
    await stack.target.pool.query("update roll_work set stepped_at = clock_timestamp() where law_id = $1", [lawId]);
    expect(await mappingOfValidate()).toEqual({ state: "Disabled", paused_by: "roll_work" });
    await stack.target.pool.query("delete from roll_work where law_id = $1", [lawId]);
  });
});

describe("a stage", () => {
  test("without Redis says what the others know", async () => {
    const lawId = await lawWithRoll();
    const redis = new Redis(`redis://${NOBODY}`, REDIS_OPTIONS);
    redis.on("error", () => undefined);
    const seen = await lookAt([lawId], serversWith({ redis }));
    redis.disconnect();
    expect(seen.services.redis.answers).toBe(false);
    expect(seen.services.redis.error).not.toBe("");
    expect(seen.services.postgresql.answers).toBe(true);
    expect(seen.laws?.[0]).toMatchObject({ voters: VOTERS, cached: null, complete: null, mismatch: null });
  });

  test("without PostgreSQL says what the others know", async () => {
    const lawId = await lawWithRoll();
    const pool = new pg.Pool({ connectionString: `postgresql://election_user@${NOBODY}/election_db` });
    const seen = await lookAt([lawId], serversWith({ pool }));
    await pool.end();
    expect(seen.services.postgresql).toMatchObject({ answers: false, error: expect.stringContaining("ECONNREFUSED") });
    expect(seen.migrations).toBeNull();
    expect(seen.mappings?.validate.state).toBe("Enabled");
    expect(seen.laws?.[0]).toMatchObject({
      state: "open",
      voters: null,
      unfinished: null,
      latest: null,
      cached: VOTERS,
    });
  });

  test("does not wait longer than it may for a service that says nothing", async () => {
    const never = new Promise<never>(() => undefined);
    const silent = Object.assign(new Redis({ lazyConnect: true }), { ping: () => never });
    const { redis, postgresql } = await lookAtServices(serversWith({ redis: silent }), 100);
    expect(redis).toMatchObject({ answers: false, error: "no answer within 0.1 s" });
    expect(redis.milliseconds).toBeLessThan(4_000);
    expect(postgresql.answers).toBe(true);
  });
});
