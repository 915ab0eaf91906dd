import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import type { Choice } from "../../../shared/domain/ballot.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { aDecidedVote, aVoterHash } from "../../support/factories.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { endPools, MIGRATIONS } from "../support/votes.ts";

/** Batches recorded side by side. */
const WRITERS = 8;
const CROWD = 64;

let servers: Servers;
let pool: pg.Pool;
let store: PostgresOutcomeStore;

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  pool = new pg.Pool({ connectionString: servers.postgresUrl, max: WRITERS });
  store = new PostgresOutcomeStore(pool);
});
afterAll(async () => {
  if (servers && pool) await endPools([pool], servers.postgresUrl);
  await servers?.stop();
});

let laws = 0;

/** A law with votes of as many voters, none of them recorded yet. */
async function aLawWithVotes(count: number): Promise<{ lawId: string; votes: DecidedVote[] }> {
  const lawId = `CROWD-${++laws}`;
  const voters = Array.from({ length: count }, aVoterHash);
  await pool.query("insert into voter_roll select $1, h, p from unnest($2::bytea[], $3::bytea[]) as u (h, p)", [
    lawId,
    voters.map((hash) => Buffer.from(hash, "hex")),
    voters.map(() => randomBytes(32)),
  ]);
  const choiceOf = (index: number): Choice => (index % 3 === 0 ? "oui" : "non");
  return {
    lawId,
    votes: voters.map((voterHash, index) => aDecidedVote({ lawId, voterHash, choice: choiceOf(index) })),
  };
}

/** Votes of nobody on the roll. */
function garbage(lawId: string, count: number): DecidedVote[] {
  return Array.from({ length: count }, () => aDecidedVote({ lawId, outcome: "invalid" }));
}

/** Of the transaction that entered a voter's participation: how many ballots of the law bear its mark. */
async function ballotsBeside({ lawId, voterHash }: DecidedVote): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from ballots b
     join participation p on p.law_id = b.law_id and p.xmin = b.xmin
     where p.law_id = $1 and p.voter_hash = $2`,
    [lawId, Buffer.from(voterHash, "hex")],
  );
  return rows[0]?.n ?? 0;
}

async function tallyOf(lawId: string) {
  const { rows } = await pool.query<{
    participation: number;
    ballots: number;
    oui: number;
    tally: number;
    sum: number;
  }>(
    `select (select count(*)::int from participation where law_id = $1) as participation,
       (select count(*)::int from ballots where law_id = $1) as ballots,
       (select count(*)::int from ballots where law_id = $1 and choice = 'oui') as oui,
       oui_count::int as tally, total_votes::int as sum
     from vote_results where law_id = $1`,
    [lawId],
  );
  return rows[0];
}

describe("a lone ballot of a law", () => {
  test("hides in a crowd when another law is voted on in the same batch", async () => {
    const [quiet, busy] = [await aLawWithVotes(101), await aLawWithVotes(200)];
    const [last, ...before] = quiet.votes;
    if (last === undefined) throw new Error("no vote");
    await store.record(before);
    await store.record([last, ...busy.votes]);
    expect(await ballotsBeside(last)).toBe(CROWD + 1);
  });

  test("hides in a crowd beside a hundred votes of nobody", async () => {
    const { lawId, votes } = await aLawWithVotes(101);
    const [last, ...before] = votes;
    if (last === undefined) throw new Error("no vote");
    await store.record(before);
    await store.record([...garbage(lawId, 100), last]);
    expect(await ballotsBeside(last)).toBe(CROWD + 1);
  });

  test("hides in a crowd in a batch of five hundred", async () => {
    const [quiet, busy] = [await aLawWithVotes(80), await aLawWithVotes(499)];
    const [last, ...before] = quiet.votes;
    if (last === undefined) throw new Error("no vote");
    await store.record(before);
    await store.record([...busy.votes, last]);
    expect(await ballotsBeside(last)).toBe(CROWD + 1);
    // The busy law hides its votes among each other: older ballots are left alone.
    expect(await ballotsBeside(busy.votes[0] ?? last)).toBe(499);
  });

  test("hides among all ballots there are while the law has fewer", async () => {
    const { votes } = await aLawWithVotes(11);
    const [last, ...before] = votes;
    if (last === undefined) throw new Error("no vote");
    await store.record(before);
    await store.record([last]);
    expect(await ballotsBeside(last)).toBe(11);
  });
});

test("eight writers with mixed batches stay exact, from the first vote of each law on", {
  tags: ["slow"],
}, async () => {
  const mixed = await Promise.all(Array.from({ length: 5 }, () => aLawWithVotes(240)));
  const votes = mixed.flatMap((law) => law.votes).sort(() => Math.random() - 0.5);
  const batches: DecidedVote[][] = [];
  // From single votes to dozens, laws in any order.
  for (let at = 0, size = 1; at < votes.length; at += size, size = (size % 40) + 1) {
    batches.push([...votes.slice(at, at + size), ...garbage(mixed[0]?.lawId ?? "", size % 3)]);
  }
  const record = async () => {
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) await store.record(batch);
  };
  // A deadlock (40P01) would be an error here.
  await Promise.all(Array.from({ length: WRITERS }, record));
  for (const { lawId } of mixed) {
    expect(await tallyOf(lawId)).toEqual({ participation: 240, ballots: 240, oui: 80, tally: 80, sum: 240 });
  }
});
