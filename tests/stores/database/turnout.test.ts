import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { ResultStore } from "../../../shared/stores/results.ts";
import { aDecidedVote, aVoterHash } from "../../support/factories.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { endPools, MIGRATIONS } from "../support/votes.ts";

let servers: Servers;
let pool: pg.Pool;
let reader: pg.Pool;

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  pool = new pg.Pool({ connectionString: servers.postgresUrl, max: 4 });
  const url = new URL(servers.postgresUrl);
  url.username = "referendum_reader";
  reader = new pg.Pool({ connectionString: url.href, max: 1 });
});
afterAll(async () => {
  if (servers) await endPools([pool, reader], servers.postgresUrl);
  await servers?.stop();
});

const DAY = "2026-11-24T";
const at = (hour: number, minute = 0) =>
  `${DAY}${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}:00.000Z`;

let laws = 0;

/** A law with this many voters on its roll, and votes accepted in these hours. */
async function aLaw(voters: number, hours: readonly number[]) {
  const lawId = `TURNOUT-${++laws}`;
  const hashes = Array.from({ length: voters }, aVoterHash);
  await pool.query("insert into voter_roll select $1, h, p from unnest($2::bytea[], $3::bytea[]) as u (h, p)", [
    lawId,
    hashes.map((hash) => Buffer.from(hash, "hex")),
    hashes.map(() => randomBytes(32)),
  ]);
  const votes = hours.map((hour, index) =>
    aDecidedVote({ lawId, voterHash: hashes[index] ?? "", acceptedAt: at(hour, index % 60) }),
  );
  await new PostgresOutcomeStore(pool).record(votes);
  return { lawId, hashes, votes };
}

const turnout = (lawId: string, minimum: number) =>
  new ResultStore(reader, { intervalSeconds: 0, minimumVotes: 1 }).turnout(lawId, minimum);
const hour = (from: number, until: number, voted: number) => ({ from: at(from), until: at(until), voted });

describe("the turnout", () => {
  test("has the size of the roll, and the votes by the hour in which they were accepted", async () => {
    const { lawId } = await aLaw(10, [8, 8, 9, 11]);
    expect(await turnout(lawId, 1)).toEqual({ eligible: 10, hours: [hour(8, 9, 2), hour(9, 10, 1), hour(11, 12, 1)] });
  });

  test("of a law without votes has no hours, of one without a roll no voters", async () => {
    const { lawId } = await aLaw(3, []);
    expect(await turnout(lawId, 1)).toEqual({ eligible: 3, hours: [] });
    expect(await turnout("no-such-law", 1)).toEqual({ eligible: 0, hours: [] });
  });

  const few = (...counts: readonly (readonly [hour: number, count: number])[]) =>
    counts.flatMap(([of, count]) => Array.from({ length: count }, () => of));

  test.each([
    ["first", few([8, 1], [9, 5]), [hour(8, 10, 6)]],
    ["in between", few([8, 5], [9, 1], [10, 5]), [hour(8, 9, 5), hour(9, 11, 6)]],
    ["last", few([8, 5], [9, 5], [10, 1]), [hour(8, 9, 5), hour(9, 11, 6)]],
    ["all together", few([8, 1], [9, 1], [12, 1]), [hour(8, 13, 3)]],
    ["several at the end", few([8, 5], [9, 2], [10, 2]), [hour(8, 11, 9)]],
  ])("joins hours of too few voters with their neighbours: %s", async (_, hours, expected) => {
    const { lawId } = await aLaw(20, hours);
    expect((await turnout(lawId, 5)).hours).toEqual(expected);
  });

  test("counts nobody twice: duplicates, deliveries again, and votes that were invalid at first", async () => {
    const { lawId, hashes, votes } = await aLaw(4, [8]);
    const store = new PostgresOutcomeStore(pool);
    await store.record(votes);
    await store.record([aDecidedVote({ lawId, voterHash: hashes[0] ?? "", outcome: "duplicate", acceptedAt: at(9) })]);
    const late = aDecidedVote({ lawId, outcome: "invalid", acceptedAt: at(10) });
    await store.record([late]);
    expect((await turnout(lawId, 1)).hours).toEqual([hour(8, 9, 1)]);
    // Now the voter is on the roll, and the same submission comes again.
    await pool.query("insert into voter_roll values ($1, $2, $3)", [
      lawId,
      Buffer.from(late.voterHash, "hex"),
      randomBytes(32),
    ]);
    await store.record([late]);
    expect(await turnout(lawId, 1)).toEqual({ eligible: 5, hours: [hour(8, 9, 1), hour(10, 11, 1)] });
  });

  test("falls when submissions are marked as lost, and when voters leave the roll", async () => {
    const { lawId, hashes, votes } = await aLaw(4, [8, 9]);
    await pool.query("delete from vote_audit where request_id = $1", [votes[0]?.requestId]);
    await pool.query("delete from voter_roll where law_id = $1 and voter_hash = $2", [
      lawId,
      Buffer.from(hashes[3] ?? "", "hex"),
    ]);
    expect(await turnout(lawId, 1)).toEqual({ eligible: 3, hours: [hour(9, 10, 1)] });
  });

  test("is the same as a count of everything, however batches overlap", async () => {
    const { lawId, hashes } = await aLaw(400, []);
    const store = new PostgresOutcomeStore(pool);
    const votes = hashes.map((voterHash, index) => aDecidedVote({ lawId, voterHash, acceptedAt: at(8 + (index % 5)) }));
    await Promise.all([0, 1, 2, 3].map((part) => store.record(votes.filter((_, index) => index % 4 === part))));
    const { rows } = await pool.query<{ hour: Date; n: number }>(
      `select date_trunc('hour', "timestamp", 'UTC') as hour, count(*)::int as n from vote_audit
       where law_id = $1 and status = 'counted' group by 1 order by 1`,
      [lawId],
    );
    const { hours } = await turnout(lawId, 1);
    expect(hours.map(({ from, voted }) => [from, voted])).toEqual(rows.map((row) => [row.hour.toISOString(), row.n]));
    expect(hours.reduce((sum, { voted }) => sum + voted, 0)).toBe(400);
  });

  test("is all that a reader gets: it may not read the table of hours", async () => {
    for (const table of ["turnout_hours", "roll_sizes"]) {
      await expect(reader.query(`select from ${table}`)).rejects.toMatchObject({ code: "42501" });
    }
  });
});
