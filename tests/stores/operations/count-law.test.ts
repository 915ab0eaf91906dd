import { randomBytes, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { record } from "../../../functions/aggregate/record.ts";
import { lawBookOf } from "../../../operations/law-book/book-of.ts";
import { LawRows } from "../../../operations/law-book/law-rows.ts";
import { readLedger } from "../../../operations/ledger/read.ts";
import { queueUrl } from "../../../operations/queues/depths.ts";
import { loadRoll } from "../../../operations/roll/load-file.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import { checkLedger } from "../../../shared/domain/ledger.ts";
import type { Outcome } from "../../../shared/domain/outcome.ts";
import { issueRequestId, parseRequestId } from "../../../shared/domain/request-id.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { countLaw, planCount } from "../../../shared/messages/operators/count.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import * as laws from "../../../shared/messages/operators/laws.ts";
import { settle } from "../../../shared/messages/operators/queues.ts";
import { showLaw } from "../../../shared/messages/operators/show-law.ts";
import { writeOutcome } from "../../../shared/messages/queue.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { SqsQueue } from "../../../shared/stores/queue.ts";
import { DynamoReceiptStore } from "../../../shared/stores/receipts.ts";
import { ResultStore } from "../../../shared/stores/results.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { aRecord, KEY_SOURCE } from "../../support/factories.ts";
import { putOn, takeOff } from "../../support/queues.ts";
import { doorOn, journalPhases } from "../support/door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let stack: TestTarget;
let operate: ReturnType<typeof doorOn>;
let law_id: string;
let added = 0;

beforeAll(async () => {
  stack = await startTestTarget();
  operate = doorOn(stack);
});
afterAll(() => stack?.stop());

const VOTERS = { anna: "100000001", bruno: "100000002", carla: "100000003", stranger: "999999999" };
type Voter = keyof typeof VOTERS;

/** A law that closed years ago, with three voters. */
async function aClosedLaw(): Promise<string> {
  const lawId = `count-${++added}`;
  const window = { opens: "2020-01-01T08:00:00Z", closes: "2020-01-01T20:00:00Z" };
  await addReadyLaw(stack.target, { lawId, title: "A law", ...window });
  const source = Readable.from("100000001,anna12\n100000002,bruno12\n100000003,carla12\n");
  await loadRoll(stack.target, { laws: [lawId], source });
  return lawId;
}
beforeEach(async () => {
  law_id = await aClosedLaw();
});

function outcomeOf(voter: Voter, outcome: Outcome): { readonly requestId: string; readonly body: string } {
  const requestId = issueRequestId(randomBytes(16), law_id, 1, randomBytes(32));
  const hash = voterHash(VOTERS[voter], `${voter}12`, law_id).toString("hex");
  const vote = {
    requestId,
    lawId: law_id,
    voterHash: hash,
    choice: "oui",
    acceptedAt: "2020-01-01T09:00:00.000Z",
  } as const;
  return { requestId, body: writeOutcome(vote, outcome) };
}

function fail(error: unknown): void {
  throw error;
}

/** The real aggregate on one delivery of a message. @returns whether the message fails and comes again */
async function deliver(body: string, deliveries = 1): Promise<boolean> {
  const { dynamoDb, pool, sqs } = stack.target;
  const delivery = aRecord(body);
  const { batchItemFailures } = await record(
    [{ ...delivery, attributes: { ...delivery.attributes, ApproximateReceiveCount: String(deliveries) } }],
    {
      keys: KEY_SOURCE,
      outcomes: new PostgresOutcomeStore(pool),
      receipts: new DynamoReceiptStore(dynamoDb, "receipts", { pause: async () => undefined, onError: fail }),
      deadLetters: new SqsQueue(sqs, queueUrl(stack.target, "outcomesDeadLetters"), fail),
      now: () => performance.now(),
      pause: async () => undefined,
      onError: fail,
      onRecorded: () => undefined,
      onBatch: () => undefined,
    },
  );
  return batchItemFailures.length > 0;
}

/** Records a vote, and claims it in Redis as validate would have. */
async function vote(voter: Voter, outcome: Outcome): Promise<void> {
  const { requestId, body } = outcomeOf(voter, outcome);
  expect(await deliver(body)).toBe(false);
  if (outcome !== "accepted") return;
  const id = parseRequestId(requestId)?.id;
  const hash = voterHash(VOTERS[voter], `${voter}12`, law_id);
  await new RedisRoll(stack.target.redis).restore(law_id, [{ voterHash: hash, id }]);
}

const count = async (of = operate) => countLaw.result.parse(await of.drive(countLaw, { request: { law_id } }));
const refusalOf = (act: Act, request: object) =>
  operate.drive(act, { request }).then(
    () => "nothing",
    (error: Error) => error.message,
  );
const ledger = async () => checkLedger(await readLedger(stack.target, { laws: [law_id] }));

describe("a closed law", () => {
  test("is counted with its votes, and everybody learns of it", async () => {
    await vote("anna", "accepted");
    await vote("anna", "duplicate");
    await vote("stranger", "invalid");
    const figures = { oui: 1, non: 0, counted: 1, duplicate: 1, invalid: 1 };
    expect(await count()).toMatchObject({ law: { law_id, state: "counted" }, count: figures });
    expect(await stack.target.laws.items.get(law_id)).toMatchObject({ reached: "counted", version: 3 });
    expect(await new LawRows(stack.target.pool).get(law_id)).toMatchObject({ confirmedVersion: 3 });
    const shown = showLaw.result.parse(await operate.drive(showLaw, { request: { law_id } }));
    expect(shown).toMatchObject({ law: { state: "counted" }, count: figures, missing: [] });
    expect(await ledger()).toMatchObject({ verdict: "clean", findings: [] });
    expect(await count(), "again changes nothing").toMatchObject({ count: shown.count });
  });

  test("is planned in numbers, with the options only when everybody can see all of them", async () => {
    await vote("anna", "accepted");
    await vote("anna", "duplicate");
    await vote("stranger", "invalid");
    const plan = () => operate.drive(planCount, { request: { law_id } });
    const figures = { law_id, counted: 1, duplicate: 1, invalid: 1, set_aside: 0, lost: 0 };
    expect(await plan()).toMatchObject({ ...figures, options: null });
    const results = new ResultStore(stack.target.pool, { intervalSeconds: 300, minimumVotes: 1_000 });
    await results.published([{ lawId: law_id, isFinal: false }]);
    expect(await plan(), "too few votes for a step").toMatchObject({ options: null });
    const atOnce = new ResultStore(stack.target.pool, { intervalSeconds: 0, minimumVotes: 1 });
    await atOnce.published([{ lawId: law_id, isFinal: true }]);
    expect(await plan()).toMatchObject({ ...figures, options: { oui: 1, non: 0 } });
  });

  test("is counted once by two people who count it at the same time", async () => {
    await vote("anna", "accepted");
    const [one, other] = await Promise.all([count(), count(doorOn(stack))]);
    expect(one.count).toEqual(other.count);
  });

  test("is counted by steps that are each sent three times, as if answers were lost", async () => {
    await vote("anna", "accepted");
    const run = randomUUID();
    const result = countLaw.result.parse(await operate.drive(countLaw, { request: { law_id }, run }, 3));
    expect(result.count).toMatchObject({ counted: 1 });
    expect(await journalPhases(stack, run)).toEqual(["begun", "done"]);
  });

  test("whose count is cut off between row and item is brought up to date by the next look", async () => {
    const { target } = stack;
    const dead = new Error("the function was killed");
    const items = target.laws.items;
    const dying = Object.assign(Object.create(items), {
      get: (id: string) => items.get(id),
      list: () => items.list(),
      project: () => Promise.reject(dead),
    });
    const { sqs, dynamoDb, lambda, pool, redis, keys, distributed } = target;
    const others = { sqs, dynamoDb, lambda, pool, redis, keys, distributed };
    const servers = { ...others, laws: lawBookOf(target, dying), output: (name: string) => target.output(name) };
    const dyingDoor = doorOn({ target: servers as unknown as TestTarget["target"] });
    await expect(count(dyingDoor)).rejects.toBe(dead);
    expect((await items.get(law_id))?.reached).toBeUndefined();
    expect(await count()).toMatchObject({ law: { state: "counted" } });
    expect(await items.get(law_id)).toMatchObject({ reached: "counted" });
  });
});

describe("a closed law is not counted, and nothing changes,", () => {
  const refused = async () => {
    const before = await new LawRows(stack.target.pool).get(law_id);
    const said = await refusalOf(countLaw, { law_id });
    expect(await new LawRows(stack.target.pool).get(law_id)).toEqual(before);
    return said;
  };

  test("while a vote of it is a dead letter, or nothing can read one", async () => {
    const { body } = outcomeOf("anna", "accepted");
    await putOn(stack.target, "outcomesDeadLetters", [body, "not a message"]);
    const said = await refused();
    expect(said).toMatch(/1 dead letters are votes of it: npm run ops -- redrive.*Nothing can read 1 dead letters/);
    await takeOff(stack.target, "outcomesDeadLetters", "not a message");
    await vi.waitFor(async () => expect(await takeOff(stack.target, "outcomesDeadLetters", body)).toBe(true), 10_000);
  });

  test("while a message is in a queue", async () => {
    const { body } = outcomeOf("anna", "accepted");
    await putOn(stack.target, "outcomes", [body]);
    expect(await refused()).toMatch(/0 votes and 1 outcomes are in the queues; npm run ops -- drain/);
    await takeOff(stack.target, "outcomes", body);
  });

  test("while the ledger is not clean: a claim of nobody waits for settle", async () => {
    const hash = voterHash(VOTERS.anna, "anna12", law_id);
    await new RedisRoll(stack.target.redis).restore(law_id, [{ voterHash: hash, id: randomBytes(16) }]);
    const said = await refused();
    expect(said).toMatch(/ledger is not clean .*1 voters are claimed in Redis and not counted/);
    expect(said, "the journal keeps it").not.toContain(hash.toString("hex"));
  });

  test("before every message of the last moment is visible again", async () => {
    const lawId = `count-${++added}`;
    const closes = new Date(Date.now() - 1_000).toISOString();
    await addReadyLaw(stack.target, { lawId, title: "A law", opens: "2020-01-01T08:00:00Z", closes });
    expect(await refusalOf(countLaw, { law_id: lawId })).toMatch(/is counted 31 seconds after that at the soonest/);
  });

  test("while it takes votes", async () => {
    const { lawId } = await addReadyLaw(stack.target, { lawId: `count-${++added}`, title: "A law" });
    expect(await refusalOf(countLaw, { law_id: lawId })).toMatch(/has not closed.*laws -- close/);
  });
});

describe("once a law is counted", () => {
  beforeEach(async () => {
    await vote("anna", "accepted");
    await count();
  });

  test.each([
    ["opened", laws.openLaw, {}],
    ["opened again", laws.openLaw, { reopen: true }],
    ["closed", laws.closeLaw, {}],
    ["frozen", laws.freezeLaw, {}],
    ["unfrozen", laws.unfreezeLaw, {}],
    ["changed", laws.changeDraft, { title: "Another" }],
    ["settled", settle, {}],
  ] as const)("it is not %s any more", async (_, act: Act, more) => {
    expect(await refusalOf(act, { law_id, ...more })).toMatch(/is counted, and nothing changes it any more/);
  });

  test("a vote that turns up is neither recorded nor lost: it comes to the dead-letter queue", async () => {
    const { body, requestId } = outcomeOf("bruno", "accepted");
    expect(await deliver(body), "it comes again").toBe(true);
    expect(await deliver(body, 4)).toBe(false);
    const { rows } = await stack.target.pool.query("select from vote_audit where request_id = $1", [requestId]);
    expect(rows).toEqual([]);
    expect(await ledger()).toMatchObject({ verdict: "clean", findings: [] });
    expect(await takeOff(stack.target, "outcomesDeadLetters", body)).toBe(true);
  });

  test("such a vote does not keep another law from being counted", async () => {
    const { body } = outcomeOf("bruno", "accepted");
    await deliver(body, 4);
    law_id = await aClosedLaw();
    expect(await count()).toMatchObject({ count: { counted: 0 } });
    await vi.waitFor(async () => expect(await takeOff(stack.target, "outcomesDeadLetters", body)).toBe(true), 10_000);
  });

  test("the ledger says what was changed behind everybody's back", async () => {
    await stack.target.pool.query("update vote_results set non_count = non_count + 1 where law_id = $1", [law_id]);
    const { findings } = await ledger();
    expect(findings).toContainEqual({ invariant: 9, lawId: law_id, message: "a tally of 1 non, counted with 0" });
  });
});
