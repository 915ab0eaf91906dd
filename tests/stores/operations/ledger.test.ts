import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { record } from "../../../functions/aggregate/record.ts";
import { changeLaw } from "../../../operations/laws/change.ts";
import { readLedger } from "../../../operations/ledger/read.ts";
import { queueDepths, queueUrl, waitUntilEmpty } from "../../../operations/queues/depths.ts";
import { redriveQueue } from "../../../operations/queues/redrive-queue.ts";
import { markLost } from "../../../operations/receipts/lost-receipts.ts";
import { rebuildRolls } from "../../../operations/roll/rebuild-rolls.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { checkLedger } from "../../../shared/domain/ledger.ts";
import type { Outcome } from "../../../shared/domain/outcome.ts";
import { issueRequestId, parseRequestId } from "../../../shared/domain/request-id.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { writeOutcome } from "../../../shared/messages/queue.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { SqsQueue } from "../../../shared/stores/queue.ts";
import { DynamoReceiptStore } from "../../../shared/stores/receipts.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { KEY_SOURCE } from "../../support/factories.ts";
import { loadAndSeal } from "../../support/load-and-seal.ts";
import { restoreReceipts } from "../support/restore-receipts.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let stack: TestTarget;
let law: Law;
let laws = 0;

beforeAll(async () => {
  stack = await startTestTarget();
});
afterAll(() => stack?.stop());

/** A law of the test's own, with Anna, Bruno and Carla on its roll. */
beforeEach(async () => {
  law = await addReadyLaw(stack.target, { lawId: `ledger-${++laws}`, title: "A law" });
  const source = Readable.from("100000001,anna12\n100000002,bruno12\n100000003,carla12\n");
  await loadAndSeal(stack.target, law.lawId, source);
});

const VOTERS = { anna: "100000001", bruno: "100000002", carla: "100000003", stranger: "999999999" };
type Voter = keyof typeof VOTERS;

function hashOf(voter: Voter): Buffer {
  return voterHash(VOTERS[voter], `${voter}12`, law.lawId);
}

function newRequestId(): string {
  return issueRequestId(randomBytes(16), law.lawId, 1, randomBytes(32));
}

/** Lets the real aggregate code record an outcome, and claims the vote in Redis as validate would have. */
async function vote(voter: Voter, outcome: Outcome, requestId = newRequestId()): Promise<string> {
  const { target } = stack;
  const body = writeOutcome(
    {
      requestId,
      lawId: law.lawId,
      voterHash: hashOf(voter).toString("hex"),
      choice: "oui",
      acceptedAt: new Date().toISOString(),
    },
    outcome,
  );
  const receipts = new DynamoReceiptStore(target.dynamoDb, "receipts", { pause: async () => undefined, onError: fail });
  const { batchItemFailures } = await record([sqsRecord(body)], {
    keys: KEY_SOURCE,
    outcomes: new PostgresOutcomeStore(target.pool),
    receipts,
    deadLetters: { send: async () => undefined, sendAll: async () => [] },
    now: () => performance.now(),
    pause: async () => undefined,
    onError: fail,
    onRecorded: () => undefined,
    onBatch: () => undefined,
  });
  expect(batchItemFailures).toEqual([]);
  if (outcome === "accepted") await claim(voter, requestId);
  return requestId;
}

function fail(error: unknown): void {
  throw error;
}

async function claim(voter: Voter, requestId: string): Promise<void> {
  const id = parseRequestId(requestId)?.id;
  await new RedisRoll(stack.target.redis).restore(law.lawId, [{ voterHash: hashOf(voter), id }]);
}

function sqsRecord(body: string) {
  return {
    messageId: "1",
    receiptHandle: "1",
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: "0",
      SenderId: "",
      ApproximateFirstReceiveTimestamp: "0",
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "",
    awsRegion: "",
  };
}

async function report(accepted?: readonly string[]) {
  const chunks = accepted === undefined ? undefined : Readable.from([accepted]);
  return checkLedger(await readLedger(stack.target, { laws: [law.lawId], accepted: chunks }));
}

