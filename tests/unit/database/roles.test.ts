import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { ResultStore } from "../../../shared/stores/results.ts";
import { type Servers, startServers } from "../commands/support/servers.ts";
import { decidedVote, endPools, LAW_ID, MIGRATIONS } from "./support/votes.ts";

let servers: Servers;
const pools = new Map<string, pg.Pool>();

/** A pool that logs in as one of the roles that functions use. */
function loggedInAs(role: string): pg.Pool {
  const url = new URL(servers.postgresUrl);
  url.username = role;
  const known = pools.get(role);
  if (known !== undefined) return known;
  const pool = new pg.Pool({ connectionString: url.href, max: 1 });
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
  await endPools(pools.values(), servers.postgresUrl);
  await servers.stop();
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
  it("has its statements stopped after four seconds, before a function gives up", async () => {
    const { rows } = await loggedInAs(role).query("show statement_timeout");
    expect(rows).toEqual([{ statement_timeout: "4s" }]);
  });

  it.each(FORBIDDEN_TO_BOTH)("may not: %s", async (statement) => {
    await expect(loggedInAs(role).query(statement)).rejects.toEqual(DENIED);
  });
});

describe("referendum_reader", () => {
  it("reads the tally", async () => {
    expect(await new ResultStore(loggedInAs("referendum_reader")).tallies([LAW_ID])).toBeInstanceOf(Map);
  });

  it.each(["voter_roll", "participation", "ballots", "vote_audit", "duplicate_attempts"])(
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
  it.each(["voter_roll", "participation", "ballots", "vote_audit", "vote_results"])(
    "has no table %s: only the function that records outcomes",
    async (table) => {
      await expect(loggedInAs("referendum_writer").query(`select from ${table}`)).rejects.toEqual(DENIED);
    },
  );

  it("records votes, once each", async () => {
    const store = new PostgresOutcomeStore(loggedInAs("referendum_writer"));
    for (const _ of ["first delivery", "second delivery"]) {
      expect(await store.record([decidedVote(1)])).toMatchObject([{ lawId: LAW_ID, status: "counted" }]);
    }
    const { rows } = await loggedInAs("election_user").query("select total_votes from vote_results");
    expect(rows).toEqual([{ total_votes: "1" }]);
  });
});
