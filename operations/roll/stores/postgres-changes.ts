import type pg from "pg";
import { z } from "zod";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { bucketDigests, bucketNumber } from "../../../shared/domain/roll-digest.ts";
import { changeRoll } from "../../../shared/messages/operators/roll-changes.ts";
import type { ChangedSeal, KnownPerson, PendingChange, ReplayedChange, RollChange } from "./ports.ts";

const PERSONS = `select asked.person_hash, r.voter_hash, p.request_id is not null as has_voted
  from unnest($2::bytea[]) with ordinality as asked (person_hash, n)
  left join voter_roll r on r.law_id = $1 and r.person_hash = asked.person_hash and r.ends_at is null
  left join participation p on p.law_id = $1 and p.person_hash = asked.person_hash
  order by asked.n`;

/**
 * What is known of persons.
 *
 * @param queryable a pool or a connection
 * @param lawId the law
 * @param personHashes 32 bytes each
 * @returns in the same order
 */
export async function personsOf(
  queryable: Pick<pg.ClientBase, "query">,
  lawId: string,
  personHashes: readonly Buffer[],
): Promise<KnownPerson[]> {
  const { rows } = await queryable.query<{ person_hash: Buffer; voter_hash: Buffer | null; has_voted: boolean }>(
    PERSONS,
    [lawId, personHashes],
  );
  return rows.map((row) => ({
    personHash: row.person_hash,
    voterHash: row.voter_hash ?? undefined,
    hasVoted: row.has_voted,
  }));
}

/**
 * Which of some voters are on a roll or have been.
 *
 * @param queryable a pool or a connection
 * @param lawId the law
 * @param voterHashes 32 bytes each
 */
export async function knownVotersOf(
  queryable: Pick<pg.ClientBase, "query">,
  lawId: string,
  voterHashes: readonly Buffer[],
): Promise<Buffer[]> {
  const { rows } = await queryable.query<{ voter_hash: Buffer }>(
    "select voter_hash from voter_roll where law_id = $1 and voter_hash = any ($2::bytea[]) order by voter_hash",
    [lawId, voterHashes],
  );
  return rows.map((row) => row.voter_hash);
}

interface ChangeRow {
  readonly digest: Buffer;
  readonly digest_voters: string;
  readonly in_force_at: Date;
}

/**
 * What an act has made of a sealed roll.
 *
 * @param pool the database
 * @param lawId the law
 * @param run the act
 * @returns the digest of the roll now; undefined when the act has changed nothing yet
 */
export async function changedBy(pool: pg.Pool, lawId: string, run: string): Promise<ChangedSeal | undefined> {
  const { rows } = await pool.query<ChangeRow>(
    `select r.digest, r.digest_voters, c.in_force_at from roll_changes c join rolls r using (law_id)
     where c.run = $2 and c.law_id = $1 and r.digest is not null`,
    [lawId, run],
  );
  return rows[0] && changedSeal(rows[0]);
}

function changedSeal({ digest, digest_voters, in_force_at }: ChangeRow): ChangedSeal {
  return { digest, voters: Number(digest_voters), inForceAt: in_force_at };
}

/**
 * Changes voters of a sealed roll in one transaction, and notes the digests of their buckets and of the roll.
 *
 * @param pool the database
 * @param lawId the law; the caller has the right to change its roll
 * @param change what to do
 * @returns the digest of the roll, and when the change is in force
 * @throws Refusal when its moment comes too soon, or somebody has voted whose code it replaces
 */
export function changeSealedRoll(pool: pg.Pool, lawId: string, change: RollChange): Promise<ChangedSeal> {
  return inTransaction(pool, lawId, async (client, digestBefore) => {
    if (change.kind === "replace") await refuseVoted(client, lawId, change);
    const changed = await changeRows(client, lawId, change, digestBefore);
    await refuseTooSoon(client, change);
    return changed;
  });
}

/**
 * Changes a sealed roll as an act changed it before PostgreSQL was restored. What the act had refused it refused then:
 * its moment was announced, and is in force.
 *
 * @param pool the database
 * @param lawId the law; the caller has the right to change its roll
 * @param change what the act did
 * @param digest the digest of the roll after the act, 32 bytes
 * @throws Refusal when the roll is not sealed, or is not what it was before the act; then nothing is changed
 */
export async function replayChange(
  pool: pg.Pool,
  lawId: string,
  change: ReplayedChange,
  digest: Buffer,
): Promise<void> {
  await inTransaction(pool, lawId, async (client, digestBefore) => {
    const changed = await changeRows(client, lawId, change, digestBefore);
    if (changed.digest.equals(digest)) return changed;
    throw new Refusal(
      `The roll of ${lawId} would not be what it was after the act ${change.run}; nothing was changed. Load the files that ` +
        "belong to it, and seal it with the number that it was sealed with.",
    );
  });
}

/** The acts on sealed rolls that the journal has and PostgreSQL has not done: it was restored. */
export async function pendingChanges(pool: pg.Pool): Promise<PendingChange[]> {
  const { rows } = await pool.query<{ run: string; content: string }>(
    `select j.run::text as run, j.content from journal j
     where j.act = 'change-roll' and j.phase = 'done' and not exists (select from roll_changes c where c.run = j.run)
       and not exists (select from laws l where l.law_id = j.law_id and l.destroyed_at is not null)
     order by j.number`,
  );
  return rows.map(pendingChangeOf);
}

/**
 * What the last entry of a change says of it.
 *
 * @param entry the entry, with the result of the act
 */
export function pendingChangeOf({ run, content }: { readonly run: string; readonly content: string }): PendingChange {
  const { result } = z.object({ result: changeRoll.result }).parse(JSON.parse(content));
  const { law_id: lawId, kind, voters, in_force_at, digest } = result;
  return { run, lawId, kind, voters, at: new Date(in_force_at), digest: Buffer.from(digest, "hex") };
}

