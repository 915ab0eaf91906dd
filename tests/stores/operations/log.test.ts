import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { logObject } from "../../../operations/log/log-objects.ts";
import type { LoggedLaw, LogPorts } from "../../../operations/log/ports.ts";
import { PostgresLog } from "../../../operations/log/postgres-log.ts";
import { type LogRun, runLog } from "../../../operations/log/run-log.ts";
import { ObjectFiles } from "../../../places/local/objects/object-files.ts";
import { S3Endpoint } from "../../../places/local/objects/s3-endpoint.ts";
import { descriptionEntry, readEntry, submissionEntry } from "../../../shared/domain/log/leaf.ts";
import { openNote, verifierKey } from "../../../shared/domain/log/note.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import { S3ObjectStore } from "../../../shared/stores/objects.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { aDecidedVote, aVoterHash, macsOf } from "../../support/factories.ts";
import { type GoReader, goReader, readByGo } from "../../support/log/go-reader.ts";
import { LAW, LOG_KEY } from "../../support/log/log-world.ts";
import { filesIn, readPublishedLog } from "../../support/log/published-log.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { endPools, MIGRATIONS, openPool } from "../support/votes.ts";

vi.setConfig({ testTimeout: limitOf(60), hookTimeout: limitOf(120) });

let servers: Servers;
let pool: pg.Pool;
let logPool: pg.Pool;
let files: string;
let endpoint: S3Endpoint;
let client: S3Client;
let ports: LogPorts;
let url: string;
let go: GoReader;

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  pool = openPool({ connectionString: servers.postgresUrl, max: 6 });
  const asLog = new URL(servers.postgresUrl);
  asLog.username = "referendum_log";
  logPool = openPool({ connectionString: asLog.href, max: 4 });
  files = await mkdtemp(join(tmpdir(), "referendum-log-"));
  endpoint = new S3Endpoint(new ObjectFiles(join(files, "objects")), ["log"]);
  url = `http://127.0.0.1:${await endpoint.listen(0)}`;
  client = new S3Client({
    endpoint: url,
    region: "ca-central-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
    maxAttempts: 1,
  });
  ports = {
    database: new PostgresLog(logPool),
    objects: new S3ObjectStore(client, "log"),
    signerOf: async ({ origin }) => ({ ...LOG_KEY, name: origin }),
  };
  go = await goReader(files);
});
afterAll(async () => {
  client?.destroy();
  await endpoint?.close();
  if (servers && pool) await endPools([pool, logPool], servers.postgresUrl);
  await servers?.stop();
  await rm(files, { recursive: true, force: true });
});

let laws = 0;

/** A law with a form and voters on its roll, and their votes. */
async function aLaw(voters: number, form: "open" | null = "open") {
  const lawId = `LOG-${++laws}`;
  const law: LoggedLaw = { lawId, origin: `test/${lawId}/0`, key: LAW.key };
  const hashes = Array.from({ length: voters }, aVoterHash);
  await pool.query(
    `insert into laws (law_id, form, origin, log_key, reached, title, opens_at, closes_at, key_version, version, confirmed_version)
     values ($1, $2, $3, $4, 'ready', 'A law', '2020-01-01T08:00Z', '2020-01-01T20:00Z', 1, 1, 1)`,
    [lawId, form, form && law.origin, form && law.key],
  );
  await pool.query("insert into voter_roll select $1, h, p from unnest($2::bytea[], $3::bytea[]) as u (h, p)", [
    lawId,
    hashes.map((hash) => Buffer.from(hash, "hex")),
    hashes.map(() => randomBytes(32)),
  ]);
  return { law, votes: hashes.map((voterHash) => aVote({ lawId, voterHash }, form)) };
}

/** A decided vote, with the macs of a law with a form. */
function aVote(changes: Partial<DecidedVote>, form: "open" | null = "open"): DecidedVote {
  const vote = aDecidedVote(changes);
  return form === null ? vote : { ...vote, macs: macsOf(vote) };
}

const record = (...votes: readonly DecidedVote[]) => new PostgresOutcomeStore(pool).record(votes);
const run = (law: LoggedLaw, minimumSubmissions = 1): Promise<LogRun> =>
  runLog(ports, law, { minimumSubmissions }, () => false);
const published = ({ lawId, origin }: LoggedLaw) =>
  readPublishedLog(filesIn(ports.objects, lawId), { ...LOG_KEY, name: origin });

/** What the audit says waits or is in the log, in the order in which it came. */
async function waiting(lawId: string): Promise<Buffer[]> {
  const { rows } = await pool.query<{ entry: Buffer }>("select entry from log_waiting where law_id = $1 order by id", [
    lawId,
  ]);
  return rows.map(({ entry }) => entry);
}

