import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runner } from "node-pg-migrate";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { readOutcome, readVote } from "../../../shared/messages/queue.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { ResultStore } from "../../../shared/stores/results.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { decidedVote, endPools, LAW_ID, MIGRATIONS } from "../support/votes.ts";

const AT_ONCE = { intervalSeconds: 0, minimumVotes: 1 };

/**
 * Messages as each version that was ever released wrote them, byte for byte. Never change one: votes in flight look
 * like this. A new version gets new entries.
 */
const RELEASED = [
  {
    v: 1,
    vote: '{"v":1,"request_id":"AQGa1zWEAHcHhwcHBwcHBwfDZ4GtUftVDQhRUhkUS7wLTDIwMjUtMDAx","law_id":"L2025-001","voter_hash":"abababababababababababababababababababababababababababababababab","choice":"oui","accepted_at":"2025-12-01T00:00:00.000Z","pepper_id":"1"}',
    outcomes: {
      accepted:
        '{"v":1,"request_id":"AQGa1zWEAHcHhwcHBwcHBwfDZ4GtUftVDQhRUhkUS7wLTDIwMjUtMDAx","law_id":"L2025-001","voter_hash":"abababababababababababababababababababababababababababababababab","choice":"oui","accepted_at":"2025-12-01T00:00:00.000Z","outcome":"accepted"}',
      duplicate:
        '{"v":1,"request_id":"AQGa1zWEAHcHhwcHBwcHBwfDZ4GtUftVDQhRUhkUS7wLTDIwMjUtMDAx","law_id":"L2025-001","voter_hash":"abababababababababababababababababababababababababababababababab","accepted_at":"2025-12-01T00:00:00.000Z","outcome":"duplicate","reason":"already_voted"}',
      invalid:
        '{"v":1,"request_id":"AQGa1zWEAHcHhwcHBwcHBwfDZ4GtUftVDQhRUhkUS7wLTDIwMjUtMDAx","law_id":"L2025-001","voter_hash":"abababababababababababababababababababababababababababababababab","choice":"non","accepted_at":"2025-12-01T00:00:00.000Z","outcome":"invalid","reason":"not_on_roll"}',
    },
  },
  {
    v: 2,
    vote: '{"v":2,"request_id":"AQGa1zWEAHcHhwcHBwcHBwfDZ4GtUftVDQhRUhkUS7wLTDIwMjUtMDAx","law_id":"L2025-001","voter_hash":"abababababababababababababababababababababababababababababababab","accepted_at":"2026-11-30T00:00:00.000Z","choice":"oui","key_version":1,"promise":"24f6ed6acbfe1009.qOuhKs9wGSz8pLTxqj6gkAe4e1iXT1zMFpDu9hjz0GMksLyto5cXAISBHnMy-lJcPRxJlq9VPaaTgSP1IFbXDA","mac_validate":"Y5cN7_FHndjJT7HY4fb0y3kUMXydAeG-Qy0uADfbBvQ","mac_record":"Umhry5jr830ZZU4RD1RiU2nV54x2R0YlO8Xk1exaP6U"}',
    outcomes: {
      accepted:
        '{"v":2,"request_id":"AQGa1zWEAHcHhwcHBwcHBwfDZ4GtUftVDQhRUhkUS7wLTDIwMjUtMDAx","law_id":"L2025-001","voter_hash":"abababababababababababababababababababababababababababababababab","accepted_at":"2026-11-30T00:00:00.000Z","choice":"oui","key_version":1,"promise":"24f6ed6acbfe1009.qOuhKs9wGSz8pLTxqj6gkAe4e1iXT1zMFpDu9hjz0GMksLyto5cXAISBHnMy-lJcPRxJlq9VPaaTgSP1IFbXDA","mac_validate":"Y5cN7_FHndjJT7HY4fb0y3kUMXydAeG-Qy0uADfbBvQ","mac_record":"Umhry5jr830ZZU4RD1RiU2nV54x2R0YlO8Xk1exaP6U","outcome":"accepted","mac_outcome":"jTA2xwclZe1QzR_LcqIANo6596A39zPacnHd2CSvGbo"}',
      duplicate:
        '{"v":2,"request_id":"AQGa1zWEAHcHhwcHBwcHBwfDZ4GtUftVDQhRUhkUS7wLTDIwMjUtMDAx","law_id":"L2025-001","voter_hash":"abababababababababababababababababababababababababababababababab","accepted_at":"2026-11-30T00:00:00.000Z","choice":"oui","key_version":1,"promise":"24f6ed6acbfe1009.qOuhKs9wGSz8pLTxqj6gkAe4e1iXT1zMFpDu9hjz0GMksLyto5cXAISBHnMy-lJcPRxJlq9VPaaTgSP1IFbXDA","mac_validate":"Y5cN7_FHndjJT7HY4fb0y3kUMXydAeG-Qy0uADfbBvQ","mac_record":"Umhry5jr830ZZU4RD1RiU2nV54x2R0YlO8Xk1exaP6U","outcome":"duplicate","mac_outcome":"ep7G4j30yxStvDsPUTrijyNnyzjjtSIhbXbl931MjI0"}',
      invalid:
        '{"v":2,"request_id":"AQGa1zWEAHcHhwcHBwcHBwfDZ4GtUftVDQhRUhkUS7wLTDIwMjUtMDAx","law_id":"L2025-001","voter_hash":"abababababababababababababababababababababababababababababababab","accepted_at":"2026-11-30T00:00:00.000Z","choice":"oui","key_version":1,"promise":"24f6ed6acbfe1009.qOuhKs9wGSz8pLTxqj6gkAe4e1iXT1zMFpDu9hjz0GMksLyto5cXAISBHnMy-lJcPRxJlq9VPaaTgSP1IFbXDA","mac_validate":"Y5cN7_FHndjJT7HY4fb0y3kUMXydAeG-Qy0uADfbBvQ","mac_record":"Umhry5jr830ZZU4RD1RiU2nV54x2R0YlO8Xk1exaP6U","outcome":"invalid","mac_outcome":"YVDIEagBqyKVkOy6pqdPw-YcRiEIv8X5aV67fnr9imU"}',
    },
  },
];

