import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Law } from "../../../shared/domain/law.ts";
import { Busy, Refusal } from "../../../shared/domain/refusal.ts";
import type { BucketDigest } from "../../../shared/domain/roll-digest.ts";
import { MOST_LINES } from "../../../shared/messages/operators/rolls.ts";
import type {
  ChangedSeal,
  EnterResult,
  KnownPerson,
  PendingChange,
  ReplayedChange,
  RollChange,
  RollDatabase,
  RollEntry,
  RollRight,
  RollSeal,
  RollVoter,
  SealedBy,
  WorkMark,
} from "./ports.ts";
import {
  bucketStart,
  changedBy,
  changeSealedRoll,
  knownVotersOf,
  pendingChanges,
  personsOf,
  replayChange,
} from "./postgres-changes.ts";
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

/**
 * `greatest`, because a repeated load begins at the first line, although voters of an earlier try are on the roll. What
 * has become of lines that were entered before is not counted again.
 */
const COME_TO = `update roll_work set lines_done = greatest(lines_done, $4),
    loaded = loaded + case when lines_done < $4 then $5 else 0 end,
    conflicts = conflicts + case when lines_done < $4 then cardinality($6::bigint[]) else 0 end,
    conflict_lines = case when lines_done < $4 then (conflict_lines || $6::bigint[])[1:${MOST_LINES}] else conflict_lines end
  where law_id = $1 and kind = $2 and source_id = $3`;

/** The staging table has no statistics. Without this setting, the planner scans the whole roll for every chunk. */
const BEGIN = `begin; set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off;
  set local enable_sort = off; set local enable_incremental_sort = off`;

/** Without the note, a load that is cut off would leave no trace, and half a roll would count as a whole one. */
function noteIsGone(lawId: string): Refusal {
  return new Refusal(
    `PostgreSQL has no note any more that a roll of ${lawId} is being loaded: it was restored to an earlier point ` +
      "meanwhile, or somebody abandoned the load. Nothing more was loaded. Load the same file again.",
  );
}

/** How often to try for a lock. */
const LOCK_POLL_MS = 50;

/** The voters of some buckets. Both tables are read in the order of their primary keys. */
const BETWEEN = `select r.voter_hash, r.has_ended, r.begins_at, p.request_id
  from (
    select voter_hash, ends_at is not null as has_ended, begins_at
    from voter_roll where law_id = $1 and voter_hash >= $2 and voter_hash < $3
  ) r
  left join (
    select voter_hash, request_id from participation where law_id = $1 and voter_hash >= $2 and voter_hash < $3
  ) p using (voter_hash)`;

/** One statement, so that no bucket is ever without its digest. */
const NOTE_DIGESTS = `with noted as (
    insert into roll_buckets as b (law_id, bucket, voters, digest)
    select $1, bucket, voters, digest from unnest($4::integer[], $5::integer[], $6::bytea[]) as n (bucket, voters, digest)
    on conflict (law_id, bucket) do update set voters = excluded.voters, digest = excluded.digest
  )
  delete from roll_buckets where law_id = $1 and bucket >= $2 and bucket < $3 and bucket <> all ($4::integer[])`;

interface SealRow {
  readonly digest: Buffer | null;
  readonly digest_voters: string | null;
  readonly sealed_run: string | null;
  readonly sealed_digest: Buffer | null;
}

function sealFrom(row: SealRow | undefined): (RollSeal & SealedBy) | undefined {
  if (row === undefined || row.digest === null || row.digest_voters === null) return undefined;
  const { digest, digest_voters, sealed_run: run, sealed_digest } = row;
  const by = run === null || sealed_digest === null ? undefined : { run, digest: sealed_digest };
  return { digest, voters: Number(digest_voters), by };
}

interface VoterRow {
  readonly voter_hash: Buffer;
  readonly has_ended: boolean;
  readonly begins_at: Date | null;
  readonly request_id: string | null;
}

