import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { aDecidedVote, aVoterHash } from "../../support/factories.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { endPools, MIGRATIONS, openPool } from "../support/votes.ts";

/** They wait on a real server, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(30) });

let servers: Servers;
let pool: pg.Pool;
let store: PostgresOutcomeStore;
let laws = 0;

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  pool = openPool({ connectionString: servers.postgresUrl, max: 6 });
  store = new PostgresOutcomeStore(pool);
});
afterAll(async () => {
  if (servers && pool) await endPools([pool], servers.postgresUrl);
  await servers?.stop();
});

/** A closed law with this many voters, and a vote of each. */
async function aLaw(voters: number): Promise<{ lawId: string; votes: readonly DecidedVote[] }> {
  const lawId = `END-${++laws}`;
  const hashes = Array.from({ length: voters }, aVoterHash);
  await pool.query(
    `insert into laws (law_id, reached, title, opens_at, closes_at, key_version, version, confirmed_version)
     values ($1, 'ready', 'A law', '2020-01-01T08:00Z', '2020-01-01T20:00Z', 1, 3, 3)`,
    [lawId],
  );
  await pool.query("insert into voter_roll select $1, h, p from unnest($2::bytea[], $3::bytea[]) as u (h, p)", [
    lawId,
    hashes.map((hash) => Buffer.from(hash, "hex")),
    hashes.map(() => randomBytes(32)),
  ]);
  return { lawId, votes: hashes.map((voterHash) => aDecidedVote({ lawId, voterHash })) };
}

/** Ends the recording with the figures that are there. */
async function end(lawId: string, on: pg.Pool | pg.ClientBase = pool, version = 3): Promise<boolean> {
  const { rows } = await on.query<{ ended: boolean }>(
    `select end_recording($1, $2, oui, non, oui + non, 0, 0) as ended
     from (select coalesce(max(oui_count), 0) as oui, coalesce(max(non_count), 0) as non from vote_results
           where law_id = $1) as tally`,
    [lawId, version],
  );
  return rows[0]?.ended === true;
}

const statuses = async (votes: readonly DecidedVote[]) => {
  const recorded = await store.record(votes);
  return votes.map(({ requestId }) => recorded.find((one) => one.requestId === requestId)?.status);
};

async function rowsOf(lawId: string): Promise<unknown> {
  const tables = ["participation", "ballots", "vote_results", "vote_audit", "duplicate_attempts", "turnout_hours"];
  const rows = await Promise.all(
    tables.map((table) => pool.query(`select t.*, t.xmin from ${table} t where law_id = $1 order by 2`, [lawId])),
  );
  return rows.map(({ rows: found }) => found);
}

describe("once the recording of a law has ended", () => {
  test("its new votes are not recorded and not in the answer; those of other laws are", async () => {
    const { lawId, votes } = await aLaw(3);
    const { votes: others } = await aLaw(2);
    const [first, late, stranger] = [votes[0], votes[1], aDecidedVote({ lawId })];
    if (first === undefined || late === undefined) throw new Error("there are no votes");
    expect(await statuses([first])).toEqual(["counted"]);
    expect(await end(lawId)).toBe(true);
    const before = await rowsOf(lawId);
    const duplicate = aDecidedVote({ lawId, voterHash: first.voterHash, outcome: "duplicate" });
    expect(await statuses([late, ...others, stranger, duplicate])).toEqual([
      undefined,
      "counted",
      "counted",
      undefined,
      undefined,
    ]);
    expect(await statuses([late])).toEqual([undefined]);
    expect(await rowsOf(lawId)).toEqual(before);
  });

  test("what was recorded before is answered as it was: a redelivery changes nothing", async () => {
    const { lawId, votes } = await aLaw(1);
    const [vote] = votes;
    if (vote === undefined) throw new Error("there is no vote");
    const again = aDecidedVote({ lawId, voterHash: vote.voterHash });
    expect(await statuses([vote, again])).toEqual(["counted", "duplicate"]);
    const { rows } = await pool.query(
      "select end_recording($1, 3, oui_count, non_count, 1, 1, 0) as ended from vote_results where law_id = $1",
      [lawId],
    );
    expect(rows).toEqual([{ ended: true }]);
    const before = await rowsOf(lawId);
    expect(await statuses([{ ...again, outcome: "duplicate" }, vote])).toEqual(["duplicate", "counted"]);
    expect(await rowsOf(lawId)).toEqual(before);
  });

  test("it stays so, and what it was counted with is not changed", async () => {
    const { lawId } = await aLaw(1);
    expect(await end(lawId)).toBe(true);
    expect(await end(lawId), "once").toBe(false);
    await expect(pool.query("update laws set reached = 'ready' where law_id = $1", [lawId])).rejects.toThrow(
      `the law ${lawId} is counted, and stays so`,
    );
    for (const statement of ["update law_counts set oui = 5", "delete from law_counts", "truncate law_counts"]) {
      await expect(pool.query(statement)).rejects.toThrow(/only added to/);
    }
    const { rows } = await pool.query("select reached, version, confirmed_version from laws where law_id = $1", [
      lawId,
    ]);
    expect(rows).toEqual([{ reached: "counted", version: 4, confirmed_version: 3 }]);
  });
});

