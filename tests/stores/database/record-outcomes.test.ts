import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { record } from "../../../functions/aggregate/record.ts";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import { writeOutcome } from "../../../shared/messages/queue.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import {
  aDecidedVote,
  aRecord,
  aVote,
  aVoterHash,
  KEY_SOURCE,
  MemoryQueue,
  MemoryReceipts,
} from "../../support/factories.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { openPool } from "../support/votes.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
/** Batches recorded side by side. */
const CONNECTIONS = 8;

let servers: Servers;
let pool: pg.Pool;
let store: PostgresOutcomeStore;

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, join(ROOT, "functions/migrate/migrations"));
  pool = connect({ max: CONNECTIONS });
  store = new PostgresOutcomeStore(pool);
});
afterAll(async () => {
  await pool?.end();
  await servers?.stop();
});

let laws = 0;

/** A new law with voters on its roll. */
async function aRoll(voters: number): Promise<{ lawId: string; voters: readonly string[] }> {
  const lawId = `SQL-${++laws}`;
  const hashes = Array.from({ length: voters }, aVoterHash);
  await pool.query("insert into voter_roll select $1, h, p from unnest($2::bytea[], $3::bytea[]) as u (h, p)", [
    lawId,
    hashes.map((hash) => Buffer.from(hash, "hex")),
    hashes.map(() => randomBytes(32)),
  ]);
  return { lawId, voters: hashes };
}

async function statusesOf(votes: readonly DecidedVote[]): Promise<string[]> {
  const recorded = await store.record(votes);
  const statuses = new Map(recorded.map(({ requestId, status }) => [requestId, status]));
  return votes.map(({ requestId }) => statuses.get(requestId) ?? "missing");
}

/** A single connection, so that statements follow one another in it; as a role, where one is given. */
function onePerson(role?: string): pg.Pool {
  return connect({ max: 1, ...(role === undefined ? {} : { options: `-c role=${role}` }) });
}

function connect(options: pg.PoolConfig): pg.Pool {
  return openPool({ connectionString: servers.postgresUrl, ...options });
}

/** What the database holds of a law. */
async function stateOf(lawId: string) {
  const one = async (text: string) => (await pool.query<{ n: number }>(text, [lawId])).rows.map(({ n }) => n);
  return {
    participation: (await one("select count(*)::int as n from participation where law_id = $1"))[0],
    ballots: (await one("select count(*)::int as n from ballots where law_id = $1"))[0],
    tally: (await one("select total_votes::int as n from vote_results where law_id = $1"))[0] ?? 0,
    attempts: await one("select attempt_count as n from duplicate_attempts where law_id = $1 order by 1"),
    audit: (await one("select count(*)::int as n from vote_audit where law_id = $1"))[0],
  };
}

const of = (lawId: string, voterHash: string, changes: Partial<DecidedVote> = {}) =>
  aDecidedVote({ lawId, voterHash, ...changes });