/** The description that a law gets when it becomes ready. */
async function describeLaw(lawId: string): Promise<void> {
  await pool.query("insert into log_waiting (law_id, entry) values ($1, $2)", [
    lawId,
    descriptionEntry(1, `the description of ${lawId}\n`),
  ]);
}

describe("the transaction that sets a status", () => {
  test("adds an entry for each status of a submission, once", async () => {
    const { law, votes } = await aLaw(2);
    const [one, two] = votes;
    if (one === undefined || two === undefined) throw new Error("there are two");
    const stranger = aVote({ lawId: law.lawId, voterHash: aVoterHash(), outcome: "invalid" });
    const again = aVote({ lawId: law.lawId, voterHash: one.voterHash, outcome: "duplicate" });
    await record(one, two, stranger);
    await record(again, one);
    await record(one, two, stranger, again);
    const of = (vote: DecidedVote, status: "counted" | "invalid" | "duplicate") =>
      submissionEntry(vote.requestId, undefined, status).toString("hex");
    const hex = (await waiting(law.lawId)).map((entry) => entry.toString("hex"));
    expect(hex.slice(0, 3).sort()).toEqual([of(one, "counted"), of(two, "counted"), of(stranger, "invalid")].sort());
    expect(hex.slice(3)).toEqual([of(again, "duplicate")]);
    // The stranger comes on the roll later: its status rises.
    await pool.query("insert into voter_roll values ($1, $2, $3)", [
      law.lawId,
      Buffer.from(stranger.voterHash, "hex"),
      randomBytes(32),
    ]);
    await record(stranger);
    expect((await waiting(law.lawId)).slice(4).map((entry) => entry.toString("hex"))).toEqual([
      of(stranger, "counted"),
    ]);
  });

  test("adds nothing when it is rolled back, and nothing for a law without a form", async () => {
    const { law, votes } = await aLaw(1);
    const connection = await pool.connect();
    try {
      await connection.query("begin");
      await connection.query("insert into vote_audit values ('r', $1, $2, 'counted', null, now())", [
        randomBytes(32),
        law.lawId,
      ]);
      await connection.query("rollback");
    } finally {
      connection.release();
    }
    expect(await waiting(law.lawId)).toEqual([]);
    expect(votes).toHaveLength(1);
    const plain = await aLaw(1, null);
    await record(...plain.votes);
    expect(await waiting(plain.law.lawId)).toEqual([]);
  });
});

