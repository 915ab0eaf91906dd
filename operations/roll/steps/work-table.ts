import type pg from "pg";
import { ROLL_BUCKETS } from "../../../shared/domain/roll.ts";
import { MOST_LINES } from "../../../shared/messages/operators/rolls.ts";
import { changeMark, REBUILD, SEAL } from "../change.ts";
import { chainAfter, chunksIn, EMPTY_CHAIN } from "../file/chunk-text.ts";
import type { WorkMark } from "../stores/ports.ts";

/** How far the load of a file has come, for one law. */
export interface LoadWork {
  readonly run: string | null;
  readonly chunksDone: number;
  /** The chains of what was announced and of what is on the roll; equal when all of the file is. */
  readonly announced: Buffer;
  readonly received: Buffer;
  /** The chain after each announced chunk (`chainsOf`); undefined: an earlier release has begun the load. */
  readonly chains: Buffer | undefined;
  readonly votersAnnounced: number;
  readonly votersReceived: number;
  readonly loaded: number;
  readonly conflicts: number;
  readonly conflictLines: readonly number[];
  readonly refused: number;
  readonly refusedLines: readonly number[];
}

/** What is announced of a file. */
export interface AnnouncedLoad {
  /** The chain after each of its chunks. */
  readonly chains: Buffer;
  readonly voters: number;
  readonly run: string;
}

/** A chunk that is on the roll. */
export interface DoneChunk {
  readonly number: number;
  /** The chain with this chunk. */
  readonly received: Buffer;
  readonly voters: number;
  /** The last line of the chunk. */
  readonly line: number;
  readonly refusedLines: readonly number[];
}

/** How far a rebuild has come, for one law. */
export interface RebuildWork {
  /** How many buckets are restored; undefined while decided votes are still to be recorded. */
  readonly bucketsDone: number | undefined;
  readonly claims: number;
}

interface LoadRow {
  readonly run: string | null;
  readonly chunks_done: number;
  readonly announced: Buffer;
  readonly received: Buffer | null;
  readonly announced_chunks: Buffer | null;
  readonly voters_announced: string;
  readonly voters_received: string;
  readonly loaded: string;
  readonly conflicts: string;
  readonly conflict_lines: readonly string[];
  readonly refused: string;
  readonly refused_lines: readonly string[];
}

const OF_WORK = "law_id = $1 and kind = $2 and source_id = $3";

/**
 * The progress of loads, rebuilds and seals that are taken step by step, in PostgreSQL. Whoever changes it has the
 * right to change the roll.
 */