describe("the ledger, read from the stores", () => {
  test("is clean after ordinary votes, and shows their counts", async () => {
    const ids = [await vote("anna", "accepted"), await vote("anna", "duplicate"), await vote("stranger", "invalid")];
    await vote("anna", "duplicate", ids[1]);
    const facts = await readLedger(stack.target, { laws: [law.lawId], accepted: Readable.from([ids]) });
    expect(facts.laws).toEqual([
      {
        lawId: law.lawId,
        voters: 3,
        invalidOnRoll: 0,
        participation: 1,
        ballots: { oui: 1, non: 0 },
        tally: { oui: 1, non: 0 },
        audit: { invalid: 1, duplicate: 1, counted: 1 },
        receipts: { invalid: 1, duplicate: 1, counted: 1 },
        deviations: {},
        cache: { voters: 3, sealed: true, complete: true, claimsMissing: 0 },
      },
    ]);
    expect(facts.accepted).toEqual({ total: 3, missing: { count: 0, examples: [] } });
    expect(checkLedger(facts)).toEqual({ verdict: "clean", findings: [], advice: [] });
  });

  test("reports votes that are invalid although their voters were put on the roll afterwards", async () => {
    await vote("anna", "accepted");
    await vote("stranger", "invalid");
    await stack.target.pool.query(
      `insert into voter_roll (law_id, voter_hash, person_hash)
       select law_id, voter_hash, voter_hash from vote_audit where law_id = $1 and status = 'invalid'`,
      [law.lawId],
    );
    const facts = await readLedger(stack.target, { laws: [law.lawId] });
    expect(facts.laws).toMatchObject([{ invalidOnRoll: 1 }]);
    expect(checkLedger(facts).advice.join()).toContain("1 votes of");
  });

  test("finds nothing wrong with the claim of a copied envelope: its voter may vote again", async () => {
    await vote("anna", "accepted");
    await claim("carla", newRequestId());
    await stack.target.pool.query("insert into copied_claims values ($1, $2)", [law.lawId, hashOf("carla")]);
    expect(checkLedger(await readLedger(stack.target, { laws: [law.lawId] })).findings).toEqual([]);
  });

  test("checks all laws when none is named", async () => {
    const facts = await readLedger(stack.target);
    expect(facts.laws.map((one) => one.lawId)).toContain(law.lawId);
    expect(facts.laws.length).toBe(laws);
  });

  test.each<[string, number, RegExp, (requestId: string) => Promise<unknown>]>([
    [
      "a ballot that disappeared",
      3,
      /2 participations but 1 ballots/,
      () => sql("delete from ballots where ballot_id in (select ballot_id from ballots where law_id = $1 limit 1)"),
    ],
    [
      "a tally that was changed",
      3,
      /2 ballots oui but a tally of 3/,
      () => sql("update vote_results set oui_count = 3 where law_id = $1"),
    ],
    [
      "a participation that disappeared",
      3,
      /audited as counted/,
      () => sql("delete from participation where law_id = $1 and request_id = $2", true),
    ],
    [
      "an audit row that disappeared",
      3,
      /participations name a submission/,
      () => sql("delete from vote_audit where law_id = $1 and request_id = $2", true),
    ],
    [
      "rows that somebody wrote for a law with a form",
      4,
      /3 submissions to a law with a form are recorded without a promise of ingest/,
      // The owner of the tables may do that.
      async () => {
        await stack.target.pool.query("alter table laws disable trigger log_key_is_kept");
        await sql("update laws set form = 'open', origin = 'test/1' where law_id = $1");
        await stack.target.pool.query("alter table laws enable trigger log_key_is_kept");
      },
    ],
    [
      "a voter taken off the roll",
      4,
      /not on the roll/,
      () =>
        sql(
          "delete from voter_roll r using participation p where r.law_id = $1 and p.law_id = $1 and p.request_id = $2 and r.voter_hash = p.voter_hash",
          true,
        ),
    ],
    [
      "an attempt too many",
      5,
      /another attempt count/,
      () => sql("update duplicate_attempts set attempt_count = 9 where law_id = $1"),
    ],
    [
      "a vote that was accepted at the closing of its law",
      4,
      /1 submissions were accepted outside the windows of their law/,
      async () => {
        const { rows } = await sql(
          'select "timestamp" as at from vote_audit where law_id = $1 and request_id = $2',
          true,
        );
        const acceptedAt: Date = rows[0].at;
        // Closed at this instant, and open again from the next millisecond on.
        await changeLaw(stack.target.laws, law.lawId, ({ opensAt }) => ({
          earlierWindows: [{ opensAt, closesAt: acceptedAt.toISOString() }],
          opensAt: new Date(acceptedAt.getTime() + 1).toISOString(),
        }));
      },
    ],
    [
      "a voter who was put on the sealed roll in PostgreSQL and Redis",
      10,
      /^1 buckets of the sealed roll have other voters than were sealed: [0-9a-f]{4}$/,
      async () => {
        await sql("insert into voter_roll values ($1, sha256('dora'), sha256('dora'))");
        await new RedisRoll(stack.target.redis).restore(law.lawId, [
          { voterHash: createHash("sha256").update("dora").digest(), id: undefined },
        ]);
      },
    ],
    [
      "a voter of the sealed roll who was replaced by another one",
      10,
      /^2 buckets of the sealed roll/,
      async () =>
        stack.target.pool.query(
          "update voter_roll set voter_hash = sha256('d') where law_id = $1 and voter_hash = $2",
          [law.lawId, hashOf("carla")],
        ),
    ],
    [
      "digests of the sealed roll that were changed",
      10,
      /^1 buckets of the sealed roll.*\n1 digests of the sealed roll are not those of its buckets/,
      () =>
        sql(
          "update roll_buckets set digest = sha256('') where (law_id, bucket) in (select law_id, bucket from roll_buckets where law_id = $1 limit 1)",
        ),
    ],
    [
      "a roll that was sealed again without an act",
      10,
      /^1 digests of the sealed roll .* or not what the last act on it left: [0-9a-f]{64}$/,
      () =>
        sql(
          `select append_journal('seal-roll', 'done', $1, 'anna', '', 'r', gen_random_uuid(),
             json_build_object('result', json_build_object('digest', repeat('ab', 32)))::text)`,
        ),
    ],
    [
      "an entry of the journal that is another one in the log",
      10,
      /^1 entries of the journal are gone, or other ones than the log has: 1$/,
      () =>
        sql(
          `insert into log_journal select $1, 1, json_build_object('number', 1, 'act', 'x', 'previous', repeat('0', 64))::text`,
        ),
    ],
    ["a claim without a vote", 6, /claimed in Redis and not counted/, () => claim("carla", newRequestId())],
    [
      "a receipt of nothing",
      1,
      /receipts are of submissions that the audit does not know/,
      () => writeReceipt(newRequestId()),
    ],
  ])("finds %s", async (_, invariant, message, spoil) => {
    lastId = await vote("anna", "accepted");
    await vote("anna", "duplicate");
    await vote("bruno", "accepted");
    expect(await report()).toMatchObject({ verdict: "clean" });
    await spoil(lastId);
    const { verdict, findings } = await report();
    expect(verdict).toBe("broken");
    expect(
      findings
        .filter((one) => one.invariant === invariant)
        .map((one) => one.message)
        .join("\n"),
    ).toMatch(message);
  });

  test("looks up accepted votes in the dead-letter queues, which keep them", async () => {
    const [waiting, lost] = [newRequestId(), newRequestId()];
    await deadLetters().send(JSON.stringify({ request_id: waiting }));
    await deadLetters().send("not JSON");
    const { findings } = await report([waiting, lost]);
    expect(findings.map((one) => one.message)).toEqual([
      `1 of 2 accepted submissions are neither audited nor in a queue: ${lost}`,
    ]);
    expect((await queueDepths(stack.target)).votesDeadLetters).toBe(2);
    const { moved, unreadable } = await redriveQueue(stack.target, "votes", { evenUnreadable: true });
    expect([moved, unreadable]).toEqual([2, 0]);
    await drainVotes();
  });
});

