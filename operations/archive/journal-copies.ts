import type pg from "pg";
import { Refusal } from "../../shared/domain/refusal.ts";
import { JournalEntry } from "../../shared/messages/operators/journal.ts";
import { type Archive, listedText } from "./archive.ts";

/** The columns of an entry as the API shows them. */
export const JOURNAL_COLUMNS = `number::int, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, act,
  phase, law_id, operator, identity, release, run::text, content, encode(previous, 'hex') as previous,
  encode(hash, 'hex') as hash`;

/** Entries copied between two notes of how many are. */
const PAGE = 100;
/** How often the end of the journal is looked at while others add to it. */
const MOST_LOOKS = 20;
const JOURNAL_PREFIX = "journal/";

/** PostgreSQL was restored to a moment before entries that the archive has. */
export class JournalBehind extends Refusal {
  /** @param last the number of the last entry in PostgreSQL */
  constructor(last: number) {
    super(
      `The journal in PostgreSQL ends with entry ${last}, and the archive has later ones: PostgreSQL was restored to an ` +
        "earlier moment. Bring the acts back that it has lost: npm run ops -- restore-acts. Nothing was done.",
    );
  }
}

/**
 * The name of an entry in the archive.
 *
 * @param number the entry's number
 */
function nameOfEntry(number: number): string {
  return `${JOURNAL_PREFIX}${String(number).padStart(12, "0")}`;
}

async function lastNumber(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ last: number }>("select coalesce(max(number), 0)::int as last from journal");
  return rows[0]?.last ?? 0;
}

/**
 * Refuses to add to the journal when the archive has entries that PostgreSQL has not: two entries would have one
 * number.
 *
 * @param pool the database
 * @param archive has copies of the journal
 * @returns the number of the last entry: if the journal has become shorter when an entry is added, PostgreSQL was
 * restored in between
 * @throws JournalBehind when PostgreSQL was restored
 */
export async function refuseBehind(pool: pg.Pool, archive: Archive): Promise<number> {
  for (let looks = 0, last = await lastNumber(pool); looks < MOST_LOOKS; looks++) {
    if (!(await archive.has(nameOfEntry(last + 1)))) return last;
    // Somebody may have added it between the two looks.
    const now = await lastNumber(pool);
    if (now === last) throw new JournalBehind(last);
    last = now;
  }
  throw new Error("others add to the journal all the time");
}

/**
 * Copies every entry to the archive that is not there yet. An act takes effect after that.
 *
 * @param pool the database
 * @param archive takes the copies
 * @throws JournalBehind when the archive has another entry of the same number
 */
export async function copyJournal(pool: pg.Pool, archive: Archive): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<JournalEntry>(
      `select ${JOURNAL_COLUMNS} from journal where number > (select number from journal_copied)
       order by number limit ${PAGE}`,
    );
    for (const entry of rows) await copy(archive, entry);
    const last = rows.at(-1);
    if (last === undefined) return;
    await pool.query("select note_journal_copied($1)", [last.number]);
    if (rows.length < PAGE) return;
  }
}

async function copy(archive: Archive, entry: JournalEntry): Promise<void> {
  const name = nameOfEntry(entry.number);
  if (await archive.put(name, JSON.stringify(entry), { once: true })) return;
  const there = await copyOf(archive, name);
  if (there.hash !== entry.hash) throw new JournalBehind(entry.number);
}

async function copyOf(archive: Archive, name: string): Promise<JournalEntry> {
  return JournalEntry.parse(JSON.parse(await listedText(archive, name)));
}

/**
 * Adds entries to PostgreSQL that only the archive has, in their order, each with the hash of the entry before.
 *
 * @param pool the database
 * @param archive has the copies
 * @param isOver says when to stop
 * @param taken called with each entry once PostgreSQL has it
 * @returns whether PostgreSQL has every entry
 * @throws Refusal when an entry of the archive does not follow the one before it
 */
export async function bringBackJournal(
  pool: pg.Pool,
  archive: Archive,
  isOver: () => boolean,
  taken: (entry: JournalEntry) => Promise<void>,
): Promise<boolean> {
  for (let last = await lastNumber(pool); ; ) {
    const names = await archive.names(JOURNAL_PREFIX, nameOfEntry(last));
    if (names.length === 0) return true;
    for (const name of names) {
      if (isOver()) return false;
      const entry = await copyOf(archive, name);
      await add(pool, entry, last);
      await taken(entry);
      last = entry.number;
    }
  }
}

async function add(pool: pg.Pool, entry: JournalEntry, last: number): Promise<void> {
  const { number, at, act, phase, law_id, operator, identity, release, run, content, previous, hash } = entry;
  const { rows } = await pool.query<{ is_next: boolean }>(
    `select bring_back_journal($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, decode($11, 'hex'), decode($12, 'hex')) as is_next`,
    [number, at, act, phase, law_id, operator, identity, release, run, content, previous, hash],
  );
  if (rows[0]?.is_next === true) return;
  throw new Refusal(
    `Entry ${number} of the journal in the archive does not follow entry ${last} in PostgreSQL. Either an entry is ` +
      "missing, or one of the two was changed. Show both to whoever audits the vote before anything is done.",
  );
}
