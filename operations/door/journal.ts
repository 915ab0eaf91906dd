import type pg from "pg";
import { z } from "zod";
import type { JournalEntry } from "../../shared/messages/operators/journal.ts";
import { copyJournal, JOURNAL_COLUMNS, refuseBehind } from "../archive/journal-copies.ts";
import type { ActContext } from "./services.ts";

/** An entry to be written. */
export interface NewEntry {
  readonly act: string;
  readonly phase: JournalEntry["phase"];
  readonly lawId: string | undefined;
  /** As JSON. */
  readonly content: string;
  /** The run; another one than the context's for what is said of another act. */
  readonly run?: string;
}

/**
 * Writes an entry to the journal, unless it is what the run's latest entry says. When it returns, the entry is in the
 * archive as well, so that a restore of PostgreSQL does not take it back.
 *
 * @param context who, and from which release
 * @param entry what
 * @throws JournalBehind when PostgreSQL was restored, and lacks entries that the archive has
 */
export async function appendJournal(context: ActContext, entry: NewEntry): Promise<void> {
  await inArchive(context, (last) => {
    const { text, values } = journalStatement(context, entry, last);
    return context.servers.pool.query(text, [...values]);
  });
}

/** The state of SQL with which `append_journal` refuses to add to a journal that has become shorter. */
const SHORTER = "RJ001";

/**
 * Writes entries to PostgreSQL and then to the archive.
 *
 * @param context has both
 * @param write writes to PostgreSQL, with the number of the last entry that the archive was compared with
 * @throws JournalBehind when PostgreSQL was restored; then nothing is written
 */
export async function inArchive(
  { servers, services }: ActContext,
  write: (last: number) => Promise<unknown>,
): Promise<void> {
  const last = await refuseBehind(servers.pool, services.archive);
  try {
    await write(last);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === SHORTER)) throw error;
    // PostgreSQL was restored between the two. Unless the archive has nothing later, the act is refused.
    await write(await refuseBehind(servers.pool, services.archive));
  }
  await copyJournal(servers.pool, services.archive);
}

/**
 * The statement that writes an entry to the journal.
 *
 * @param context who, and from which release
 * @param entry what
 * @param last the journal must not have become shorter than this many entries
 * @param before how many values come before those of this statement
 */
export function journalStatement(
  { services, operator, run }: ActContext,
  entry: NewEntry,
  last: number,
  before = 0,
): { readonly text: string; readonly values: readonly unknown[] } {
  const values = [
    entry.act,
    entry.phase,
    entry.lawId ?? null,
    operator.name,
    operator.identity,
    services.release,
    entry.run ?? run,
    entry.content,
    last,
  ];
  const types = ["text", "text", "text", "text", "text", "text", "uuid", "text", "bigint"];
  const places = types.map((type, index) => `$${before + index + 1}::${type}`);
  return { text: `select append_journal(${places.join(", ")})`, values };
}

/**
 * What came of an act that has ended.
 *
 * @param pool the database
 * @param run the act's run
 * @returns its result; undefined when it has not ended
 */
export async function resultOf(pool: pg.Pool, run: string): Promise<{ readonly result: unknown } | undefined> {
  const { rows } = await pool.query<{ content: string }>(
    "select content from journal where run = $1 and phase = 'done'",
    [run],
  );
  return rows[0] && { result: Ended.parse(JSON.parse(rows[0].content)).result };
}

const Ended = z.object({ result: z.unknown() });

/**
 * With what an act began.
 *
 * @param pool the database
 * @param run the act's run
 * @param cursor the hash of the cursor with which it goes on; absent: its first step
 * @returns undefined when it has not begun
 */
export async function begunOf(pool: pg.Pool, run: string, cursor?: Buffer): Promise<Begun | undefined> {
  const { rows } = await pool.query<Begun>(
    `select act, content, (
       select last.phase from journal last where last.run = $1 order by last.number desc limit 1
     ) = 'failed' as "isRefused", exists (select from run_cursors c where c.run = $1 and c.hash = $2) as "isAnswered"
     from journal where run = $1 and phase = 'begun' limit 1`,
    [run, cursor ?? null],
  );
  return rows[0];
}

/** With what an act began. */
interface Begun {
  readonly act: string;
  readonly content: string;
  /** The last that happened to it is a refusal. */
  readonly isRefused: boolean;
  /** The run has answered the cursor that was asked for. */
  readonly isAnswered: boolean;
}

/**
 * Reads entries in order.
 *
 * @param pool the database
 * @param request of which law, after which entry, and how many
 */
export async function journalEntries(
  pool: pg.Pool,
  {
    lawId,
    after = 0,
    limit = 500,
  }: { readonly lawId?: string | undefined; readonly after?: number | undefined; readonly limit?: number | undefined },
): Promise<{ readonly entries: JournalEntry[]; readonly last: number }> {
  const { rows } = await pool.query<JournalEntry>(
    `select ${JOURNAL_COLUMNS} from journal where number > $1 and ($2::text is null or law_id = $2) order by number limit $3`,
    [after, lawId ?? null, limit],
  );
  const last = await pool.query<{ last: number }>("select coalesce(max(number), 0)::int as last from journal");
  return { entries: rows, last: last.rows[0]?.last ?? 0 };
}

/**
 * Reads the end of the journal.
 *
 * @param pool the database
 * @param most how many entries at most
 * @returns in order
 */
export async function latestEntries(pool: pg.Pool, most: number): Promise<JournalEntry[]> {
  const { rows } = await pool.query<JournalEntry>(
    `select ${JOURNAL_COLUMNS} from journal order by number desc limit $1`,
    [most],
  );
  return rows.reverse();
}