let lastId = "";
function sql(text: string, withId = false) {
  return stack.target.pool.query(text, withId ? [law.lawId, lastId] : [law.lawId]);
}

function writeReceipt(requestId: string) {
  const now = new Date().toISOString();
  return new DynamoReceiptStore(stack.target.dynamoDb, "receipts", {
    pause: async () => undefined,
    onError: fail,
  }).putAll([{ requestId, lawId: law.lawId, status: "counted", acceptedAt: now, updatedAt: now }]);
}

function storedReceipt(requestId: string) {
  const options = { pause: async () => undefined, onError: fail };
  return new DynamoReceiptStore(stack.target.dynamoDb, "receipts", options).get(requestId);
}

async function deleteReceipt(requestId: string, rank: number): Promise<void> {
  const Key = { request_id: { S: requestId }, rank: { N: String(rank) } };
  await stack.target.dynamoDb.send(new DeleteItemCommand({ TableName: "receipts", Key }));
}

function deadLetters() {
  return new SqsQueue(stack.target.sqs, queueUrl(stack.target, "votesDeadLetters"), fail);
}

async function drainVotes() {
  const { PurgeQueueCommand } = await import("@aws-sdk/client-sqs");
  await stack.target.sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl(stack.target, "votes") }));
}

describe("repairs", () => {
  test("a rebuild makes voters and claims in Redis the same as in PostgreSQL", async () => {
    const anna = await vote("anna", "accepted");
    await claim("carla", newRequestId());
    const cache = new RedisRoll(stack.target.redis);
    await cache.restore(law.lawId, [{ voterHash: randomBytes(32), id: undefined }]);

    const [roll] = await rebuildRolls(stack.target, [law]);

    expect(roll).toMatchObject({ voters: 3, cached: 3, claims: 1, complete: true });
    const held = await stack.target.redis.hgetBuffer(
      `roll:{${law.lawId}:${hashOf("anna").toString("hex", 0, 2)}}`,
      hashOf("anna"),
    );
    expect(held).toEqual(parseRequestId(anna)?.id);
    expect(await report()).toEqual({ verdict: "clean", findings: [], advice: [] });
  });

  test("restore-receipts writes missing receipts, and lists receipts that PostgreSQL does not know", async () => {
    const requestId = await vote("anna", "accepted");
    const orphan = newRequestId();
    await deleteReceipt(requestId, 3);
    expect((await report()).findings.map((one) => one.message).join()).toMatch(/no receipt of their status/);
    await writeReceipt(orphan);

    const { written, orphans } = await restoreReceipts(stack.target);

    expect(written).toBeGreaterThanOrEqual(1);
    const accepted_at = (await storedReceipt(orphan))?.acceptedAt;
    expect(orphans).toContainEqual({ request_id: orphan, law_id: law.lawId, status: "counted", accepted_at });
    await markLost(stack.target, orphans);
    expect(await storedReceipt(orphan)).toMatchObject({ status: "lost", reason: "database_restored" });
    expect(await report()).toMatchObject({ verdict: "clean" });
    expect(await restoreReceipts(stack.target)).toEqual({ written: 0, orphans: [] });
  });

  test("the duplicate of a lost vote is lost too; decided again, its receipt rises", async () => {
    const first = await vote("anna", "accepted");
    const second = await vote("anna", "duplicate");
    const { pool } = stack.target;
    // As if PostgreSQL was restored to a moment when a faster batch had recorded the second, and nobody the first.
    for (const table of ["participation", "ballots", "vote_results", "duplicate_attempts"]) {
      await pool.query(`delete from ${table} where law_id = $1`, [law.lawId]);
    }
    await pool.query("delete from vote_audit where request_id = $1", [first]);
    await stack.target.redis.flushall();
    await rebuildRolls(stack.target, [law]);
    expect((await report()).findings.map((one) => one.message).join()).toMatch(/duplicates of nothing/);

    const { orphans } = await restoreReceipts(stack.target);

    const lost = orphans.map(({ request_id, status }) => ({ request_id, status }));
    expect(lost).toHaveLength(2);
    expect(lost).toContainEqual({ request_id: first, status: "counted" });
    expect(lost).toContainEqual({ request_id: second, status: "duplicate" });
    await markLost(stack.target, orphans);
    expect(await storedReceipt(second)).toMatchObject({ status: "lost" });
    expect(await report()).toMatchObject({ verdict: "clean" });
    await vote("anna", "accepted", second);
    expect(await storedReceipt(second)).toMatchObject({ status: "counted" });
    expect(await report()).toMatchObject({ verdict: "clean" });
  });

  test("redriving sends back readable messages and leaves the others", async () => {
    const requestId = newRequestId();
    const body = JSON.stringify({
      v: 1,
      request_id: requestId,
      law_id: law.lawId,
      voter_hash: hashOf("anna").toString("hex"),
      choice: "non",
      accepted_at: new Date().toISOString(),
    });
    for (let index = 0; index < 12; index++) await deadLetters().send(body);
    await deadLetters().send("poison");

    expect(await redriveQueue(stack.target, "votes", { limit: 5 })).toMatchObject({ moved: 5 });
    expect(await redriveQueue(stack.target, "votes", {})).toEqual({ moved: 7, unreadable: 1, unconfirmed: 0 });
    expect(await queueDepths(stack.target)).toMatchObject({ votes: 12, votesDeadLetters: 1 });
    expect(await waitUntilEmpty(stack.target, ["votes"], 0)).toBe(12);
    expect(await redriveQueue(stack.target, "votes", { evenUnreadable: true })).toMatchObject({ moved: 1 });
    await drainVotes();
    expect(await waitUntilEmpty(stack.target, ["votes", "outcomes"], 5_000)).toBe(0);
  });
});