describe("what a law's log says beside submissions", () => {
  const journal = (act: string, phase: string, lawId: string | null, operator: string, run: string, said: object) =>
    pool.query("select append_journal($1, $2, $3, $4, $5, '1', $6, $7)", [
      ...[act, phase, lawId, operator, "claimed", run, JSON.stringify(said)],
    ]);

  test("is its description, and the journal from the law's first entry on, without names", async () => {
    const { law } = await aLaw(1);
    await pool.query("insert into rolls (law_id, key_version, digest, digest_voters) values ($1, 1, $2, 1)", [
      law.lawId,
      randomBytes(32),
    ]);
    const runs = Array.from({ length: 4 }, () => randomUUID());
    const [before = "", other = "", seal = "", stage = ""] = runs;
    await journal("redrive", "begun", null, "anna", before, { request: { queues: ["votes"] } });
    await journal("seal-roll", "proposed", law.lawId, "anna", seal, { request: { expect: 1 }, hash: "f".repeat(64) });
    await journal("seal-roll", "begun", "ANOTHER", "anna", other, { request: { expect: 9 } });
    await journal("seal-roll", "approved", law.lawId, "bruno", seal, { proposal: seal });
    await journal("seal-roll", "begun", law.lawId, "anna", seal, { request: { expect: 1 }, proposal: seal });
    await journal("redrive", "begun", null, "bruno", stage, { request: { queues: ["votes"] } });
    expect(await run(law)).toMatchObject({ outcome: "current", epochs: 1, size: 5 });
    const text = async (path: string) =>
      Buffer.from((await ports.objects.get(logObject(law.lawId, path))) ?? []).toString();
    const description = openNote(await text("description"), { ...LOG_KEY, name: law.origin });
    expect(JSON.parse(description ?? "")).toMatchObject({
      ...{ version: 1, law_id: law.lawId, form: "open", opens_at: "2020-01-01T08:00:00.000Z", roll: { voters: 1 } },
    });
    const lines = (await text("journal.ndjson"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ act, phase, law_id }) => [act, phase, law_id])).toEqual([
      ["seal-roll", "proposed", law.lawId],
      ["seal-roll", "approved", law.lawId],
      ["seal-roll", "begun", law.lawId],
      ["redrive", "begun", null],
    ]);
    const [proposed, approved, begun, redrive] = lines;
    expect(begun).toMatchObject({ by: proposed.by, approved_by: approved.by, details: { expect: 1, proposal: seal } });
    expect([redrive.by, proposed.by]).toEqual([approved.by, expect.not.stringContaining(approved.by)]);
    expect(JSON.stringify(lines)).not.toMatch(/anna|bruno/);
    // Another law has another salt.
    const { law: second } = await aLaw(1);
    await pool.query("insert into rolls (law_id, key_version, digest, digest_voters) values ($1, 1, $2, 1)", [
      second.lawId,
      randomBytes(32),
    ]);
    await journal("seal-roll", "begun", second.lawId, "anna", randomUUID(), { request: { expect: 1 } });
    await run(second);
    const [line] = Buffer.from((await ports.objects.get(logObject(second.lawId, "journal.ndjson"))) ?? [])
      .toString()
      .split("\n");
    expect(JSON.parse(line ?? "").by).not.toBe(proposed.by);
    // And a change of the roll makes another description.
    await pool.query("update rolls set digest = $2, digest_voters = 2 where law_id = $1", [law.lawId, randomBytes(32)]);
    expect(await run(law)).toMatchObject({ epochs: 1 });
    expect(JSON.parse(openNote(await text("description"), { ...LOG_KEY, name: law.origin }) ?? "")).toMatchObject({
      version: 2,
      roll: { voters: 2 },
    });
    expect((await published(law)).entries.map((entry) => readEntry(entry)?.kind)).toContain("journal");
  });

  test("is fixed: neither its name nor its key changes", async () => {
    const { law } = await aLaw(1);
    for (const change of ["log_key = repeat('A', 43)", "log_key = null", "origin = 'x'"]) {
      await expect(pool.query(`update laws set ${change} where law_id = $1`, [law.lawId])).rejects.toMatchObject({
        code: "23514",
      });
    }
  });
});

describe("a run on PostgreSQL and an object store", () => {
  test("brings what waits into the log, epoch by epoch", async () => {
    const { law, votes } = await aLaw(600);
    await record(...votes.slice(0, 250));
    expect(await run(law)).toEqual({ outcome: "current", epochs: 0, size: 0 });
    await describeLaw(law.lawId);
    expect(await run(law)).toEqual({ outcome: "current", epochs: 1, size: 251 });
    await record(...votes.slice(250, 256));
    expect(await run(law, 10)).toMatchObject({ epochs: 0 });
    expect(await run(law)).toMatchObject({ epochs: 1, size: 257 });
    await record(...votes.slice(256));
    expect(await run(law)).toMatchObject({ epochs: 1, size: 601 });
    const { entries, kept } = await published(law);
    expect(kept.map(({ size }) => size)).toEqual([251, 257, 601]);
    expect(readEntry(entries[0] ?? Buffer.alloc(0))).toMatchObject({ kind: "description", version: 1 });
    const expected = votes.map(({ requestId }) => submissionEntry(requestId, undefined, "counted").toString("hex"));
    expect(
      entries
        .slice(1)
        .map((entry) => entry.toString("hex"))
        .sort(),
    ).toEqual(expected.sort());
    expect(await waiting(law.lawId)).toEqual([]);
    expect((await ports.database.laws()).find(({ lawId }) => lawId === law.lawId)).toMatchObject(law);
  });

  test("waits for no minimum once the recording has ended", async () => {
    const { law, votes } = await aLaw(1);
    await describeLaw(law.lawId);
    await record(...votes);
    expect(await run(law, 5)).toMatchObject({ size: 1 });
    await pool.query("update laws set reached = 'counted', version = 2, confirmed_version = 2 where law_id = $1", [
      law.lawId,
    ]);
    expect(await run(law, 5)).toMatchObject({ size: 2 });
  });

  test("is one at a time, and the lock of a process that died is free", async () => {
    const { law } = await aLaw(1);
    await describeLaw(law.lawId);
    const first = await ports.database.begin(law.lawId);
    expect(first).toBeDefined();
    expect(await run(law)).toEqual({ outcome: "busy", epochs: 0 });
    await pool.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 1819240242",
    );
    await vi.waitUntil(async () => (await run(law)).outcome === "current", { timeout: 10_000 });
    // Whoever had the lock wakes up, and cannot commit any more.
    const late = first?.commit({
      number: 2,
      size: 2,
      sizeBefore: 1,
      waiting: [1],
      root: Buffer.alloc(32),
      tileRoots: [],
    });
    await expect(late).rejects.toThrow();
    await first?.release();
    expect((await published(law)).entries).toHaveLength(1);
  });

  test("commits an epoch only after the one before it, and only what waits", async () => {
    const { law } = await aLaw(1);
    await describeLaw(law.lawId);
    const session = await ports.database.begin(law.lawId);
    if (session === undefined) throw new Error("the lock is free");
    const [entry] = await session.waiting(10);
    const epoch = {
      number: 1,
      size: 1,
      sizeBefore: 0,
      waiting: [entry?.id ?? 0],
      root: Buffer.alloc(32),
      tileRoots: [],
    };
    expect(await session.commit({ ...epoch, number: 2 })).toBe(false);
    expect(await session.commit({ ...epoch, sizeBefore: 1 })).toBe(false);
    await expect(session.commit({ ...epoch, waiting: [entry?.id ?? 0, 0] })).rejects.toThrow(/1 of 2 waiting entries/);
    expect(await session.commit(epoch)).toBe(true);
    expect(await session.commit(epoch)).toBe(false);
    expect(await session.waiting(10)).toEqual([]);
    await session.release();
  });
});