export class WorkTable {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /**
   * Notes that the load of a file begins, or goes on from where it was.
   *
   * @param lawId the law
   * @param mark names the file
   * @param announced the chains of its chunks, its voters, and the run
   * @returns how many chunks are done
   */
  async beginLoad(
    lawId: string,
    { kind, sourceId, sourceName }: WorkMark,
    { chains, voters, run }: AnnouncedLoad,
  ): Promise<number> {
    const keep = "w.announced = excluded.announced";
    const kept = (column: string, otherwise: string) =>
      `${column} = case when ${keep} then w.${column} else ${otherwise} end`;
    const { rows } = await this.#pool.query<{ chunks_done: number }>(
      `insert into roll_work as w
         (law_id, kind, source_id, source_name, run, stepped_at, announced, voters_announced, announced_chunks)
       values ($1, $2, $3, $4, $5, clock_timestamp(), $6, $7, $8)
       on conflict (law_id, kind, source_id) do update set
         source_name = excluded.source_name, started_at = now(), run = excluded.run, stepped_at = excluded.stepped_at,
         announced = excluded.announced, voters_announced = excluded.voters_announced,
         announced_chunks = excluded.announced_chunks,
         ${kept("chunks_done", "0")}, ${kept("received", "null")}, ${kept("lines_done", "0")},
         ${kept("voters_received", "0")}, ${kept("loaded", "0")}, ${kept("conflicts", "0")},
         ${kept("conflict_lines", "'{}'")}, ${kept("refused", "0")}, ${kept("refused_lines", "'{}'")}
       returning chunks_done`,
      [lawId, kind, sourceId, sourceName, run, chainAfter(chains, chunksIn(chains)), voters, chains],
    );
    return rows[0]?.chunks_done ?? 0;
  }

  /** How far the load of a file has come; undefined when it is not under way through the operators' API. */
  async load(lawId: string, { kind, sourceId }: WorkMark): Promise<LoadWork | undefined> {
    const { rows } = await this.#pool.query<LoadRow>(
      `select run, chunks_done, announced, received, announced_chunks, voters_announced, voters_received, loaded, conflicts,
         conflict_lines, refused, refused_lines
       from roll_work where ${OF_WORK} and announced is not null`,
      [lawId, kind, sourceId],
    );
    const [row] = rows;
    return (
      row && {
        run: row.run,
        chunksDone: row.chunks_done,
        announced: row.announced,
        received: row.received ?? EMPTY_CHAIN,
        chains: chainsTo(row.announced, row.announced_chunks),
        votersAnnounced: Number(row.voters_announced),
        votersReceived: Number(row.voters_received),
        loaded: Number(row.loaded),
        conflicts: Number(row.conflicts),
        conflictLines: row.conflict_lines.map(Number),
        refused: Number(row.refused),
        refusedLines: row.refused_lines.map(Number),
      }
    );
  }

  /** Notes that a chunk is on the roll. */
  async chunkDone(lawId: string, { kind, sourceId }: WorkMark, chunk: DoneChunk): Promise<void> {
    await this.#pool.query(
      `update roll_work set chunks_done = chunks_done + 1, received = $5, voters_received = voters_received + $6,
         lines_done = greatest(lines_done, $7), refused = refused + cardinality($8::bigint[]),
         refused_lines = (refused_lines || $8::bigint[])[1:${MOST_LINES}]
       where ${OF_WORK} and chunks_done = $4 and announced is not null`,
      [lawId, kind, sourceId, chunk.number, chunk.received, chunk.voters, chunk.line, chunk.refusedLines],
    );
  }

  /** Lets every chunk be sent again. */
  async restartLoad(lawId: string, { kind, sourceId }: WorkMark): Promise<void> {
    await this.#pool.query(
      `update roll_work set announced = null, chunks_done = 0, received = null, stepped_at = null where ${OF_WORK}`,
      [lawId, kind, sourceId],
    );
  }

  /**
   * Removes the note of a load of which all is on the roll.
   *
   * @returns whether there is no such note any more
   */
  async endLoad(lawId: string, { kind, sourceId }: WorkMark): Promise<boolean> {
    await this.#pool.query(`delete from roll_work where ${OF_WORK} and received = announced`, [lawId, kind, sourceId]);
    const { rows } = await this.#pool.query(`select from roll_work where ${OF_WORK}`, [lawId, kind, sourceId]);
    return rows.length === 0;
  }

  /** Notes that a rebuild begins. Whatever an earlier one has restored is restored again. */
  async beginRebuild(lawId: string, run: string): Promise<void> {
    const { kind, sourceId, sourceName } = REBUILD;
    await this.#pool.query(
      `insert into roll_work (law_id, kind, source_id, source_name, run, stepped_at)
       values ($1, $2, $3, $4, $5, clock_timestamp())
       on conflict (law_id, kind, source_id) do update set started_at = now(), run = excluded.run,
         stepped_at = excluded.stepped_at, buckets_done = null, claims = 0`,
      [lawId, kind, sourceId, sourceName, run],
    );
  }

  /** Notes that decided votes are recorded, so that buckets may be restored. */
  async startRestoring(lawId: string): Promise<void> {
    const { kind, sourceId } = REBUILD;
    await this.#pool.query(`update roll_work set buckets_done = coalesce(buckets_done, 0) where ${OF_WORK}`, [
      lawId,
      kind,
      sourceId,
    ]);
  }

  /** How far the rebuild of a roll has come; undefined when none is under way. */
  async rebuild(lawId: string): Promise<RebuildWork | undefined> {
    const { kind, sourceId } = REBUILD;
    const { rows } = await this.#pool.query<{ buckets_done: number | null; claims: string }>(
      `select buckets_done, claims from roll_work where ${OF_WORK}`,
      [lawId, kind, sourceId],
    );
    const [row] = rows;
    return row && { bucketsDone: row.buckets_done ?? undefined, claims: Number(row.claims) };
  }

  /** Notes that the buckets before `to` are restored, and with them some claims. */
  async restored(lawId: string, to: number, claims: number): Promise<void> {
    const { kind, sourceId } = REBUILD;
    await this.#pool.query(`update roll_work set buckets_done = $4, claims = claims + $5 where ${OF_WORK}`, [
      lawId,
      kind,
      sourceId,
      to,
      claims,
    ]);
  }

  /**
   * Removes the note of a rebuild that has restored every bucket.
   *
   * @returns whether there is no such note any more
   */
  async endRebuild(lawId: string): Promise<boolean> {
    const { kind, sourceId } = REBUILD;
    await this.#pool.query(`delete from roll_work where ${OF_WORK} and buckets_done = ${ROLL_BUCKETS}`, [
      lawId,
      kind,
      sourceId,
    ]);
    return (await this.rebuild(lawId)) === undefined;
  }

  /** Notes that a seal begins. Whatever an earlier one has filled is filled again. */
  async beginSeal(lawId: string, run: string): Promise<void> {
    const { kind, sourceId, sourceName } = SEAL;
    await this.#pool.query(
      `insert into roll_work (law_id, kind, source_id, source_name, run, stepped_at, buckets_done)
       values ($1, $2, $3, $4, $5, clock_timestamp(), 0)
       on conflict (law_id, kind, source_id) do update set started_at = now(), run = excluded.run,
         stepped_at = excluded.stepped_at, buckets_done = 0`,
      [lawId, kind, sourceId, sourceName, run],
    );
  }

  /** How many buckets a seal has filled; undefined when none is under way. */
  async seal(lawId: string): Promise<number | undefined> {
    const { kind, sourceId } = SEAL;
    const { rows } = await this.#pool.query<{ buckets_done: number }>(
      `select buckets_done from roll_work where ${OF_WORK}`,
      [lawId, kind, sourceId],
    );
    return rows[0]?.buckets_done;
  }

  /** Notes that a seal has filled the buckets before `to`. */
  async filled(lawId: string, to: number): Promise<void> {
    const { kind, sourceId } = SEAL;
    await this.#pool.query(`update roll_work set buckets_done = $4, stepped_at = clock_timestamp() where ${OF_WORK}`, [
      lawId,
      kind,
      sourceId,
      to,
    ]);
  }

  /**
   * Notes that a change of a sealed roll begins.
   *
   * @param lawId the law
   * @param run the act
   * @param wasComplete whether Redis named the digest of the roll before
   */
  async beginChange(lawId: string, run: string, wasComplete: boolean): Promise<void> {
    const { kind, sourceId, sourceName } = changeMark(run);
    await this.#pool.query(
      `insert into roll_work (law_id, kind, source_id, source_name, run, stepped_at, was_complete)
       values ($1, $2, $3, $4, $5, clock_timestamp(), $6)
       on conflict (law_id, kind, source_id) do update set stepped_at = excluded.stepped_at`,
      [lawId, kind, sourceId, sourceName, run, wasComplete],
    );
  }

  /** Whether Redis named the digest of the roll when a change began; undefined when it is not under way. */
  async change(lawId: string, run: string): Promise<boolean | undefined> {
    const { kind, sourceId } = changeMark(run);
    const { rows } = await this.#pool.query<{ was_complete: boolean }>(
      `select was_complete from roll_work where ${OF_WORK}`,
      [lawId, kind, sourceId],
    );
    return rows[0]?.was_complete;
  }

  /**
   * Removes the notes of changes of a sealed roll.
   *
   * @param lawId the law
   * @param run the act; absent: of all, because a rebuild brings Redis what they have left out
   */
  async endChange(lawId: string, run?: string): Promise<void> {
    await this.#pool.query(
      "delete from roll_work where law_id = $1 and kind = 'change' and ($2::bytea is null or source_id = $2)",
      [lawId, run === undefined ? null : changeMark(run).sourceId],
    );
  }

  /** Notes that a step is taken, so that others know that somebody is at work. */
  async touch(lawId: string, { kind, sourceId }: WorkMark): Promise<void> {
    await this.#pool.query(`update roll_work set stepped_at = clock_timestamp() where ${OF_WORK}`, [
      lawId,
      kind,
      sourceId,
    ]);
  }

  /**
   * Notes that nobody goes on with a piece of work.
   *
   * @returns the run that began it; undefined when there is no such work
   */
  async stop(lawId: string, { kind, sourceId }: WorkMark): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ run: string | null }>(
      `update roll_work set stepped_at = null where ${OF_WORK} returning run`,
      [lawId, kind, sourceId],
    );
    return rows[0]?.run ?? undefined;
  }

  /** Notes that an act is about to pause `validate`. */
  async notePause(run: string): Promise<void> {
    await this.#pool.query(
      `insert into validate_pause (run) values ($1)
       on conflict (only_row) do update set token = gen_random_uuid(), since = now(), mapping_changed_at = null,
         run = excluded.run`,
      [run],
    );
  }

  /** Writes down what the mapping said of its latest change once an act had paused it. */
  async confirmPause(run: string, mappingChangedAt: string): Promise<void> {
    await this.#pool.query(
      "update validate_pause set mapping_changed_at = $2 where run = $1 and mapping_changed_at is null",
      [run, mappingChangedAt],
    );
  }

  /** Whether the note of a pause is that of an act. */
  async isPauseOf(run: string): Promise<boolean> {
    const { rows } = await this.#pool.query("select from validate_pause where run = $1", [run]);
    return rows.length > 0;
  }
}

/** An earlier release that begins the load of a file again announces it anew, and leaves the chains as they are. */
function chainsTo(announced: Buffer, chains: Buffer | null): Buffer | undefined {
  return chains !== null && chainAfter(chains, chunksIn(chains)).equals(announced) ? chains : undefined;
}