/** The roll in PostgreSQL. */
export class PostgresRoll implements RollDatabase {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /**
   * @param lawIds the laws
   * @param withinMs how long to wait while another process has the right, in milliseconds
   * @throws Busy when it has it for longer
   */
  async lock(lawIds: readonly string[], withinMs = 0): Promise<RollRight> {
    const deadlineMs = performance.now() + withinMs;
    const client = await this.#pool.connect();
    try {
      for (;;) {
        const taken = await tryLocks(client, lawIds);
        if (taken === undefined) break;
        if (performance.now() >= deadlineMs) {
          throw new Busy(
            `Another process is changing the roll of ${taken}. Wait until it has ended, then repeat this command.`,
          );
        }
        await pause(LOCK_POLL_MS);
      }
    } catch (error) {
      client.release(!(error instanceof Busy));
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
        const lines = [...conflicts].sort((a, b) => a - b).map((position) => entries[position]?.line ?? 0);
        const last = entries.at(-1)?.line ?? 0;
        const noted = await client.query(COME_TO, [lawId, mark.kind, mark.sourceId, last, loaded, lines]);
        if (noted.rowCount === 0) throw noteIsGone(lawId);
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
    // Counted as the roll changes (migration 0007): counting eight million rows takes longer than a step may.
    const { rows } = await this.#pool.query<{ voters: string }>("select voters from roll_sizes where law_id = $1", [
      lawId,
    ]);
    return Number(rows[0]?.voters ?? 0);
  }

  async countEnded(lawId: string): Promise<number> {
    const { rows } = await this.#pool.query<{ ended: string }>("select ended from roll_sizes where law_id = $1", [
      lawId,
    ]);
    return Number(rows[0]?.ended ?? 0);
  }

  async votersOfBuckets(lawId: string, from: number, to: number): Promise<readonly RollVoter[]> {
    const client = await this.#pool.connect();
    let ended = false;
    try {
      // Statistics may lack the law: the planner must not read all rolls for a part of one.
      await client.query("begin read only; set local enable_seqscan = off; set local enable_hashjoin = off");
      const { rows } = await client.query<VoterRow>(BETWEEN, [lawId, bucketStart(from), bucketStart(to)]);
      await client.query("commit");
      ended = true;
      return rows.map((row) => ({
        voterHash: row.voter_hash,
        hasEnded: row.has_ended,
        countedRequestId: row.request_id,
        ...(row.begins_at === null ? {} : { beginsAt: row.begins_at }),
      }));
    } finally {
      client.release(!ended);
    }
  }

  async bucketDigests(lawId: string, from: number, to: number): Promise<BucketDigest[]> {
    const { rows } = await this.#pool.query<BucketDigest>(
      "select bucket, voters, digest from roll_buckets where law_id = $1 and bucket >= $2 and bucket < $3 order by bucket",
      [lawId, from, to],
    );
    return rows;
  }

  async noteDigests(lawId: string, from: number, to: number, digests: readonly BucketDigest[]): Promise<void> {
    await this.#pool.query(NOTE_DIGESTS, [
      lawId,
      from,
      to,
      digests.map(({ bucket }) => bucket),
      digests.map(({ voters }) => voters),
      digests.map(({ digest }) => digest),
    ]);
  }

  async seal(lawId: string, run: string): Promise<RollSeal> {
    const { rows } = await this.#pool.query<SealRow>(
      `update rolls set digest = d.digest, digest_voters = d.voters, sealed_at = coalesce(sealed_at, clock_timestamp()),
         sealed_run = $2, sealed_digest = d.digest
       from roll_digest($1) d where law_id = $1 returning rolls.digest, digest_voters, sealed_run, sealed_digest`,
      [lawId, run],
    );
    const seal = sealFrom(rows[0]);
    if (seal === undefined) throw new Error(`there is no roll of ${lawId} to seal`);
    return { digest: seal.digest, voters: seal.voters };
  }

  async unseal(lawId: string): Promise<void> {
    await this.#pool.query(
      "update rolls set digest = null, digest_voters = null, sealed_run = null, sealed_digest = null where law_id = $1",
      [lawId],
    );
  }

  async sealOf(lawId: string): Promise<(RollSeal & SealedBy) | undefined> {
    const { rows } = await this.#pool.query<SealRow>(
      "select digest, digest_voters, sealed_run::text, sealed_digest from rolls where law_id = $1",
      [lawId],
    );
    return sealFrom(rows[0]);
  }

  persons(lawId: string, personHashes: readonly Buffer[]): Promise<KnownPerson[]> {
    return personsOf(this.#pool, lawId, personHashes);
  }

  knownVoters(lawId: string, voterHashes: readonly Buffer[]): Promise<Buffer[]> {
    return knownVotersOf(this.#pool, lawId, voterHashes);
  }

  changed(lawId: string, run: string): Promise<ChangedSeal | undefined> {
    return changedBy(this.#pool, lawId, run);
  }

  pendingChanges(): Promise<readonly PendingChange[]> {
    return pendingChanges(this.#pool);
  }

  replayChange(lawId: string, change: ReplayedChange, digest: Buffer): Promise<void> {
    return replayChange(this.#pool, lawId, change, digest);
  }

  changeRoll(lawId: string, change: RollChange): Promise<ChangedSeal> {
    return changeSealedRoll(this.#pool, lawId, change);
  }

  /** Updates the planner's statistics after the table has grown. */
  async analyze(): Promise<void> {
    await this.#pool.query("analyze voter_roll");
  }
}

/** @returns the law that another process works on; undefined: the locks of all are taken */
async function tryLocks(client: pg.PoolClient, lawIds: readonly string[]): Promise<string | undefined> {
  for (const lawId of lawIds) {
    const { rows } = await client.query<{ locked: boolean }>(
      "select pg_try_advisory_lock($1, hashtext($2)) as locked",
      [ROLL_LOCK_CLASS, lawId],
    );
    if (rows[0]?.locked === true) continue;
    await client.query("select pg_advisory_unlock_all()");
    return lawId;
  }
  return undefined;
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
