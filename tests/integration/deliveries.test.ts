import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redriveQueue } from "../../operations/queues/redrive-queue.ts";
import type { Vote } from "../../shared/domain/ballot.ts";
import { issueRequestId, uuidV7 } from "../../shared/domain/request-id.ts";
import { voterHash } from "../../shared/domain/voter-hash.ts";
import { writeOutcome, writeVote } from "../../shared/messages/queue.ts";
import { buildTestEnvironment, type TestEnvironment, type Voter } from "../support/environment.ts";
import { putOn, takeOff } from "../support/queues.ts";

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

/** A vote as ingest would put it on the queue. */
async function queuedVote(lawId: string, voter: Voter, choice: "oui" | "non" = "oui"): Promise<Vote> {
  const law = await env.target.laws.get(lawId);
  if (law === undefined) throw new Error(`no law ${lawId}`);
  const keys = await env.target.keys();
  const { requestIdMac } = (await env.target.requestIdKeys()).ofVersion(law.keyVersion);
  const id = uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  return {
    requestId: issueRequestId(id, lawId, law.keyVersion, requestIdMac),
    lawId,
    voterHash: voterHash(voter.nas, voter.code, lawId, keys.pepper(law.pepperId)).toString("hex"),
    choice,
    acceptedAt: new Date().toISOString(),
    pepperId: law.pepperId,
  };
}

async function become(requestId: string, status: string): Promise<void> {
  await env.until(`${requestId} is ${status}`, async () => (await env.api.receipt(requestId)).json.status === status);
}

async function attempts(lawId: string): Promise<number[]> {
  const { rows } = await env.target.pool.query<{ attempt_count: number }>(
    "select attempt_count from duplicate_attempts where law_id = $1",
    [lawId],
  );
  return rows.map((row) => row.attempt_count);
}

/** Asks the database, because the API may answer with a tally that is a second old. */
async function total(lawId: string): Promise<number> {
  const { rows } = await env.target.pool.query<{ total: string }>(
    "select coalesce(sum(total_votes), 0) as total from vote_results where law_id = $1",
    [lawId],
  );
  return Number(rows[0]?.total);
}

describe.concurrent("a message that is delivered three times", () => {
  test("on the votes queue counts once", async () => {
    const { lawId, voters } = await env.newLaw(2);
    const [one, two = one] = voters;
    const vote = await queuedVote(lawId, one);
    await putOn(env.target, "votes", [writeVote(vote), writeVote(vote), writeVote(vote)]);
    await become(vote.requestId, "counted");
    await putOn(env.target, "votes", [writeVote(vote)]);
    await env.decided([await env.api.vote({ lawId, voter: two })]);
    expect([await total(lawId), await attempts(lawId)]).toEqual([2, []]);
  });

  test("on the outcomes queue counts once", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const vote = await queuedVote(lawId, voters[0]);
    const body = writeOutcome(vote, "accepted");
    await putOn(env.target, "outcomes", [body, body, body]);
    await become(vote.requestId, "counted");
    // Redis has no claim of it, so it accepts the next attempt, and PostgreSQL corrects that.
    const again = await env.api.vote({ lawId, voter: voters[0] });
    expect(await env.decided([again])).toEqual(["duplicate"]);
    expect([await total(lawId), await attempts(lawId)]).toEqual([1, [2]]);
  });
});

describe.concurrent("messages in reverse order", () => {
  test("a duplicate that arrives before the first vote waits for it, and the first vote is counted", async () => {
    const { lawId, voters } = await env.newLaw(2);
    const [one, other = one] = voters;
    const first = await queuedVote(lawId, one, "oui");
    const second = await queuedVote(lawId, one, "non");
    await putOn(env.target, "outcomes", [writeOutcome(second, "duplicate")]);
    // Others are decided meanwhile, which shows that aggregate has run.
    await env.decided([await env.api.vote({ lawId, voter: other })]);
    expect((await env.api.receipt(second.requestId)).field("status")).toBe("received");
    await putOn(env.target, "outcomes", [writeOutcome(first, "accepted")]);
    await become(first.requestId, "counted");
    await become(second.requestId, "duplicate");
    expect((await env.api.results(lawId)).json).toMatchObject({ oui_count: 2, non_count: 0 });
    expect(await attempts(lawId)).toEqual([2]);
    await env.decided([await env.api.vote({ lawId, voter: one })]);
    expect(await attempts(lawId)).toEqual([3]);
  });

  test("an invalid outcome of a voter who is on the roll is counted, and its receipt only rises", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const vote = await queuedVote(lawId, voters[0], "non");
    await putOn(env.target, "outcomes", [writeOutcome(vote, "invalid")]);
    await become(vote.requestId, "counted");
    await putOn(env.target, "outcomes", [writeOutcome(vote, "invalid")]);
    await env.decided([await env.api.vote({ lawId, voter: voters[0] })]);
    expect((await env.api.receipt(vote.requestId)).field("status")).toBe("counted");
    expect(await total(lawId)).toBe(1);
  });

  test("an accepted outcome of a voter who is not on the roll is invalid", async () => {
    const { lawId } = await env.newLaw(1);
    const vote = await queuedVote(lawId, { nas: "987654321", code: "NOTONROLL1" });
    await putOn(env.target, "outcomes", [writeOutcome(vote, "accepted")]);
    await become(vote.requestId, "invalid");
    expect(await total(lawId)).toBe(0);
  });
});

describe.concurrent("a poison message", () => {
  test.each(["votes", "outcomes"] as const)(
    "on the %s queue goes to its dead letters and holds nobody up",
    async (queue) => {
      const { lawId, voters } = await env.newLaw(3);
      const poison = `poison of ${lawId}`;
      await putOn(env.target, queue, [poison]);
      const answers = await Promise.all(voters.map((voter) => env.api.vote({ lawId, voter })));
      expect(await env.decided(answers)).toEqual(["counted", "counted", "counted"]);
      const deadLetters = queue === "votes" ? "votesDeadLetters" : "outcomesDeadLetters";
      await env.until("it is a dead letter", () => takeOff(env.target, deadLetters, poison));
    },
  );
});

// Not concurrent with the tests above: they look through the same dead letters, and what one receives is hidden from
// another for a moment.
describe("dead letters", () => {
  test("of a good vote are sent back by redrive and counted; unreadable ones stay where they are", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const vote = await queuedVote(lawId, voters[0]);
    const poison = `still poison of ${lawId}`;
    await putOn(env.target, "votesDeadLetters", [writeVote(vote), poison]);
    const { moved, unreadable, unconfirmed } = await redriveQueue(env.target, "votes", {});
    expect(moved).toBeGreaterThanOrEqual(1);
    expect(unreadable).toBeGreaterThanOrEqual(1);
    expect(unconfirmed).toBe(0);
    await become(vote.requestId, "counted");
    await env.until("the unreadable one is still there", () => takeOff(env.target, "votesDeadLetters", poison));
  });
});
