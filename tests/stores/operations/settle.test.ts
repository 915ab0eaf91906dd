import { randomBytes } from "node:crypto";
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { record } from "../../../functions/aggregate/record.ts";
import { readLedger } from "../../../operations/ledger/read.ts";
import { queueDepths, queueUrl, waitUntilEmpty } from "../../../operations/queues/depths.ts";
import { settleLaw } from "../../../operations/queues/settle-law.ts";
import { type Settling, UNSETTLED } from "../../../operations/queues/settle-steps.ts";
import type { Vote } from "../../../shared/domain/ballot.ts";
import { checkLedger, type QueueDepths } from "../../../shared/domain/ledger.ts";
import { makeOutcomeMac } from "../../../shared/domain/message-macs.ts";
import type { Outcome } from "../../../shared/domain/outcome.ts";
import { writeOutcome, writeVote } from "../../../shared/messages/queue.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { SqsQueue } from "../../../shared/stores/queue.ts";
import { DynamoReceiptStore } from "../../../shared/stores/receipts.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { aRecord, aVote, aVoterHash, KEY_SOURCE, KEYS, macsOf } from "../../support/factories.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let stack: TestTarget;
let stopAggregate: () => Promise<void>;
beforeAll(async () => {
  stack = await startTestTarget();
  stopAggregate = startAggregate();
});
afterAll(async () => {
  await stopAggregate?.();
  await stack?.stop();
});
/** A queue that a failed test left something in would fail the next one as well. */
beforeEach(async () => {
  expect(await queueDepths(stack.target)).toEqual({
    votes: 0,
    outcomes: 0,
    votesDeadLetters: 0,
    outcomesDeadLetters: 0,
  });
});

