import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { WorkTable } from "../../../operations/roll/steps/work-table.ts";
import { PostgresMarks } from "../../../operations/roll/stores/postgres-marks.ts";
import { PostgresRoll } from "../../../operations/roll/stores/postgres-roll.ts";
import { databasePool } from "../../../shared/runtime/postgres.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { ResultStore } from "../../../shared/stores/results.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { decidedVote, endPools, LAW_ID, MIGRATIONS } from "../support/votes.ts";

let servers: Servers;
const pools = new Map<string, pg.Pool>();

/** A pool that logs in as one of the roles that functions use. */
function loggedInAs(role: string): pg.Pool {
  const url = new URL(servers.postgresUrl);
  url.username = role;
  const known = pools.get(role);
  if (known !== undefined) return known;
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  pools.set(role, pool);
  return pool;
}

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  const admin = loggedInAs("election_user");
  const vote = decidedVote(1);
  await admin.query("insert into voter_roll values ($1, $2, $2)", [LAW_ID, Buffer.from(vote.voterHash, "hex")]);
});
afterAll(async () => {
  if (servers) await endPools(pools.values(), servers.postgresUrl);
  await servers?.stop();
});

const DENIED = expect.objectContaining({ code: "42501" });

/** What neither of the functions' roles may do: change the schema, the roll, or what was decided. */
const FORBIDDEN_TO_BOTH = [
  "create table stolen (id int)",
  "create function f() returns int language sql as 'select 1'",
  "alter table ballots add column voter text",
  "drop table ballots",
  "drop function record_outcomes",
  "truncate ballots",
  "delete from participation",
  "delete from ballots",
  "delete from vote_audit",
  "update ballots set choice = 'oui'",
  "update participation set request_id = 'x'",
  `insert into voter_roll values ('${LAW_ID}', decode(repeat('ab', 32), 'hex'), decode(repeat('ab', 32), 'hex'))`,
  "delete from voter_roll",
  "create role somebody",
  "grant referendum_writer to referendum_reader",
];

describe.each(["referendum_reader", "referendum_writer"])("%s", (role) => {
  it("has a limit for statements that is shorter than the functions' limit", async () => {
    const { rows } = await loggedInAs(role).query("show statement_timeout");
    expect(rows).toEqual([{ statement_timeout: role === "referendum_reader" ? "1s" : "4s" }]);
  });

  it.each(FORBIDDEN_TO_BOTH)("may not: %s", async (statement) => {
    await expect(loggedInAs(role).query(statement)).rejects.toEqual(DENIED);
  });
});

describe("referendum_reader", () => {
  it("publishes the steps that are due, and may not change published results", async () => {
    const reader = loggedInAs("referendum_reader");
    const rules = { intervalSeconds: 0, minimumVotes: 1 };
    expect(await new ResultStore(reader, rules).published([{ lawId: LAW_ID, isFinal: false }])).toBeInstanceOf(Map);
    await expect(reader.query("select from published_results")).rejects.toEqual(DENIED);
    await expect(reader.query("delete from published_results")).rejects.toEqual(DENIED);
  });

  it.each(["voter_roll", "participation", "ballots", "vote_audit", "duplicate_attempts", "roll_work"])(
    "may not read %s, where voters and choices are",
    async (table) => {
      await expect(loggedInAs("referendum_reader").query(`select from ${table}`)).rejects.toEqual(DENIED);
    },
  );

  it("may not record a vote", async () => {
    await expect(new PostgresOutcomeStore(loggedInAs("referendum_reader")).record([decidedVote(1)])).rejects.toEqual(
      DENIED,
    );
    await expect(loggedInAs("referendum_reader").query("update vote_results set oui_count = 1000000")).rejects.toEqual(
      DENIED,
    );
  });
});

describe("referendum_writer", () => {
  it("publishes nothing", async () => {
    const statement = "select publish_results(array['L1'], array[true], 0, 1)";
    await expect(loggedInAs("referendum_writer").query(statement)).rejects.toEqual(DENIED);
  });

  it.each(["voter_roll", "participation", "ballots", "vote_audit", "vote_results"])(
    "has no table %s: only the function that records outcomes",
    async (table) => {
      await expect(loggedInAs("referendum_writer").query(`select from ${table}`)).rejects.toEqual(DENIED);
    },
  );

  it("records each vote once", async () => {
    const store = new PostgresOutcomeStore(loggedInAs("referendum_writer"));
    for (const _ of ["first delivery", "second delivery"]) {
      expect(await store.record([decidedVote(1)])).toMatchObject([{ lawId: LAW_ID, status: "counted" }]);
    }
    const { rows } = await loggedInAs("election_user").query("select total_votes from vote_results");
    expect(rows).toEqual([{ total_votes: "1" }]);
  });
});

const TABLES = ["voter_roll", "rolls", "participation", "ballots", "vote_audit", "vote_results", "duplicate_attempts"];
/** The tables that decide an election. Only one function writes them, for every role. */
const RECORDED = ["participation", "ballots", "vote_results"];

