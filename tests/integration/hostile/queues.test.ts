import { randomBytes } from "node:crypto";
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queueDepths, queueState, queueUrl } from "../../../operations/queues/depths.ts";
import { localStatus } from "../../../places/local/local-status.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { issueRequestId, uuidV7 } from "../../../shared/domain/request-id.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { writeVote } from "../../../shared/messages/queue.ts";
import { buildOwnEnvironment, newVoters, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { shuffled } from "../../support/hostile/compare.ts";
import { MARKER } from "../../support/hostile/injections.ts";
import { isReadable, strangeMessages, strangersMessage, type VoteQueue } from "../../support/hostile/messages.ts";
import { SEED } from "../../support/hostile/run.ts";
import { tellingLines } from "../../support/hostile/world.ts";
import { putOn } from "../../support/queues.ts";

/** Wrong messages for each queue. */
const STRANGE = 3_000;
const VOTERS = 300;
const QUEUES = ["votes", "outcomes"] as const;
/** Many of these in one batch are more bytes than a call to SQS takes. */
const LARGE = Array.from({ length: 12 }, (_, index) => `${MARKER} ${index} ${"x".repeat(400_000)}`);

let env: TestEnvironment;
let running: StartedStack;
let consumers: unknown;

beforeAll(async () => {
  console.log(`hostile messages: FAST_CHECK_SEED=${SEED}`);
  ({ environment: env, running } = await buildOwnEnvironment());
  consumers = await consumerPids();
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

async function consumerPids() {
  const { functions } = (await localStatus(env.stack.data_dir)).pids;
  return { validate: functions.validate, aggregate: functions.aggregate };
}

/** Votes as ingest puts them on the queue. */
async function rightVotes(lawId: string, voters: readonly Voter[]): Promise<{ id: string; body: string }[]> {
  const { requestIdMac } = (await env.target.requestIdKeys()).ofVersion(1);
  return voters.map(({ nas, code }, index) => {
    const id = issueRequestId(uuidV7(Date.now(), randomBytes(10)), lawId, 1, requestIdMac);
    const hash = voterHash(nas, code, lawId).toString("hex");
    const choice = index % 3 === 0 ? "non" : "oui";
    return {
      id,
      body: writeVote({ requestId: id, lawId, voterHash: hash, choice, acceptedAt: new Date().toISOString() }),
    };
  });
}

/** Takes every message off a dead-letter queue. */
async function takeAll(queue: VoteQueue): Promise<string[]> {
  const QueueUrl = queueUrl(env.target, `${queue}DeadLetters`);
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await env.target.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return bodies;
    bodies.push(...Messages.map(({ Body = "" }) => Body));
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await env.target.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}

async function statuses(lawId: string): Promise<Record<string, number>> {
  const { rows } = await env.target.pool.query<{ status: string; n: number }>(
    "select status, count(*)::int as n from vote_audit where law_id = $1 group by status",
    [lawId],
  );
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}

const acceptedAtOf = (body: string) => Date.parse(JSON.parse(body).accepted_at);
const isBetween = (ms: number, from: number, to: number) => ms >= from && ms <= to;
const randomBelow = (below: number) => randomBytes(4).readUInt32BE() % below;

describe("among messages that this system did not write", { tags: ["hostile"] }, () => {
  test(`${VOTERS} votes are counted; ${2 * STRANGE} others end on their dead-letter queue as they were, or as invalid`, async () => {
    const { lawId, voters } = await env.newLaw(VOTERS);
    const opensMs = Date.parse((await env.target.laws.get(lawId))?.opensAt ?? "");
    const right = await rightVotes(lawId, voters);
    const strangers = await rightVotes(lawId, newVoters(100));
    const sent: Record<VoteQueue, string[]> = { votes: [], outcomes: [] };
    for (const queue of QUEUES) {
      // One changed digit may give a time at which the law was not open. The ledger is right to tell of such a message.
      const inTime = (body: string) => !isReadable(queue, body) || isBetween(acceptedAtOf(body), opensMs, Date.now());
      const strange = fc.sample(strangeMessages(queue, lawId), { seed: SEED, numRuns: STRANGE }).filter(inTime);
      // Messages with additional fields can be read nevertheless.
      const wide = { ...strangersMessage(queue, lawId), [MARKER]: "x".repeat(300_000) };
      sent[queue] = [...strange, JSON.stringify(wide)];
    }
    const mixedIn = [...right, ...strangers].map(({ body }) => body);
    await putOn(env.target, "votes", [...LARGE, ...shuffled([...sent.votes, ...mixedIn], randomBelow)]);
    await putOn(env.target, "outcomes", [...LARGE, ...shuffled(sent.outcomes, randomBelow)]);

    await env.until("both queues are empty", async () => {
      const { votes, outcomes } = await queueDepths(env.target);
      return votes + outcomes === 0;
    });
    let readable = 0;
    for (const queue of QUEUES) {
      const unreadable = [...LARGE, ...sent[queue]].filter((body) => !isReadable(queue, body));
      expect(unreadable.length).toBeGreaterThan(STRANGE / 2);
      readable += sent[queue].length + LARGE.length - unreadable.length;
      expect((await takeAll(queue)).sort()).toEqual(unreadable.sort());
    }
    expect(await statuses(lawId)).toEqual({ counted: VOTERS, invalid: strangers.length + readable });
    const non = Math.ceil(VOTERS / 3);
    expect((await env.api.results(lawId)).json).toMatchObject({ oui_count: VOTERS - non, non_count: non });
    await env.checkLedger([...right, ...strangers].map(({ id }) => id));
  });

  test("votes do not delay others while they wait for a roll or PostgreSQL refuses them", async () => {
    const { lawId, voters } = await env.newLaw(VOTERS);
    const right = await rightVotes(lawId, voters);
    const waiting = [
      ...Array.from({ length: 30 }, () => strangersMessage("votes", `nowhere-${randomBytes(4).toString("hex")}`)),
      ...Array.from({ length: 30 }, () => ({ ...strangersMessage("votes", lawId), pepper_id: `${MARKER}'--` })),
    ].map((message) => JSON.stringify(message));
    const refused = Array.from({ length: 5 }, () =>
      JSON.stringify({ ...strangersMessage("outcomes", lawId), accepted_at: "0000-01-01T00:00:00Z" }),
    );
    await putOn(env.target, "outcomes", refused);
    await putOn(env.target, "votes", shuffled([...waiting, ...right.map(({ body }) => body)], randomBelow));
    await env.until("the votes are counted", async () => (await statuses(lawId)).counted === VOTERS);
    for (const [queue, count] of [
      ["votes", waiting.length],
      ["outcomes", refused.length],
    ] as const) {
      await env.until(`${count} wait in ${queue}`, async () => {
        const { waiting: visible, underWay } = await queueState(env.target, queue);
        return visible + underWay === count;
      });
    }
    expect(await statuses(lawId)).toEqual({ counted: VOTERS });
    expect(await queueDepths(env.target)).toMatchObject({ votesDeadLetters: 0, outcomesDeadLetters: 0 });
    await env.checkLedger();
  });

  test("no consumer ended, and no log contains a body", async () => {
    expect(await consumerPids()).toEqual(consumers);
    expect(tellingLines(env, [], [MARKER])).toEqual([]);
  });
});