describe("recording does not end", () => {
  test("of a law that is not closed, was changed, or has other votes than were found", async () => {
    const { lawId, votes } = await aLaw(1);
    expect(await end(lawId, pool, 2)).toBe(false);
    await pool.query("update laws set closes_at = clock_timestamp() + interval '1 hour' where law_id = $1", [lawId]);
    expect(await end(lawId)).toBe(false);
    await pool.query("update laws set closes_at = null where law_id = $1", [lawId]);
    expect(await end(lawId)).toBe(false);
    await pool.query("update laws set closes_at = '2020-01-01T20:00Z' where law_id = $1", [lawId]);
    await store.record(votes);
    const { rows } = await pool.query("select end_recording($1, 3, 0, 0, 0, 0, 0) as ended", [lawId]);
    expect(rows).toEqual([{ ended: false }]);
    expect(await end("nothing")).toBe(false);
    expect(await end(lawId)).toBe(true);
  });

  test("while a batch with votes of it is under way: it waits, and then finds what the batch has recorded", async () => {
    const { lawId, votes } = await aLaw(2);
    const client = await pool.connect();
    try {
      await client.query("begin");
      await new PostgresOutcomeStore(client as unknown as pg.Pool).record(votes);
      let isOver = false;
      const ending = end(lawId).then((ended) => {
        isOver = true;
        return ended;
      });
      await vi.waitFor(async () => {
        const { rows } = await pool.query("select from pg_locks where locktype = 'advisory' and not granted");
        expect(rows).toHaveLength(1);
      });
      expect(isOver).toBe(false);
      await client.query("commit");
      expect(await ending, "the figures that it was given are from before the batch").toBe(false);
      expect(await end(lawId)).toBe(true);
    } finally {
      client.release();
    }
  });

  test("beside a batch: one that comes while it ends waits, and is refused then", async () => {
    const { lawId, votes } = await aLaw(2);
    const client = await pool.connect();
    try {
      await client.query("begin");
      expect(await end(lawId, client)).toBe(true);
      const recording = statuses(votes);
      await vi.waitFor(async () => {
        const { rows } = await pool.query("select from pg_locks where locktype = 'advisory' and not granted");
        expect(rows).toHaveLength(1);
      });
      await client.query("commit");
      expect(await recording).toEqual([undefined, undefined]);
    } finally {
      client.release();
    }
  });
});

test("batches of many laws and counts of them at the same time never wait for each other for ever", async () => {
  const rounds = await Promise.all(Array.from({ length: 6 }, () => aLaw(12)));
  const all = rounds.flatMap(({ votes }) => votes);
  const batches = Array.from({ length: 12 }, (_, index) => all.filter((_vote, at) => at % 12 === index));
  const ended = await Promise.all([
    ...batches.map((batch) => store.record(batch)),
    ...rounds.map(({ lawId }) => end(lawId)),
  ]);
  expect(ended).toHaveLength(18);
  for (const { lawId, votes } of rounds) {
    const { rows } = await pool.query<{ n: number; noted: number | null }>(
      "select (select count(*)::int from participation where law_id = $1) as n, (select counted::int from law_counts where law_id = $1) as noted",
      [lawId],
    );
    const [{ n, noted } = { n: -1, noted: null }] = rows;
    if (noted !== null) expect(n, "nothing was recorded after the count").toBe(noted);
    else expect(n).toBe(votes.length);
  }
});

describe("the roles of the functions", () => {
  const as = (role: string, text: string) => {
    const one = new pg.Client({ connectionString: servers.postgresUrl, options: `-c role=${role}` });
    return one
      .connect()
      .then(() => one.query(text))
      .finally(() => one.end());
  };
  const RECORDING =
    "'{}'::text[], '{}'::text[], '{}'::bytea[], '{}'::text[], '{}'::text[], '{}'::timestamptz[], '{}'::bigint[]";

  test.each([
    ["referendum_writer", `select enter_outcomes(${RECORDING})`],
    ["referendum_writer", "select end_recording('L1', 1, 0, 0, 0, 0, 0)"],
    ["referendum_writer", "select from law_counts"],
    ["referendum_roll", "select end_recording('L1', 1, 0, 0, 0, 0, 0)"],
    ["referendum_operate", `select enter_outcomes(${RECORDING})`],
    ["referendum_operate", `select record_outcomes(${RECORDING})`],
    [
      "referendum_operate",
      "insert into law_counts (law_id, oui, non, counted, duplicate, invalid) values ('L1', 0, 0, 0, 0, 0)",
    ],
    ["referendum_reader", "select laws_without_recording('{}')"],
  ])("%s may not: %s", async (role, text) => {
    await expect(as(role, text)).rejects.toMatchObject({ code: "42501" });
  });

  test("referendum_writer records, referendum_operate counts", async () => {
    await expect(as("referendum_writer", `select record_outcomes(${RECORDING})`)).resolves.toMatchObject({ rows: [] });
    const { rows } = await as("referendum_operate", "select end_recording('nothing', 1, 0, 0, 0, 0, 0) as ended");
    expect(rows).toEqual([{ ended: false }]);
  });
});

test("a roll is sealed with no other number than its draft expects, whoever writes the row", async () => {
  await pool.query(
    `insert into laws (law_id, reached, title, opens_at, key_version, version, confirmed_version, expected_voters)
     values ('DRAFT', 'draft', 'A law', '2020-01-01T08:00Z', 1, 1, 1, 7)`,
  );
  const seal = (voters: number) =>
    pool.query("update laws set reached = 'ready', sealed_voters = $1, version = 2 where law_id = 'DRAFT'", [voters]);
  await expect(seal(8)).rejects.toThrow("the draft of DRAFT expects 7 voters, not 8");
  await seal(7);
});