describe("a function of a local stack, which logs in as the owner of the database", () => {
  it.each(["referendum_reader", "referendum_writer"])("takes the role %s and may do no more than it", async (role) => {
    vi.stubEnv("DATABASE_URL", servers.postgresUrl);
    vi.stubEnv("DATABASE_ROLE", role);
    const pool = databasePool();
    const { rows } = await pool.query("select current_user as who");
    expect(rows).toEqual([{ who: role }]);
    await expect(pool.query("select from ballots")).rejects.toEqual(DENIED);
    await pool.end();
    vi.unstubAllEnvs();
  });

  it("goes on when the server ends a connection that a transaction holds: its next query fails", async () => {
    vi.stubEnv("DATABASE_URL", servers.postgresUrl);
    const pool = databasePool();
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const ended = new Promise((resolve) => client.once("end", resolve));
    await loggedInAs("election_user").query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await ended;
    await expect(client.query("select 1")).rejects.toThrow("not queryable");
    client.release(true);
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await pool.end();
    vi.unstubAllEnvs();
  });
});

describe("referendum_operator", () => {
  const operator = () => loggedInAs("referendum_operator");
  const law = { lawId: "OPERATED", title: "A law", opensAt: "2025-12-01T00:00:00.000Z", keyVersion: 1 };

  it("loads and counts a roll, and removes lost submissions", async () => {
    const roll = new PostgresRoll(operator());
    const right = await roll.lock([law.lawId]);
    const marks = new PostgresMarks(operator());
    const mark = { kind: "load", sourceId: Buffer.alloc(1), sourceName: "roll.csv" } as const;
    await marks.begin(law.lawId, mark);
    const work = new WorkTable(operator());
    const run = randomUUID();
    await work.notePause(run);
    await roll.fix(law);
    const hash = Buffer.alloc(32, 9);
    await roll.enter(law.lawId, [{ voterHash: hash, personHash: hash, line: 1 }], mark);
    await roll.analyze();
    expect(await marks.unfinished(law.lawId)).toMatchObject([{ linesDone: 1, isRunning: true }]);
    await marks.finish(law.lawId, mark);
    await marks.abandonLoads(law.lawId);
    await work.confirmPause(run, "now");
    await marks.clearPauseNote((await marks.pauseNote())?.token ?? "");
    await right.giveBack();
    expect(await roll.count(law.lawId)).toBe(1);
    await operator().query("delete from vote_audit where request_id = 'x'");
    await operator().query("delete from duplicate_attempts where law_id = 'x'");
  });

  it("makes temporary tables to compare with", async () => {
    await operator().query("create temp table seen (id int)");
  });

  it.each(TABLES)("reads %s", async (table) => {
    await operator().query(`select from ${table}`);
  });

  it.each(
    RECORDED.flatMap((table) => [`insert into ${table} default values`, `delete from ${table}`, `truncate ${table}`]),
  )("may not: %s", async (statement) => {
    await expect(operator().query(statement)).rejects.toEqual(DENIED);
  });

  it.each([
    "update voter_roll set law_id = 'y'",
    "update vote_audit set status = 'counted'",
    "update ballots set choice = 'oui'",
    "delete from voter_roll",
    "create table stolen (id int)",
    "set role referendum_owner",
    "grant referendum_owner to referendum_operator",
    "select hand_over_ownership()",
  ])("may not: %s", async (statement) => {
    await expect(operator().query(statement)).rejects.toEqual(DENIED);
  });

  it("may not record a vote", async () => {
    await expect(new PostgresOutcomeStore(operator()).record([decidedVote(3)])).rejects.toEqual(DENIED);
  });
});

describe("referendum_auditor", () => {
  const auditor = () => loggedInAs("referendum_auditor");

  it.each(TABLES)("reads %s", async (table) => {
    await auditor().query(`select from ${table}`);
  });

  it.each(TABLES.flatMap((table) => [`delete from ${table}`, `insert into ${table} default values`]))(
    "may not, whatever mode its session is in: %s",
    async (statement) => {
      await auditor().query("set default_transaction_read_only = off");
      await expect(auditor().query(statement)).rejects.toEqual(DENIED);
    },
  );
});

describe("referendum_owner", () => {
  it("cannot log in", async () => {
    await expect(loggedInAs("referendum_owner").query("select")).rejects.toMatchObject({ code: "28000" });
  });

  it("owns every table and function, so that nobody who logs in does", async () => {
    const { rows } = await loggedInAs("election_user").query(`
      select relname::text as name, pg_get_userbyid(relowner) as owner from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
      union all
      select proname::text, pg_get_userbyid(proowner) from pg_proc where pronamespace = 'public'::regnamespace`);
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining([...TABLES, "record_outcomes"]));
    // The role that migrates owns the list of migrations.
    const others = rows.filter(({ name, owner }) => owner !== "referendum_owner" && name !== "schema_migrations");
    expect(others).toEqual([]);
  });
});
