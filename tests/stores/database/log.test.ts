import { randomBytes } from "node:crypto";
import { openSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { choosePorts } from "../../../places/local/ports.ts";
import { initialiseCluster, postgresService } from "../../../places/local/services/postgres.ts";
import { postgresHome } from "../../../places/local/services/postgres-home.ts";

const PASSWORDS = { admin: "admin-of-a-test", owner: "owner-of-a-test" };
const progress = { say: () => undefined, step: <T>(_: string, work: () => Promise<T>) => work() };
/** What a voter's lock is: the first 64 bits of the voter hash. */
const HASH = randomBytes(32);
const LOCK = HASH.readBigInt64BE();
const OTHER_LOCK = HASH.readBigInt64BE(8);

let directory: string;
let log: string;
let port: number;
let end: () => Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), `referendum-log-${process.pid}-`));
  // PostgreSQL's own user has to enter it.
  await chmod(directory, 0o755);
  log = join(directory, "postgres.log");
  const home = await postgresHome(directory, progress);
  await initialiseCluster(home, PASSWORDS, progress);
  ({ postgres: port } = await choosePorts(0));
  const service = postgresService(home, port, PASSWORDS, { fd: openSync(log, "a"), path: log });
  const child = service.spawn();
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  end = async () => {
    service.stop(child);
    await gone;
    await rm(directory, { recursive: true, force: true });
  };
  await service.ready(child);
}, 60_000);
afterAll(() => end());

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", password: PASSWORDS.admin });
  await client.connect();
  await client.query("set deadlock_timeout = '50ms'");
  await client.query("set statement_timeout = '500ms'");
  return client;
}

describe("the log of the local stack's PostgreSQL", () => {
  test("has no part of a hash after a wait for a lock, a deadlock, and a conflict of rows", async () => {
    const [one, other] = await Promise.all([connected(), connected()]);
    await one.query("create table roll (voter_hash bytea primary key)");
    await one.query("insert into roll values ($1)", [HASH]);
    await expect(one.query("insert into roll values ($1)", [HASH])).rejects.toMatchObject({ code: "23505" });

    await one.query("select pg_advisory_lock($1)", [LOCK]);
    // Ten times as long as a wait that the server would report.
    await expect(other.query("select pg_advisory_lock($1)", [LOCK])).rejects.toMatchObject({ code: "57014" });

    await other.query("select pg_advisory_lock($1)", [OTHER_LOCK]);
    const crossed = await Promise.allSettled([
      one.query("select pg_advisory_lock($1)", [OTHER_LOCK]),
      other.query("select pg_advisory_lock($1)", [LOCK]),
    ]);
    expect(crossed.filter((it) => it.status === "rejected").map((it) => it.reason.code)).toContain("40P01");
    await Promise.all([one.end(), other.end()]);

    const said = readFileSync(log, "utf8");
    expect(said).toContain("duplicate key");
    expect(said).toContain("deadlock detected");
    // PostgreSQL prints a lock of 64 bits as two halves.
    const halves = [HASH.readUInt32BE(0), HASH.readUInt32BE(4), HASH.readUInt32BE(8), HASH.readUInt32BE(12)].map(
      String,
    );
    for (const secret of [HASH.toString("hex"), String(LOCK), String(OTHER_LOCK), ...halves]) {
      expect(said).not.toContain(secret);
    }
  });
});