describe("messages in flight while a release is deployed", () => {
  it.each(RELEASED)("of version $v are read", ({ vote, outcomes }) => {
    expect(readVote(vote)).toMatchObject({ lawId: LAW_ID, choice: "oui", voterHash: "ab".repeat(32) });
    for (const [outcome, text] of Object.entries(outcomes)) expect(readOutcome(text)).toMatchObject({ outcome });
  });

  it.each(RELEASED)("of version $v are read with fields that a later release adds", ({ vote }) => {
    const later = JSON.stringify({ ...JSON.parse(vote), something_new: { of: "that release" } });
    expect(readVote(later)).toEqual(readVote(vote));
  });

  it("of a later version are not read: they wait as dead letters for a release that does", () => {
    for (const { vote } of RELEASED) expect(readVote(JSON.stringify({ ...JSON.parse(vote), v: 3 }))).toBeUndefined();
  });
});

describe("a schema that grows while votes are counted", () => {
  let servers: Servers;
  let pool: pg.Pool;
  const folder = mkdtempSync(join(tmpdir(), "referendum-upgrade-"));
  const config = () => ({ connectionString: servers.postgresUrl });

  /** The migrations of a later release: those of this one and another. */
  function release(name: string, sql: string): string {
    const directory = join(folder, name);
    cpSync(MIGRATIONS, directory, { recursive: true });
    writeFileSync(join(directory, `9999_${name}.sql`), sql);
    return directory;
  }

  const columnNames = async (table: string) => {
    const { rows } = await pool.query<{ column_name: string }>(
      "select column_name from information_schema.columns where table_name = $1",
      [table],
    );
    return rows.map((row) => row.column_name);
  };

  beforeAll(async () => {
    servers = await startServers();
    pool = new pg.Pool({ ...config(), max: 2 });
    await migrate(config(), MIGRATIONS);
    for (const n of [1, 2, 3]) {
      const hash = Buffer.from(decidedVote(n).voterHash, "hex");
      await pool.query("insert into voter_roll values ($1, $2, $2)", [LAW_ID, hash]);
    }
  });
  afterAll(async () => {
    if (servers && pool) await endPools([pool], servers.postgresUrl);
    await servers?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("changes nothing when a migration fails half way: the deployment fails, votes go on", async () => {
    const broken = release("broken", "alter table vote_audit add column half text;\nselect 1 / 0;\n");
    await expect(migrate(config(), broken)).rejects.toThrow(/division by zero/);
    expect(await columnNames("vote_audit")).not.toContain("half");
    expect(await new PostgresOutcomeStore(pool).record([decidedVote(1)])).toMatchObject([{ status: "counted" }]);
  });

  it("does not disturb the release before it: expand first", async () => {
    const expanded = release(
      "expanded",
      "alter table vote_audit add column channel text;\ncreate table trustees (id int);\n",
    );
    expect(await migrate(config(), expanded)).toEqual({ applied: ["9999_expanded"] });
    expect(await columnNames("vote_audit")).toContain("channel");
    expect(await new PostgresOutcomeStore(pool).record([decidedVote(2)])).toMatchObject([{ status: "counted" }]);
    expect(
      (await new ResultStore(pool, AT_ONCE).published([{ lawId: LAW_ID, isFinal: false }])).get(LAW_ID),
    ).toMatchObject({ totalVotes: 2 });
  });

  it("lets the release before it be deployed again", async () => {
    expect(await migrate(config(), MIGRATIONS)).toEqual({ applied: [] });
    expect(await new PostgresOutcomeStore(pool).record([decidedVote(3)])).toMatchObject([{ status: "counted" }]);
  });

  it("is migrated once, however many deployments run it at a time", async () => {
    const again = release("again", "create table once_only (id int);\n");
    rmSync(join(again, "9999_again.sql"));
    cpSync(join(folder, "expanded", "9999_expanded.sql"), join(again, "9999_expanded.sql"));
    writeFileSync(join(again, "9999_once.sql"), "create table once_only (id int);\n");
    const results = await Promise.allSettled([migrate(config(), again), migrate(config(), again)]);
    const applied = results.flatMap((result) => (result.status === "fulfilled" ? result.value.applied : []));
    expect(applied).toEqual(["9999_once"]);
  });
});

describe("a database of the first release, with only the first migration", () => {
  let servers: Servers;
  let pool: pg.Pool;
  const first = mkdtempSync(join(tmpdir(), "referendum-first-release-"));

  beforeAll(async () => {
    servers = await startServers();
    pool = new pg.Pool({ connectionString: servers.postgresUrl, max: 2 });
    cpSync(join(MIGRATIONS, "0001_referendum.sql"), join(first, "0001_referendum.sql"));
    const client = new pg.Client(servers.postgresUrl);
    await client.connect();
    const settings = {
      dir: first,
      direction: "up",
      migrationsTable: "schema_migrations",
      log: () => undefined,
    } as const;
    // As that release migrated: it had no role to hand tables over to.
    await runner({ ...settings, dbClient: client });
    await client.end();
  });
  afterAll(async () => {
    if (servers && pool) await endPools([pool], servers.postgresUrl);
    await servers?.stop();
    rmSync(first, { recursive: true, force: true });
  });

  it("keeps what it has counted, and counts on", async () => {
    const store = new PostgresOutcomeStore(pool);
    const [one, again, waiting, two] = [decidedVote(1), decidedVote(11), decidedVote(12), decidedVote(2)];
    for (const { voterHash } of [one, two]) {
      await pool.query("insert into voter_roll values ($1, $2, $2)", [LAW_ID, Buffer.from(voterHash, "hex")]);
    }
    const secondOfOne = { ...again, voterHash: one.voterHash, outcome: "duplicate" as const };
    // Its database does not know why a vote is invalid.
    await pool.query("create function invalid_reason(text) returns text language sql as 'select null::text'");
    // It knows no forms of laws and no promises either.
    await pool.query(
      `create function record_votes(
           text[], text[], bytea[], text[], text[], timestamptz[], bigint[], text[], bytea[], bytea[])
         returns table (request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz,
           envelope_sha256 bytea)
         language sql as 'select *, null::bytea from record_outcomes($1, $2, $3, $4, $5, $6, $7)'`,
    );
    expect(await store.record([one])).toMatchObject([{ status: "counted" }]);
    expect(await store.record([secondOfOne])).toMatchObject([{ status: "duplicate" }]);
    // That release recorded a duplicate of nothing, without its choice.
    const ofNothing = { ...waiting, voterHash: two.voterHash, outcome: "duplicate" as const, choice: undefined };
    expect(await store.record([ofNothing])).toMatchObject([{ status: "duplicate" }]);
    await pool.query("drop function invalid_reason, record_votes");

    const names = readdirSync(MIGRATIONS).map((name) => name.replace(/\.sql$/, ""));
    expect(await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS)).toEqual({ applied: names.slice(1) });

    const { rows } = await pool.query<{ request_id: string; status: string; hash: string }>(
      `select request_id, status, encode(voter_hash, 'hex') as hash from vote_audit`,
    );
    expect(new Set(rows)).toEqual(
      new Set([
        { request_id: one.requestId, status: "counted", hash: one.voterHash },
        { request_id: again.requestId, status: "duplicate", hash: one.voterHash },
        { request_id: waiting.requestId, status: "duplicate", hash: two.voterHash },
      ]),
    );
    expect(await store.record([one, secondOfOne])).toMatchObject([{ status: "counted" }, { status: "duplicate" }]);
    expect(await store.record([ofNothing]), "delivered again it waits, as any duplicate of nothing").toEqual([]);
    expect(await store.record([two])).toMatchObject([{ status: "counted" }]);
    const attempts = await pool.query<{ attempt_count: number }>("select attempt_count from duplicate_attempts");
    expect(attempts.rows.map((row) => row.attempt_count)).toEqual([2, 2]);
    const results = new ResultStore(pool, { intervalSeconds: 0, minimumVotes: 1 });
    expect((await results.published([{ lawId: LAW_ID, isFinal: false }])).get(LAW_ID)).toMatchObject({ totalVotes: 2 });
  });
});

describe("the migrations", () => {
  it("are numbered without gaps", () => {
    const numbers = readdirSync(MIGRATIONS).map((name) => Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});