/** The real aggregate, fed from the outcomes queue. */
function startAggregate(): () => Promise<void> {
  const { sqs, pool, dynamoDb } = stack.target;
  const QueueUrl = queueUrl(stack.target, "outcomes");
  const fail = (error: unknown) => {
    throw error;
  };
  const services = {
    keys: KEY_SOURCE,
    outcomes: new PostgresOutcomeStore(pool),
    receipts: new DynamoReceiptStore(dynamoDb, "receipts", { pause: async () => undefined, onError: fail }),
    deadLetters: queueOf("outcomesDeadLetters"),
    now: () => 0,
    pause: async () => undefined,
    onError: fail,
    onRecorded: () => undefined,
    onBatch: () => undefined,
  };
  let isStopping = false;
  const run = async () => {
    while (!isStopping) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      for (const { Body = "", ReceiptHandle } of Messages) {
        const { batchItemFailures } = await record([aRecord(Body)], services);
        if (batchItemFailures.length === 0) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  };
  const running = run();
  return async () => {
    isStopping = true;
    await running;
  };
}

function queueOf(name: keyof QueueDepths): SqsQueue {
  return new SqsQueue(stack.target.sqs, queueUrl(stack.target, name), (error) => {
    throw error;
  });
}

let laws = 0;

/** Adds a law for one test, with voters on its roll. */
async function newLaw(voters: number): Promise<{ lawId: string; voters: readonly string[] }> {
  const { lawId } = await addReadyLaw(stack.target, {
    lawId: `settle-${++laws}`,
    title: "A law",
    opens: "2026-03-01T11:00:00Z",
  });
  const hashes = Array.from({ length: voters }, aVoterHash);
  await stack.target.pool.query("insert into rolls (law_id, key_version) values ($1, 1)", [lawId]);
  for (const hash of hashes) {
    await stack.target.pool.query("insert into voter_roll values ($1, $2, $3)", [
      lawId,
      Buffer.from(hash, "hex"),
      randomBytes(32),
    ]);
  }
  return { lawId, voters: hashes };
}

/** The keys of a sealed law, as its row has them. */
const TRUSTEES = {
  ...{ election_key: "A".repeat(43), signing_key: "B".repeat(43), split_id: "c".repeat(32) },
  ...{ threshold: 2, trustees: 3, tested: true },
};

/** A vote that was accepted this many seconds into the hour. */
function voteOf(lawId: string, voterHash: string | undefined, second: number, choice: Vote["choice"] = "non"): Vote {
  const acceptedAt = new Date(Date.parse("2026-03-01T12:00:00.000Z") + second * 1_000).toISOString();
  return aVote({ lawId, choice, acceptedAt, ...(voterHash === undefined ? {} : { voterHash }) });
}

async function putAside(...bodies: string[]): Promise<void> {
  expect(await queueOf("outcomesDeadLetters").sendAll(bodies)).toEqual(bodies.map(() => true));
}

const duplicate = (vote: Vote) => writeOutcome(vote, "duplicate");

async function audit(lawId: string): Promise<Record<string, string>> {
  const { rows } = await stack.target.pool.query<{ request_id: string; status: string }>(
    "select request_id, status from vote_audit where law_id = $1",
    [lawId],
  );
  return Object.fromEntries(rows.map((row) => [row.request_id, row.status]));
}

async function tally(lawId: string): Promise<unknown> {
  const { rows } = await stack.target.pool.query(
    "select oui_count::int as oui, non_count::int as non from vote_results where law_id = $1",
    [lawId],
  );
  return rows[0];
}

async function empty(queue: keyof QueueDepths): Promise<string[]> {
  const QueueUrl = queueUrl(stack.target, queue);
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await stack.target.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return bodies;
    for (const { Body = "", ReceiptHandle } of Messages) {
      bodies.push(Body);
      await stack.target.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

/** Settles a law step by step, as the operators' API does, up to a phase. */
async function settle(
  lawId: string,
  { unreadableVotes, until = "done" }: { readonly unreadableVotes?: number; readonly until?: Settling["phase"] } = {},
): Promise<Settling> {
  let state = UNSETTLED;
  while (state.phase !== until) {
    state = await settleLaw(
      stack.target,
      lawId,
      { unreadableVotes, deadline: performance.now() + 5_000, keys: KEY_SOURCE },
      state,
    );
  }
  return state;
}

describe("settling a law", () => {
  test("counts the earliest submission of each voter who has only duplicates; its others are duplicates", async () => {
    const { lawId, voters } = await newLaw(2);
    const [anna, bruno] = voters;
    const first = voteOf(lawId, anna, 10, "oui");
    const others = [voteOf(lawId, anna, 30), voteOf(lawId, anna, 20)];
    const single = voteOf(lawId, bruno, 5);
    await putAside(...[others[0], first, others[1], single].flatMap((vote) => (vote ? [duplicate(vote)] : [])));
    expect(await settle(lawId)).toMatchObject({ counted: 2, sentBack: 2, withoutChoice: 0, unconfirmed: 0 });
    expect(await audit(lawId)).toEqual({
      [first.requestId]: "counted",
      [others[0]?.requestId ?? ""]: "duplicate",
      [others[1]?.requestId ?? ""]: "duplicate",
      [single.requestId]: "counted",
    });
    expect(await tally(lawId)).toEqual({ oui: 1, non: 1 });
    expect(checkLedger(await readLedger(stack.target, { laws: [lawId] })).findings).toEqual([]);
    expect(await settle(lawId)).toMatchObject({ counted: 0, sentBack: 0 });
  });

  test("lets a first vote stand that is a dead letter too, although it was accepted later", async () => {
    const { lawId, voters } = await newLaw(1);
    const [early, first] = [voteOf(lawId, voters[0], 1), voteOf(lawId, voters[0], 2, "oui")];
    await putAside(duplicate(early), writeOutcome(first, "accepted"));
    expect(await settle(lawId)).toMatchObject({ counted: 0, sentBack: 2 });
    expect(await audit(lawId)).toEqual({ [early.requestId]: "duplicate", [first.requestId]: "counted" });
  });

  test("leaves other laws' dead letters, what nothing can read, and duplicates without a choice, visible to all", async () => {
    const [here, elsewhere] = [await newLaw(1), await newLaw(1)];
    const { choice: _, ...old } = JSON.parse(duplicate(voteOf(here.lawId, here.voters[0], 1)));
    const left = [duplicate(voteOf(elsewhere.lawId, elsewhere.voters[0], 1)), "poison", JSON.stringify(old)];
    await putAside(...left);
    expect(await settle(here.lawId)).toMatchObject({ counted: 0, sentBack: 0, withoutChoice: 1 });
    expect((await empty("outcomesDeadLetters")).sort()).toEqual(left.sort());
  });

  test("decides a duplicate whose envelope is a copy, and counts the next one of its voter", async () => {
    const { lawId, voters } = await newLaw(2);
    // A law's form is for life: it gets another row.
    await stack.target.pool.query(
      `with old as (delete from laws where law_id = $1 returning *)
       insert into laws select (jsonb_populate_record(null::laws, to_jsonb(old) || $2)).* from old`,
      [lawId, { form: "sealed", origin: "test/settle", trustees: TRUSTEES, version: 9, confirmed_version: 9 }],
    );
    const outcomeOf = (voter: number, second: number, envelope: number, outcome: Outcome) => {
      const { choice: _, ...rest } = voteOf(lawId, voters[voter], second);
      const vote = { ...rest, sealed: Buffer.alloc(59, envelope).fill(1, 0, 1).toString("base64url") };
      const macs = macsOf(vote);
      const mac = makeOutcomeMac(vote, macs, outcome, KEYS.ofVersion(1).macOutcome);
      return { id: vote.requestId, body: writeOutcome({ ...vote, macs }, outcome, mac) };
    };
    const original = outcomeOf(0, 1, 7, "accepted");
    const copy = outcomeOf(1, 2, 7, "duplicate");
    const again = outcomeOf(1, 3, 8, "duplicate");
    await putAside(copy.body, again.body, original.body);
    expect(await settle(lawId)).toMatchObject({ sentBack: 3, withoutChoice: 0, firstVoteFails: 0, unconfirmed: 0 });
    expect(await audit(lawId)).toEqual({ [original.id]: "counted", [copy.id]: "invalid", [again.id]: "counted" });
    expect(await empty("outcomesDeadLetters")).toEqual([]);
  });

  test("leaves the duplicates of a first vote that cannot be recorded", async () => {
    const { lawId, voters } = await newLaw(1);
    // Valid ISO 8601 that PostgreSQL has no time for.
    const first = JSON.stringify({
      ...JSON.parse(writeOutcome(voteOf(lawId, voters[0], 1), "accepted")),
      accepted_at: "0000-01-01T00:00:00Z",
    });
    const second = duplicate(voteOf(lawId, voters[0], 2));
    await putAside(first, second);
    // aggregate would try it for two hours; here it is a dead letter again at once.
    const queue = vi.spyOn(SqsQueue.prototype, "sendAll").mockImplementationOnce(async (bodies) => {
      await putAside(...bodies);
      return bodies.map(() => true);
    });
    try {
      expect(await settle(lawId)).toMatchObject({ counted: 0, sentBack: 1, firstVoteFails: 1 });
    } finally {
      queue.mockRestore();
    }
    expect((await empty("outcomesDeadLetters")).sort()).toEqual([first, second].sort());
    expect(await audit(lawId)).toEqual({});
  });

  test("is refused while a first vote may still come from somewhere, and says what to do", async () => {
    const { lawId, voters } = await newLaw(1);
    const vote = voteOf(lawId, voters[0], 1);
    await putAside(duplicate(vote));
    for (const [name, words] of [
      ["votes", /1 votes and 0 outcomes are in the queues.*freeze the law/],
      ["votesDeadLetters", /1 votes are dead letters.*redrive votes.*--unreadable-votes/],
    ] as const) {
      await queueOf(name).send(writeVote(voteOf(lawId, voters[0], 2)));
      await expect(settle(lawId)).rejects.toThrow(words);
      await empty(name);
    }
    await queueOf("votesDeadLetters").send("poison");
    await expect(settle(lawId)).rejects.toThrow(/dead letters/);
    expect(await audit(lawId)).toEqual({});
    expect(await settle(lawId, { unreadableVotes: 1 })).toMatchObject({ counted: 1 });
    await empty("votesDeadLetters");
  });

  test("is refused for a law that does not exist", async () => {
    await expect(settle("nothing")).rejects.toThrow("There is no law nothing.");
  });

  test("by two at once is done once: they take turns", async () => {
    const { lawId, voters } = await newLaw(30);
    await putAside(...voters.flatMap((voter) => [1, 2, 3].map((second) => duplicate(voteOf(lawId, voter, second)))));
    const settled = await Promise.all([settle(lawId), settle(lawId)]);
    expect(settled.reduce((total, { counted }) => total + counted, 0)).toBe(30);
    const statuses = Object.values(await audit(lawId)).sort();
    expect(statuses).toEqual([...Array(30).fill("counted"), ...Array(60).fill("duplicate")]);
    expect(await tally(lawId)).toEqual({ oui: 0, non: 30 });
  });

  test("is refused while somebody else holds dead letters and might send an earlier vote back", async () => {
    const { lawId, voters } = await newLaw(1);
    await putAside(duplicate(voteOf(lawId, voters[0], 1)));
    const QueueUrl = queueUrl(stack.target, "outcomesDeadLetters");
    const { Messages = [] } = await stack.target.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 600 }),
    );
    await expect(settle(lawId)).rejects.toThrow(/Somebody else is at work on the dead letters/);
    await stack.target.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle }));
  });

  test.each(["first", "rest", "end"] as const)(
    "cut off before its phase %s, is completed by another run",
    async (until) => {
      const { lawId, voters } = await newLaw(15);
      await putAside(...voters.flatMap((voter) => [1, 2].map((second) => duplicate(voteOf(lawId, voter, second)))));
      await settle(lawId, { until });
      expect(await waitUntilEmpty(stack.target, ["outcomes"], 50_000)).toBe(0);
      await settle(lawId);
      expect(Object.values(await audit(lawId)).sort()).toEqual([
        ...Array(15).fill("counted"),
        ...Array(15).fill("duplicate"),
      ]);
      expect(await tally(lawId)).toEqual({ oui: 0, non: 15 });
    },
  );

  test.each(["failed", "first", "rest", "end"] as const)(
    "does its phase %s again when the answer was lost",
    async (phase) => {
      const { lawId, voters } = await newLaw(5);
      const failed = voteOf(lawId, voters[0], 3);
      await putAside(
        writeOutcome(failed, "accepted"),
        ...voters.flatMap((voter) => [1, 2].map((second) => duplicate(voteOf(lawId, voter, second)))),
      );
      let state = UNSETTLED;
      while (state.phase !== "done") {
        const step = () =>
          settleLaw(stack.target, lawId, { deadline: performance.now() + 5_000, keys: KEY_SOURCE }, state);
        const isAgain = (state.phase === "quiet" ? "failed" : state.phase) === phase;
        if (isAgain) await step();
        state = await step();
      }
      expect(await audit(lawId)).toMatchObject({ [failed.requestId]: "counted" });
      expect(Object.values(await audit(lawId)).sort()).toEqual([
        ...Array(5).fill("counted"),
        ...Array(6).fill("duplicate"),
      ]);
      expect(await tally(lawId)).toEqual({ oui: 0, non: 5 });
    },
  );
});
