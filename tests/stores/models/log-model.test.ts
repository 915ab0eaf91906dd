import { createHash } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import type { Epoch, LogSession } from "../../../operations/log/ports.ts";
import { PostgresLog } from "../../../operations/log/postgres-log.ts";
import type { Random } from "../../../proving/random.ts";
import { LogTables, type SetStatus } from "../../../proving/simulation/models/log-tables.ts";
import { forgetLost } from "../../../proving/simulation/models/orphans.ts";
import { Tables } from "../../../proving/simulation/models/postgres.ts";
import { STATUSES } from "../../../shared/domain/outcome.ts";
import { type Database, seeds, startDatabase } from "./support.ts";

/** The model of the tables of a log is believed because it answers as the SQL of the migrations does. */

let database: Database;
let pool: pg.Pool;
beforeAll(async () => {
  database = await startDatabase();
  pool = database.pool;
});
afterAll(() => database?.stop());

const sha256 = (text: string) => createHash("sha256").update(text).digest();
const ENVELOPES = ["", sha256("one").toString("hex"), sha256("two").toString("hex")];

/** A law with a log in both. */
class Both {
  readonly lawId: string;
  tables = new Tables();

  constructor(lawId: string) {
    this.lawId = lawId;
    this.tables.logs.set(lawId, new LogTables());
  }

  get log(): LogTables {
    const log = this.tables.logs.get(this.lawId);
    if (log === undefined) throw new Error("the law has a log");
    return log;
  }

  async begin(): Promise<void> {
    await pool.query(
      `insert into laws (law_id, form, origin, log_key, reached, title, opens_at, key_version, version, confirmed_version)
       values ($1, 'open', $1, repeat('A', 43), 'ready', 'A law', '2020-01-01T08:00Z', 1, 1, 1)`,
      [this.lawId],
    );
  }

  async setStatus({ requestId, envelopeSha256, status }: SetStatus): Promise<void> {
    const envelope = envelopeSha256 ?? null;
    if (status === "repeated") {
      if (envelope === null) return;
      this.log.enterStatuses([{ requestId, envelopeSha256, status }]);
      await pool.query("select enter_statuses(array[$1], array[$2], array[decode($3, 'hex')], array['repeated'])", [
        ...[this.lawId, requestId, envelope],
      ]);
      return;
    }
    const known = this.tables.audit.get(requestId);
    if (known !== undefined && STATUSES.indexOf(known.status) >= STATUSES.indexOf(status as never)) return;
    const row = {
      ...{ lawId: this.lawId, voterHash: "00", status: status as never, acceptedAt: "", processedAt: "" },
      envelopeSha256: known?.envelopeSha256 ?? envelopeSha256,
    };
    this.log.enterStatuses([{ requestId, envelopeSha256: row.envelopeSha256, status }]);
    this.tables.audit.set(requestId, row);
    await pool.query(
      `insert into vote_audit as a (request_id, voter_hash, law_id, status, "timestamp", envelope_sha256)
       values ($1, decode(repeat('00', 32), 'hex'), $2, $3, now(), decode($4, 'hex'))
       on conflict (request_id) do update set status = excluded.status,
         envelope_sha256 = coalesce(a.envelope_sha256, excluded.envelope_sha256)`,
      [requestId, this.lawId, status, envelope],
    );
  }

  async forget(requestId: string, envelopeSha256: string | undefined): Promise<void> {
    forgetLost(this.tables, [{ request_id: requestId, law_id: this.lawId, envelopeSha256 }]);
    await pool.query("select forget_lost(array[$1], array[$2], array[decode($3, 'hex')])", [
      ...[requestId, this.lawId, envelopeSha256 ?? null],
    ]);
  }

  /** Some of what waits becomes an epoch. */
  async commit(session: LogSession, random: Random): Promise<void> {
    const count = random.below(this.log.waitingEntries.length + 1);
    if (count === 0) return;
    const real = await session.waiting(count);
    const epoch = this.#next(count);
    const waiting = this.log.waitingEntries.slice(0, count).map(({ id }) => id);
    expect(await session.commit({ ...epoch, waiting: real.map(({ id }) => id) })).toBe(true);
    expect(this.log.commit({ ...epoch, waiting })).toBe(true);
  }