/** Does something to a sealed roll in one transaction. */
async function inTransaction(
  pool: pg.Pool,
  lawId: string,
  work: (client: pg.PoolClient, digestBefore: Buffer) => Promise<ChangeRow>,
): Promise<ChangedSeal> {
  const client = await pool.connect();
  let isSound = false;
  try {
    await client.query("begin; set local enable_seqscan = off");
    const { rows } = await client.query<{ digest: Buffer | null }>("select digest from rolls where law_id = $1", [
      lawId,
    ]);
    const digest = rows[0]?.digest;
    if (digest === undefined || digest === null) throw new Refusal(`The roll of ${lawId} is not sealed.`);
    const changed = await work(client, digest);
    await client.query("commit");
    isSound = true;
    return changedSeal(changed);
  } catch (error) {
    if (error instanceof Refusal) isSound = await client.query("rollback").then(() => true);
    throw error;
  } finally {
    client.release(!isSound);
  }
}

async function refuseVoted(client: pg.PoolClient, lawId: string, { added }: RollChange): Promise<void> {
  const known = await personsOf(
    client,
    lawId,
    added.map(({ personHash }) => personHash),
  );
  const line = added[known.findIndex(({ hasVoted }) => hasVoted)]?.line;
  if (line !== undefined) throw hasVotedMeanwhile(line);
}

/** Refuses a change that could be known only after its moment. */
async function refuseTooSoon(client: pg.PoolClient, { at, marginMs }: RollChange): Promise<void> {
  const inTime = await client.query<{ in_time: boolean }>(
    "select clock_timestamp() + make_interval(secs => $2) <= $1 as in_time",
    [at, marginMs / 1_000],
  );
  if (inTime.rows[0]?.in_time !== true) throw new ComesTooSoon(at);
}

async function changeRows(
  client: pg.PoolClient,
  lawId: string,
  { run, kind, added, ended, at }: ReplayedChange,
  digestBefore: Buffer,
): Promise<ChangeRow> {
  const endedAs = kind === "strike" ? "struck" : "replaced";
  const { rowCount } = await client.query(
    `update voter_roll set ends_at = $3, ended_as = $4
     where law_id = $1 and voter_hash = any ($2::bytea[]) and ends_at is null`,
    [lawId, ended, at, endedAs],
  );
  if (rowCount !== ended.length) throw new Refusal(`The roll of ${lawId} was changed meanwhile; nothing was changed.`);
  await client.query(
    `insert into voter_roll (law_id, voter_hash, person_hash, begins_at)
     select $1, voter_hash, person_hash, $4 from unnest($2::bytea[], $3::bytea[]) as u (voter_hash, person_hash)`,
    [lawId, added.map(({ voterHash }) => voterHash), added.map(({ personHash }) => personHash), at],
  );
  const hashes = [...ended, ...added.map(({ voterHash }) => voterHash)];
  await noteBuckets(client, lawId, [...new Set(hashes.map(bucketNumber))]);
  const { rows } = await client.query<ChangeRow>(
    `update rolls set digest = d.digest, digest_voters = d.voters from roll_digest($1) d
     where law_id = $1 returning rolls.digest, digest_voters, $2::timestamptz as in_force_at`,
    [lawId, at],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`there is no roll of ${lawId}`);
  await client.query(
    `insert into roll_changes (run, law_id, kind, voters, in_force_at, digest_before, digest)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [run, lawId, kind, Math.max(added.length, ended.length), at, digestBefore, row.digest],
  );
  return row;
}

/** Notes the digests of some buckets as they are now. */
async function noteBuckets(client: pg.PoolClient, lawId: string, buckets: readonly number[]): Promise<void> {
  const { rows } = await client.query<{ voter_hash: Buffer }>(
    `select r.voter_hash from unnest($2::bytea[], $3::bytea[]) as range (from_hash, to_hash)
     cross join lateral (
       select voter_hash from voter_roll
       where law_id = $1 and voter_hash >= from_hash and voter_hash < to_hash and ends_at is null
     ) as r`,
    [lawId, buckets.map(bucketStart), buckets.map((bucket) => bucketStart(bucket + 1))],
  );
  const digests = bucketDigests(rows.map((row) => row.voter_hash));
  await client.query("delete from roll_buckets where law_id = $1 and bucket = any ($2::integer[])", [lawId, buckets]);
  await client.query(
    `insert into roll_buckets (law_id, bucket, voters, digest)
     select $1, bucket, voters, digest from unnest($2::integer[], $3::integer[], $4::bytea[]) as n (bucket, voters, digest)`,
    [
      lawId,
      digests.map(({ bucket }) => bucket),
      digests.map(({ voters }) => voters),
      digests.map(({ digest }) => digest),
    ],
  );
}

/** The least voter hash of a bucket; after the last bucket, more than every hash. */
export function bucketStart(bucket: number): Buffer {
  return bucket > 0xffff ? Buffer.alloc(33, 0xff) : Buffer.from([bucket >>> 8, bucket & 0xff]);
}

/** Somebody whose code was to be replaced has voted since that was asked for. */
export function hasVotedMeanwhile(line: number): Refusal {
  return new Refusal(
    `The voter of line ${line} has voted, so the code is not replaced; nothing was changed. Leave the line out.`,
  );
}

/** A change would be known after its moment. */
export class ComesTooSoon extends Refusal {
  /** @param at the moment */
  constructor(at: Date) {
    super(
      `The moment ${at.toISOString()} comes too soon for a change of the roll to be known before it; nothing was changed. ` +
        "Name a later one with --at, or none: then it is as soon as possible.",
    );
  }
}
