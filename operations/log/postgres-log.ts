import type pg from "pg";
import { z } from "zod";
import { LAW_FORMS, PROOFS, RESULTS_WHEN } from "../../shared/domain/law.ts";
import type { DescribedLaw } from "../../shared/domain/log/description.ts";
import type { JournalFacts } from "../../shared/domain/log/public-journal.ts";
import { PromiseKeys, Trustees } from "../law-book/law-rows.ts";
import type {
  Epoch,
  LogDatabase,
  LogSession,
  LostEpoch,
  MarkedLaw,
  NewEpoch,
  PublicEntry,
  WaitingEntry,
} from "./ports.ts";
import { PostgresConclusions } from "./postgres-conclusions.ts";

/** The class of the advisory locks of runs. */
export const LOCK_CLASS = 1_819_240_242;

/** Logs in PostgreSQL. */
export class PostgresLog implements LogDatabase {
  readonly #pool: pg.Pool;

  /** @param pool connections of the role `referendum_log`: one for a run, with a listener for those that break */
  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async laws(): Promise<readonly MarkedLaw[]> {
    const { rows } = await this.#pool.query<MarkedLaw>(
      'select law_id as "lawId", origin, log_key as key, mark from logged_laws()',
    );
    return rows;
  }

  async begin(lawId: string): Promise<LogSession | undefined> {
    const client = await this.#pool.connect();
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
      if (!isTaken) client.release(true);
    }
  }
}

const optional = <T extends z.ZodType>(type: T) => type.nullable().transform((value) => value ?? undefined);

const FactsRow = z.object({
  form: z.enum(LAW_FORMS),
  title: z.string(),
  title_fr: optional(z.string()),
  title_en: optional(z.string()),
  opens_at: z.string(),
  closes_at: optional(z.string()),
  results: z.enum(RESULTS_WHEN),
  proof: z.enum(PROOFS),
  trustees: optional(Trustees),
  promise_keys: optional(PromiseKeys),
  voters: z.coerce.number(),
  digest: z.string(),
});

class PostgresLogSession implements LogSession {
  readonly #client: pg.PoolClient;
  readonly #lawId: string;
  readonly conclusions: PostgresConclusions;

  constructor(client: pg.PoolClient, lawId: string) {
    this.#client = client;
    this.conclusions = new PostgresConclusions(client);
    this.#lawId = lawId;
  }

  async describedLaw(): Promise<DescribedLaw | undefined> {
    const { rows } = await this.#client.query(
      "select f.*, l.origin from log_facts($1) f, logged_laws() l where l.law_id = $1",
      [this.#lawId],
    );
    if (rows[0] === undefined) return undefined;
    const {
      title_fr: fr,
      title_en: en,
      voters,
      digest,
      origin,
      ...read
    } = FactsRow.extend({
      origin: z.string(),
    }).parse(rows[0]);
    return {
      ...{ lawId: this.#lawId, origin, form: read.form, title: read.title, titles: { fr, en } },
      ...{ opensAt: read.opens_at, closesAt: read.closes_at, results: read.results, proof: read.proof },
      ...{ trustees: read.trustees, promiseKeys: read.promise_keys ?? [], roll: { voters, digest } },
    };
  }

  async descriptions(): Promise<readonly string[]> {
    const { rows } = await this.#client.query<{ note: string }>(
      "select note from log_descriptions where law_id = $1 order by version",
      [this.#lawId],
    );
    return rows.map(({ note }) => note);
  }

  async addDescription(version: number, note: string, entry: Buffer): Promise<void> {
    await this.#client.query("select add_log_description($1, $2, $3, $4)", [this.#lawId, version, note, entry]);
  }

  async newJournal(most: number): Promise<readonly JournalFacts[]> {
    const { rows } = await this.#client.query<JournalFacts>(
      `select number::float8 as number, at, act, phase, law_id as "lawId", by, role_name as "roleName",
         approved_by as "approvedBy", content
       from log_new_journal($1, $2)`,
      [this.#lawId, most],
    );
    return rows;
  }

  async lastJournal(): Promise<Omit<PublicEntry, "entry"> | undefined> {
    const { rows } = await this.#client.query<{ number: number; text: string }>(
      "select number::float8 as number, text from log_journal where law_id = $1 order by log_journal.number desc limit 1",
      [this.#lawId],
    );
    return rows[0];
  }

  async addJournal(after: number, entries: readonly PublicEntry[]): Promise<void> {
    await this.#client.query("select add_log_journal($1, $2, $3::bigint[], $4::text[], $5::bytea[])", [
      this.#lawId,
      after,
      entries.map(({ number }) => number),
      entries.map(({ text }) => text),
      entries.map(({ entry }) => bytea(entry)),
    ]);
  }

  async journalTexts(to: number): Promise<readonly string[]> {
    const { rows } = await this.#client.query<{ text: string }>(
      "select text from log_journal where law_id = $1 and number <= $2 order by number",
      [this.#lawId, to],
    );
    return rows.map(({ text }) => text);
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
        tileRoots.map((tile) => bytea(tile.root)),
      ],
    );
    return rows[0]?.committed === true;
  }

  async restore({ number, sizeBefore, entries, root, tileRoots }: LostEpoch): Promise<boolean> {
    const { rows } = await this.#client.query<{ restored: boolean }>(
      `select restore_log_epoch($1, $2, $3, $4::bytea[], $5, $6::smallint[], $7::bigint[], $8::bytea[]) as restored`,
      [
        this.#lawId,
        number,
        sizeBefore,
        entries.map(bytea),
        root,
        tileRoots.map(({ level }) => level),
        tileRoots.map(({ index }) => index),
        tileRoots.map((tile) => bytea(tile.root)),
      ],
    );
    return rows[0]?.restored === true;
  }

  async noteRestore(): Promise<void> {
    await this.#client.query("select note_log_restore($1)", [this.#lawId]);
  }

  async wasRestored(): Promise<boolean> {
    const { rowCount } = await this.#client.query("select from log_restores where law_id = $1 limit 1", [this.#lawId]);
    return rowCount === 1;
  }

  async journalDiffers(texts: readonly string[]): Promise<number | undefined> {
    const { rows } = await this.#client.query<{ number: number | null }>(
      "select log_journal_differs($1, $2::text[])::float8 as number",
      [this.#lawId, texts],
    );
    return rows[0]?.number ?? undefined;
  }

  async journalRollDigest(): Promise<string | undefined> {
    const { rows } = await this.#client.query<{ digest: string | null }>("select journal_roll_digest($1) as digest", [
      this.#lawId,
    ]);
    return rows[0]?.digest ?? undefined;
  }

  async release(): Promise<void> {
    try {
      await this.#client.query("select pg_advisory_unlock($1, hashtext($2))", [LOCK_CLASS, this.#lawId]);
      this.#client.release(false);
    } catch {
      // The lock ends with the connection.
      this.#client.release(true);
    }
  }
}

/** Bytes in an array of a query. */
function bytea(bytes: Buffer): string {
  return `\\x${bytes.toString("hex")}`;
}