  #next(count: number) {
    const { number, size } = this.log.epochs.at(-1) ?? { number: 0, size: 0 };
    const root = sha256(`root ${number}`);
    return { number: number + 1, size: size + count, sizeBefore: size, root, tileRoots: [] };
  }

  /** Both become what they were, and the epochs since are brought back in the middle of what happens next. */
  async takeBack(backup: Tables): Promise<readonly (Epoch & { sizeBefore: number; entries: readonly Buffer[] })[]> {
    const { epochs, logEntries } = this.log;
    const from = backup.logs.get(this.lawId)?.epochs.length ?? 0;
    this.tables = backup.copy();
    await this.#fill();
    return epochs.slice(from).map((epoch, at) => {
      const sizeBefore = epochs[from + at - 1]?.size ?? 0;
      return { ...epoch, sizeBefore, entries: logEntries.slice(sizeBefore, epoch.size) };
    });
  }

  async #fill(): Promise<void> {
    const client = await pool.connect();
    try {
      await client.query("begin; set local session_replication_role = replica");
      for (const table of ["log_waiting", "log_entries", "log_epochs", "log_known", "vote_audit"]) {
        await client.query(`delete from ${table} where law_id = $1`, [this.lawId]);
      }
      const { waitingEntries, logEntries, epochs, known } = this.log;
      for (const { entry } of waitingEntries) {
        await client.query("insert into log_waiting (law_id, entry) values ($1, $2)", [this.lawId, entry]);
      }
      for (const [place, entry] of logEntries.entries()) {
        await client.query("insert into log_entries values ($1, $2, $3)", [this.lawId, place, entry]);
      }
      for (const { number, size, root } of epochs) {
        await client.query("insert into log_epochs values ($1, $2, $3, $4)", [this.lawId, number, size, root]);
      }
      for (const [key, status] of known) {
        const [pair = "", beside = "0"] = key.split(" ");
        const bytes = Buffer.from(pair, "hex");
        await client.query("insert into log_known values ($1, $2, $3, $4, $5)", [
          ...[this.lawId, bytes.subarray(1, 33), bytes.subarray(33), Number(beside), status],
        ]);
      }
      for (const [requestId, row] of this.tables.audit) {
        await client.query(
          `insert into vote_audit (request_id, voter_hash, law_id, status, "timestamp", envelope_sha256)
           values ($1, decode(repeat('00', 32), 'hex'), $2, $3, now(), decode($4, 'hex'))`,
          [requestId, this.lawId, row.status, row.envelopeSha256 ?? null],
        );
      }
      await client.query("commit");
    } finally {
      client.release();
    }
  }

  async real() {
    const of = async (query: string) => (await pool.query<{ row: string }>(query, [this.lawId])).rows.map((r) => r.row);
    return {
      waiting: await of("select encode(entry, 'hex') as row from log_waiting where law_id = $1 order by id"),
      entries: await of("select encode(entry, 'hex') as row from log_entries where law_id = $1 order by place"),
      known: await of(
        `select '01' || encode(request || envelope, 'hex') || case when beside > 0 then ' ' || beside else '' end || '=' || status as row
         from log_known where law_id = $1 order by 1`,
      ),
      audit: await of("select request_id as row from vote_audit where law_id = $1 order by 1"),
    };
  }

  get model() {
    return {
      waiting: this.log.waitingEntries.map(({ entry }) => entry.toString("hex")),
      entries: this.log.logEntries.map((entry) => entry.toString("hex")),
      known: [...this.log.known].map(([key, status]) => `${key}=${status}`).sort(),
      audit: [...this.tables.audit.keys()].sort(),
    };
  }
}

test("statuses, epochs, restores and what is lost leave the same in the tables as the SQL does", {
  timeout: limitOf(120),
}, async () => {
  let [restored, fallen] = [0, 0];
  for (const { seed, random } of seeds(15)) {
    const both = new Both(`LM-${seed}`);
    await both.begin();
    const session = await new PostgresLog(pool).begin(both.lawId);
    if (session === undefined) throw new Error("the lock is free");
    try {
      let backup = both.tables.copy();
      let lost: Awaited<ReturnType<Both["takeBack"]>> = [];
      for (let step = 0; step < 30; step++) {
        const requestId = `${seed}-${random.below(4)}`;
        const envelopeSha256 = random.pick(ENVELOPES) || undefined;
        const dice = random.below(10);
        if (dice < 5) {
          const status = random.pick(["invalid", "duplicate", "counted", "repeated"] as const);
          await both.setStatus({ requestId, envelopeSha256, status });
        } else if (dice === 5) await both.forget(requestId, envelopeSha256);
        else if (dice < 8 && lost.length === 0) await both.commit(session, random);
        else if (dice === 8 && lost.length === 0) {
          if (random.below(2) === 0) backup = both.tables.copy();
          else lost = await both.takeBack(backup);
        } else {
          const [epoch, ...rest] = lost;
          if (epoch === undefined) continue;
          expect(await session.restore({ ...epoch, tileRoots: [] })).toBe(true);
          both.log.restoreEpoch({ ...epoch, tileRoots: [] });
          restored++;
          lost = rest;
          backup = both.tables.copy();
        }
        expect({ seed, step, ...(await both.real()) }).toEqual({ seed, step, ...both.model });
      }
      fallen += both.model.known.filter((one) => one.endsWith("=1")).length;
    } finally {
      await session.release();
    }
  }
  // Otherwise it would prove nothing.
  expect(restored).toBeGreaterThan(5);
  expect(fallen).toBeGreaterThan(10);
});