describe("what the log's role may do", () => {
  test.each([
    "insert into log_waiting (law_id, entry) values ('L', '\\x01')",
    "delete from log_waiting",
    "insert into log_entries values ('L', 0, '\\x01')",
    "insert into log_epochs values ('L', 1, 1, decode(repeat('00', 32), 'hex'))",
    "select from vote_audit",
    "select from voter_roll",
    "select from participation",
    "select from ballots",
    "select from ballot_box",
    "select from journal",
    "select from laws",
    "select from log_salts",
    "insert into log_journal values ('L', 1, 'x')",
    "insert into log_descriptions values ('L', 1, 'x')",
  ])("is not: %s", async (statement) => {
    await expect(logPool.query(statement)).rejects.toMatchObject({ code: "42501" });
  });

  test.each(["log_entries", "log_tile_roots", "log_epochs", "log_descriptions", "log_journal"])(
    "and nobody changes %s",
    async (table) => {
      for (const statement of [`delete from ${table}`, `truncate ${table}`, `update ${table} set law_id = 'x'`]) {
        await expect(pool.query(statement)).rejects.toMatchObject({ code: "42501" });
      }
    },
  );
});

describe("Go's golang.org/x/mod/sumdb and filippo.io/torchwood", () => {
  test("read our log: every entry is in it, and every checkpoint is one of it", async ({ skip }) => {
    if ("absent" in go) return skip(`left out: ${go.absent}`);
    const { law, votes } = await aLaw(700);
    await describeLaw(law.lawId);
    for (const [from, to] of [
      [0, 1],
      [1, 255],
      [255, 256],
      [256, 700],
    ]) {
      await record(...votes.slice(from, to));
      await run(law);
    }
    const { entries, kept } = await published(law);
    const key = verifierKey({ ...LOG_KEY, name: law.origin });
    const address = `${url}/log/${logObject(law.lawId, "")}`;
    expect(await readByGo(go.program, address, key)).toEqual({
      origin: law.origin,
      size: 701,
      root: kept.at(-1)?.root.toString("hex"),
      entries: entries.map((entry) => entry.toString("hex")),
      consistent: [2, 256, 257, 701],
      included: 701,
    });
    // It is told from a log that was changed.
    const tile = logObject(law.lawId, "tile/entries/000");
    const changed = Buffer.from((await ports.objects.get(tile)) ?? []);
    changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);
    await ports.objects.put(tile, changed);
    await expect(readByGo(go.program, address, key)).rejects.toThrow(/entry \d+/);
    await expect(readByGo(go.program, address, verifierKey(LOG_KEY))).rejects.toThrow(/checkpoint/);
  });
});

test("hashes in PostgreSQL are those of the rules", async () => {
  const { rows } = await pool.query<{ entry: Buffer }>("select submission_entry('réq', null, 'lost') as entry");
  expect(rows[0]?.entry).toEqual(submissionEntry("réq", undefined, "lost"));
  const envelope = createHash("sha256").update("envelope").digest();
  for (const status of ["lost", "invalid", "duplicate", "counted", "repeated", "late"] as const) {
    const { rows: found } = await pool.query<{ entry: Buffer }>("select submission_entry('r', $1, $2) as entry", [
      envelope,
      status,
    ]);
    expect(found[0]?.entry).toEqual(submissionEntry("r", envelope, status));
  }
});