describe("recording an outcome", () => {
  test("of a new voter counts it; recorded again changes nothing", async () => {
    const { lawId, voters } = await aRoll(1);
    const vote = of(lawId, voters[0] ?? "");
    expect(await statusesOf([vote])).toEqual(["counted"]);
    const after = await stateOf(lawId);
    expect(after).toEqual({ participation: 1, ballots: 1, tally: 1, attempts: [], audit: 1 });
    for (const outcome of ["accepted", "invalid", "duplicate"] as const) {
      expect(await statusesOf([{ ...vote, outcome }])).toEqual(["counted"]);
      expect(await stateOf(lawId)).toEqual(after);
    }
  });

  test("an accepted outcome of somebody who is not on the roll is invalid", async () => {
    const { lawId } = await aRoll(1);
    expect(await statusesOf([of(lawId, aVoterHash())])).toEqual(["invalid"]);
    expect(await stateOf(lawId)).toEqual({ participation: 0, ballots: 0, tally: 0, attempts: [], audit: 1 });
  });

  test("of a voter of another law is invalid", async () => {
    const one = await aRoll(1);
    const two = await aRoll(1);
    expect(await statusesOf([of(two.lawId, one.voters[0] ?? "")])).toEqual(["invalid"]);
  });

  test("an invalid outcome of a voter who is on the roll is counted", async () => {
    const { lawId, voters } = await aRoll(1);
    expect(await statusesOf([of(lawId, voters[0] ?? "", { outcome: "invalid" })])).toEqual(["counted"]);
  });

  test("invalid rises to counted when the voter has come on the roll meanwhile", async () => {
    const { lawId } = await aRoll(0);
    const late = aVoterHash();
    const vote = of(lawId, late, { outcome: "invalid" });
    expect(await statusesOf([vote])).toEqual(["invalid"]);
    await pool.query("insert into voter_roll values ($1, $2, $3)", [lawId, Buffer.from(late, "hex"), randomBytes(32)]);
    expect(await statusesOf([vote])).toEqual(["counted"]);
    expect(await statusesOf([{ ...vote, outcome: "duplicate" }])).toEqual(["counted"]);
    expect(await stateOf(lawId)).toMatchObject({ participation: 1, audit: 1, attempts: [] });
  });

  test("a duplicate of a voter without participation leaves nothing behind and waits; the first choice stands", async () => {
    const { lawId, voters } = await aRoll(2);
    const [a = "", b = ""] = voters;
    const duplicate = of(lawId, a, { outcome: "duplicate", choice: "non" });
    const nothing = await stateOf(lawId);
    expect(await statusesOf([duplicate])).toEqual(["missing"]);
    expect(await stateOf(lawId)).toEqual(nothing);
    const first = of(lawId, a);
    expect(await statusesOf([first])).toEqual(["counted"]);
    expect(await statusesOf([duplicate])).toEqual(["duplicate"]);
    expect(await statusesOf([of(lawId, b)])).toEqual(["counted"]);
    expect(await statusesOf([of(lawId, b, { outcome: "duplicate" })])).toEqual(["duplicate"]);
    expect(await stateOf(lawId)).toMatchObject({ participation: 2, tally: 2, attempts: [2, 2] });
    const { rows } = await pool.query("select oui_count::int as oui from vote_results where law_id = $1", [lawId]);
    expect(rows).toEqual([{ oui: 2 }]);
  });

  test("a second vote is a duplicate in the batch of the first vote too, before it or after it", async () => {
    const { lawId, voters } = await aRoll(1);
    const [duplicate, first] = [of(lawId, voters[0] ?? "", { outcome: "duplicate" }), of(lawId, voters[0] ?? "")];
    expect(await statusesOf([duplicate, first])).toEqual(["duplicate", "counted"]);
  });

  test("a duplicate of somebody who is not on the roll is invalid, and has a row in the audit", async () => {
    const { lawId } = await aRoll(1);
    expect(await statusesOf([of(lawId, aVoterHash(), { outcome: "duplicate" })])).toEqual(["invalid"]);
    expect(await stateOf(lawId)).toMatchObject({ participation: 0, attempts: [], audit: 1 });
  });

  test("a duplicate that was invalid before its voter came on the roll waits as well, with no answer", async () => {
    const { lawId } = await aRoll(0);
    const late = aVoterHash();
    const vote = of(lawId, late, { outcome: "duplicate" });
    expect(await statusesOf([vote])).toEqual(["invalid"]);
    await pool.query("insert into voter_roll values ($1, $2, $3)", [lawId, Buffer.from(late, "hex"), randomBytes(32)]);
    expect(await statusesOf([vote])).toEqual(["missing"]);
  });

  test.each([
    ["one batch", (votes: DecidedVote[]) => [votes]],
    ["five batches", (votes: DecidedVote[]) => votes.map((vote) => [vote])],
    ["five batches in reverse", (votes: DecidedVote[]) => votes.map((vote) => [vote]).reverse()],
    [
      "two batches, the second one twice",
      (votes: DecidedVote[]) => [votes.slice(0, 2), votes.slice(2), votes.slice(2)],
    ],
  ])("five submissions of one voter in %s are five attempts", async (_, split) => {
    const { lawId, voters } = await aRoll(1);
    const votes = [1, 2, 3, 4, 5].map((n) =>
      of(lawId, voters[0] ?? "", { outcome: n === 1 ? "accepted" : "duplicate" }),
    );
    // The outcomes that waited for the first vote are delivered again.
    for (const batch of [...split(votes), ...split(votes)]) await store.record(batch);
    expect(await stateOf(lawId)).toEqual({ participation: 1, ballots: 1, tally: 1, attempts: [5], audit: 5 });
  });

  test("of three accepted votes of one voter in a batch, as from a Redis that forgets, the earliest is counted", async () => {
    const { lawId, voters } = await aRoll(1);
    const at = (second: number) => `2026-03-01T12:00:0${second}.000Z`;
    const votes = [2, 1, 3].map((second) => of(lawId, voters[0] ?? "", { acceptedAt: at(second) }));
    expect(await statusesOf(votes)).toEqual(["duplicate", "counted", "duplicate"]);
    expect(await stateOf(lawId)).toMatchObject({ participation: 1, tally: 1, attempts: [3] });
  });
});

