import type pg from "pg";
import type { Epoch, LogDatabase, LoggedLaw, LogSession, NewEpoch, WaitingEntry } from "./ports.ts";

/** The class of the advisory locks of runs. */
const LOCK_CLASS = 1_819_240_242;

/** Logs in PostgreSQL. */
export class PostgresLog implements LogDatabase {
  readonly #pool: pg.Pool;

  /** @param pool connections of the role `referendum_log`: one for a run */
  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async laws(): Promise<readonly LoggedLaw[]> {
    const { rows } = await this.#pool.query<{ law_id: string; origin: string }>(
      "select law_id, origin from logged_laws()",
    );
    return rows.map(({ law_id, origin }) => ({ lawId: law_id, origin }));
  }

  async begin(lawId: string): Promise<LogSession | undefined> {
    const client = await this.#pool.connect();
    // While no query is under way, nobody else hears that the connection has broken. The next query fails.
    client.on("error", noted);
    let isTaken = false;
    try {
      const { rows } = await client.query<{ taken: boolean }>(
        "select pg_try_advisory_lock($1, hashtext($2)) as taken",
        [LOCK_CLASS, lawId],
      );
      isTaken = rows[0]?.taken === true;
      return isTaken ? new PostgresLogSession(client, lawId) : undefined;
    } finally {
      // After an error, the connection may have the lock.
      if (!isTaken) end(client, true);
    }
  }
}

function noted(): undefined {
  return undefined;
}

function end(client: pg.PoolClient, isBroken: boolean): void {
  client.off("error", noted);
  client.release(isBroken);
}

class PostgresLogSession implements LogSession {
  readonly #client: pg.PoolClient;
  readonly #lawId: string;

  constructor(client: pg.PoolClient, lawId: string) {
    this.#client = client;
    this.#lawId = lawId;
  }

  async latestEpochs(): Promise<readonly Epoch[]> {
    const { rows } = await this.#client.query<{ number: number; size: string; root: Buffer }>(
      "select number, size, root from log_epochs where law_id = $1 order by number desc limit 2",
      [this.#lawId],
    );
    return rows.map(({ number, size, root }) => ({ number, size: Number(size), root }));
  }

  async hasRecordingEnded(): Promise<boolean> {
    const { rows } = await this.#client.query<{ recording_ended: boolean }>(
      "select recording_ended from logged_laws() where law_id = $1",
      [this.#lawId],
    );
    return rows[0]?.recording_ended === true;
  }

  async waiting(most: number): Promise<readonly WaitingEntry[]> {
    const { rows } = await this.#client.query<{ id: string; entry: Buffer }>(
      "select id, entry from log_waiting where law_id = $1 order by id limit $2",
      [this.#lawId, most],
    );
    return rows.map(({ id, entry }) => ({ id: Number(id), entry }));
  }

  async entries(from: number, to: number): Promise<readonly Buffer[]> {
    const { rows } = await this.#client.query<{ entry: Buffer }>(
      "select entry from log_entries where law_id = $1 and place >= $2 and place < $3 order by place",
      [this.#lawId, from, to],
    );
    return rows.map(({ entry }) => entry);
  }

  async tileRoots(level: number, from: number, to: number): Promise<readonly Buffer[]> {
    const { rows } = await this.#client.query<{ root: Buffer }>(
      `select root from log_tile_roots where law_id = $1 and level = $2 and place >= $3 and place < $4 order by place`,
      [this.#lawId, level, from, to],
    );
    return rows.map(({ root }) => root);
  }

  async commit({ number, sizeBefore, waiting, root, tileRoots }: NewEpoch): Promise<boolean> {
    const { rows } = await this.#client.query<{ committed: boolean }>(
      `select commit_log_epoch($1, $2, $3, $4::bigint[], $5, $6::smallint[], $7::bigint[], $8::bytea[]) as committed`,
      [
        this.#lawId,
        number,
        sizeBefore,
        waiting,
        root,
        tileRoots.map(({ level }) => level),
        tileRoots.map(({ index }) => index),
        tileRoots.map((tile) => `\\x${tile.root.toString("hex")}`),
      ],
    );
    return rows[0]?.committed === true;
  }

  async release(): Promise<void> {
    try {
      await this.#client.query("select pg_advisory_unlock($1, hashtext($2))", [LOCK_CLASS, this.#lawId]);
      end(this.#client, false);
    } catch {
      // The lock ends with the connection.
      end(this.#client, true);
    }
  }
}
