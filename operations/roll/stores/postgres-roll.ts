import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Law } from "../../../shared/domain/law.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import type { EnterResult, RollDatabase, RollEntry, RollRight, RollVoter, WorkMark } from "./ports.ts";
import { ROLL_LOCK_CLASS } from "./postgres-marks.ts";

const STAGING = `create temp table if not exists roll_staging (position integer, voter_hash bytea, person_hash bytea)
  on commit delete rows`;
const COPY = "copy roll_staging (position, voter_hash, person_hash) from stdin with (format binary)";
const ENTER = `insert into voter_roll (law_id, voter_hash, person_hash)
  select $1, voter_hash, person_hash from roll_staging on conflict do nothing`;
/**
 * A separate statement, because the insert cannot see the rows it conflicted with. If an entry is missing now, its
 * person has another code. With this order and with sorting switched off, only the primary key can be used. With a
 * plain comparison, the planner may use the index of persons and read the whole roll for every voter, as long as its
 * statistics do not include the law.
 */
const CONFLICTS = `select s.position from roll_staging s where not coalesce((
    select r.law_id = $1 and r.voter_hash = s.voter_hash from voter_roll r
    where (r.law_id, r.voter_hash) >= ($1, s.voter_hash) order by r.law_id, r.voter_hash limit 1
  ), false)`;

/** `greatest`, because a repeated load begins at the first line, although voters of an earlier try are on the roll. */
const COME_TO = `update roll_work set lines_done = greatest(lines_done, $4)
  where law_id = $1 and kind = $2 and source_id = $3`;

/** The staging table has no statistics. Without this setting, the planner scans the whole roll for every chunk. */
const BEGIN = `begin; set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off;
  set local enable_sort = off; set local enable_incremental_sort = off`;

/** How many voters are fetched from the cursor at a time. */
const FETCH = 10_000;

interface VoterRow {
  readonly voter_hash: Buffer;
  readonly request_id: string | null;
}

/** The roll in PostgreSQL. */
export class PostgresRoll implements RollDatabase {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async lock(lawIds: readonly string[]): Promise<RollRight> {
    const client = await this.#pool.connect();
    let isBroken = true;
    try {
      for (const lawId of lawIds) {
        const { rows } = await client.query<{ locked: boolean }>(
          "select pg_try_advisory_lock($1, hashtext($2)) as locked",
          [ROLL_LOCK_CLASS, lawId],
        );
        if (rows[0]?.locked !== true) {
          await client.query("select pg_advisory_unlock_all()");
          isBroken = false;
          throw new Refusal(
            `Another process is loading or rebuilding the roll of ${lawId}. Wait until it has ended, then repeat this command.`,
          );
        }
      }
    } catch (error) {
      client.release(isBroken);
      throw error;
    }
    return {
      check: async () => {
        await client.query("select 1");
      },
      // Released explicitly, so that the next load can take it at once. A broken session has already lost it.
      giveBack: async () => {
        const hasLost = await client.query("select pg_advisory_unlock_all()").then(
          () => false,
          () => true,
        );
        client.release(hasLost);
      },
    };
  }

  async fix(law: Law): Promise<void> {
    const pepperId = law.pepperId ?? null;
    await this.#pool.query(
      "insert into rolls (law_id, pepper_id, key_version) values ($1, $2, $3) on conflict (law_id) do nothing",
      [law.lawId, pepperId, law.keyVersion],
    );
    const { rows } = await this.#pool.query<{ pepper_id: string | null; key_version: number }>(
      "select pepper_id, key_version from rolls where law_id = $1",
      [law.lawId],
    );
    const roll = rows[0];
    if (roll?.pepper_id === pepperId && roll.key_version === law.keyVersion) return;
    throw new Refusal(
      `The roll of ${law.lawId} was made with ${nameOf(roll?.pepper_id ?? null)} and keys of version ` +
        `${roll?.key_version}, the law now names ${nameOf(pepperId)} and version ${law.keyVersion}: hashes would not match. ` +
        "Give the law the pepper and the key version of its roll, or use a new law id.",
    );
  }

  async enter(lawId: string, entries: readonly RollEntry[], mark?: WorkMark): Promise<EnterResult> {
    const client = await this.#pool.connect();
    try {
      await client.query(STAGING);
      await client.query(BEGIN);
      await pipeline([binaryRows(entries)], client.query(copyFrom(COPY)));
      const { rowCount } = await client.query(ENTER, [lawId]);
      const loaded = rowCount ?? 0;
      const conflicts = new Set<number>();
      if (loaded < entries.length) {
        const { rows } = await client.query<{ position: number }>(CONFLICTS, [lawId]);
        for (const row of rows) conflicts.add(row.position);
      }
      if (mark !== undefined) {
        await client.query(COME_TO, [lawId, mark.kind, mark.sourceId, entries.at(-1)?.line ?? 0]);
      }
      await client.query("commit");
      client.release();
      return { loaded, conflicts };
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async count(lawId: string): Promise<number> {
    const { rows } = await this.#pool.query<{ voters: string }>(
      "select count(*) as voters from voter_roll where law_id = $1",
      [lawId],
    );
    return Number(rows[0]?.voters ?? 0);
  }

  async *voters(lawId: string): AsyncGenerator<readonly RollVoter[]> {
    const client = await this.#pool.connect();
    let ended = false;
    try {
      await client.query("begin isolation level repeatable read read only");
      await client.query(
        `declare roll_voters no scroll cursor for select r.voter_hash, p.request_id
         from voter_roll r left join participation p using (law_id, voter_hash) where r.law_id = $1`,
        [lawId],
      );
      for (;;) {
        const { rows } = await client.query<VoterRow>(`fetch ${FETCH} from roll_voters`);
        if (rows.length === 0) break;
        yield rows.map((row) => ({ voterHash: row.voter_hash, countedRequestId: row.request_id }));
      }
      await client.query("commit");
      ended = true;
    } finally {
      // A cursor that was not read to its end ends with its session.
      client.release(!ended);
    }
  }

  /** Updates the planner's statistics after the table has grown. */
  async analyze(): Promise<void> {
    await this.#pool.query("analyze voter_roll");
  }
}

function nameOf(pepperId: string | null): string {
  return pepperId === null ? "no pepper" : `pepper ${pepperId}`;
}

/** COPY's binary format (PostgreSQL manual, "COPY", File Formats): signature, flags, extension, rows, trailer. */
const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const ROW_BYTES = 2 + (4 + 4) + (4 + 32) + (4 + 32);

function binaryRows(entries: readonly RollEntry[]): Buffer {
  const buffer = Buffer.allocUnsafe(SIGNATURE.length + entries.length * ROW_BYTES + 2);
  let at = SIGNATURE.copy(buffer);
  for (const [position, { voterHash, personHash }] of entries.entries()) {
    at = buffer.writeInt16BE(3, at);
    at = buffer.writeInt32BE(4, at);
    at = buffer.writeInt32BE(position, at);
    for (const hash of [voterHash, personHash]) {
      at = buffer.writeInt32BE(hash.length, at);
      at += hash.copy(buffer, at);
    }
  }
  buffer.writeInt16BE(-1, at);
  return buffer;
}