describe("two transactions with the same voter", () => {
  test.each(["the first commits", "the first is rolled back"])("take turns: %s", async (end) => {
    const { lawId, voters } = await aRoll(1);
    const [first, second] = [of(lawId, voters[0] ?? ""), of(lawId, voters[0] ?? "", { choice: "non" })];
    const inside = onePerson();
    try {
      await inside.query("begin");
      await new PostgresOutcomeStore(inside).record([first]);
      const waiting = statusesOf([second]);
      await inside.query(end === "the first commits" ? "commit" : "rollback");
      expect(await waiting).toEqual([end === "the first commits" ? "duplicate" : "counted"]);
    } finally {
      await inside.end();
    }
    expect(await stateOf(lawId)).toMatchObject({ participation: 1, ballots: 1, tally: 1 });
  });

  test("many overlapping batches side by side neither fail nor deadlock, and count everybody once", async () => {
    const one = await aRoll(60);
    const two = await aRoll(60);
    const everybody = [one, two].flatMap(({ lawId, voters }) => voters.map((voter) => ({ lawId, voter })));
    const batches = Array.from({ length: 24 }, (_, index) => {
      const shuffled = everybody.toSorted(() => Math.random() - 0.5);
      // Small and large ones: they mix their ballots in different ways.
      return shuffled.slice(0, index % 2 === 0 ? 20 : 100).map(({ lawId, voter }) => of(lawId, voter));
    });
    await Promise.all(batches.map((batch) => store.record(batch)));
    const tried = new Set(batches.flat().map(({ voterHash }) => voterHash));
    for (const { lawId, voters } of [one, two]) {
      const expected = voters.filter((voter) => tried.has(voter)).length;
      const submissions = batches.flat().filter((vote) => vote.lawId === lawId);
      const perVoter = new Map<string, number>();
      for (const { voterHash } of submissions) perVoter.set(voterHash, (perVoter.get(voterHash) ?? 0) + 1);
      expect(await stateOf(lawId)).toEqual({
        participation: expected,
        ballots: expected,
        tally: expected,
        attempts: [...perVoter.values()].filter((count) => count > 1).sort((a, b) => a - b),
        audit: submissions.length,
      });
    }
  });
});

describe("a batch through aggregate", () => {
  test("with a vote that PostgreSQL refuses records all others", async () => {
    const { lawId, voters } = await aRoll(5);
    const messages = voters.map((voterHash) => writeOutcome(aVote({ lawId, voterHash }), "accepted"));
    // Valid ISO 8601 that PostgreSQL has no time for (its calendar ends in 294276 but this year is 0).
    const parsed: { request_id: string } = JSON.parse(messages[2] ?? "");
    messages[2] = JSON.stringify({ ...parsed, accepted_at: "0000-01-01T00:00:00Z" });
    const receipts = new MemoryReceipts();
    const ignore = () => undefined;
    const services = {
      keys: KEY_SOURCE,
      outcomes: store,
      receipts,
      deadLetters: new MemoryQueue(),
      now: () => performance.now(),
      pause: async () => undefined,
      onError: ignore,
      onRecorded: ignore,
      onBatch: ignore,
    };
    const { batchItemFailures } = await record(
      messages.map((body, index) => aRecord(body, String(index))),
      services,
    );
    expect(batchItemFailures).toEqual([{ itemIdentifier: "2" }]);
    expect(await stateOf(lawId)).toMatchObject({ participation: 4, tally: 4, audit: 4 });
    expect(receipts.written.size).toBe(4);
  });
});

describe("the role that records", () => {
  test("may record and read the roll, and neither change the roll nor take a vote back", async () => {
    const { lawId, voters } = await aRoll(3);
    const writer = onePerson("referendum_writer");
    const reader = onePerson("referendum_reader");
    try {
      const asWriter = new PostgresOutcomeStore(writer);
      for (const voter of voters) await asWriter.record([of(lawId, voter)]);
      for (const forbidden of [
        "delete from voter_roll",
        "update participation set request_id = ''",
        "delete from participation",
        "update ballots set choice = 'oui'",
        "delete from vote_audit",
        "drop table ballots",
      ]) {
        await expect(writer.query(forbidden), forbidden).rejects.toThrow(/permission denied|must be owner/);
      }
      await reader.query("select * from vote_results");
      await expect(reader.query("select * from participation")).rejects.toThrow("permission denied");
    } finally {
      await Promise.all([writer.end(), reader.end()]);
    }
    expect(await stateOf(lawId)).toMatchObject({ participation: 3, ballots: 3, tally: 3 });
  });
});
