import { toHex } from "../../encoding.ts";
import { pause } from "../../request.ts";
import { equal } from "../bytes/text.ts";
import { BadEntryLine, type Entry, NO_ENTRY, readJournal } from "../files/journal.ts";
import { BadLines } from "../files/lines.ts";
import type { Context } from "./context.ts";
import type { Found, Numbered } from "./walker.ts";

const FILE = "journal.ndjson";

/** Caches give files that are replaced for five seconds more. */
const STALE_MS = 12_000;
const PAUSE_MS = 500;

/**
 * Reads the journal, and checks that its entries follow one another (2.11). It is published before the log has its
 * entries, so that a journal which is read after the log has them, unless a cache gives an earlier one: then it is read
 * again, for some seconds.
 *
 * @param context source and report
 * @param logged the entries of the journal in the log
 * @returns undefined when there is none, or none that can be read
 */
export async function readEntries(context: Context, logged: readonly Numbered[]): Promise<Entry[] | undefined> {
  const { source, report, isCertified, signal } = context;
  const last = lastOf(logged);
  let read = await readOnce(source);
  for (let waited = 0; source.grows === true && isBehind(read, last) && waited < STALE_MS; waited += PAUSE_MS) {
    await pause(PAUSE_MS, signal);
    read = await readOnce(source);
  }
  if (read === undefined) {
    if (isCertified) report.fail("1.01", { code: "file_missing", file: FILE });
    report.skip(isCertified ? "missing" : "not_yet", "1.07", "1.10", "2.11", "2.12", "3.05", "3.06");
    return undefined;
  }
  if (!Array.isArray(read)) {
    report.fail("2.11", { code: "malformed_line", file: FILE, line: read.line });
    return undefined;
  }
  for (const [at, { number, previous }] of read.entries()) {
    const before = read[at - 1];
    const follows =
      before === undefined ? previous === NO_ENTRY : previous === toHex(before.hash) && number > before.number;
    if (!follows) report.fail("2.11", { code: "journal_chain", number });
  }
  report.ran("2.11");
  return read;
}

type ReadJournal = Entry[] | BadEntryLine | BadLines | undefined;

async function readOnce(source: Context["source"]): Promise<ReadJournal> {
  const chunks = await source.read(FILE);
  if (chunks === undefined) return undefined;
  try {
    return await readJournal(chunks);
  } catch (error) {
    if (error instanceof BadEntryLine || error instanceof BadLines) return error;
    throw error;
  }
}

/** Whether a journal ends before the log does. */
function isBehind(read: ReadJournal, last: number): boolean {
  return Array.isArray(read) && (read.at(-1)?.number ?? 0) < last;
}

function lastOf(logged: readonly Numbered[]): number {
  return logged.reduce((last, { number }) => Math.max(last, number), 0);
}

/**
 * Compares the journal with the log (2.12). Of a law that runs, and of a log that grows while it is read, the last
 * entries may be in the next epoch.
 */
export function checkJournal(
  { report, isCertified, source }: Context,
  entries: readonly Entry[],
  logged: readonly Numbered[],
): void {
  const known = new Map(entries.map((entry) => [entry.number, entry]));
  const seen = new Set<number>();
  for (const { number, hash } of logged) {
    const entry = known.get(number);
    if (entry === undefined) report.fail("2.12", { code: "journal_missing", number });
    else if (!equal(entry.hash, hash) || seen.has(number)) report.fail("2.12", { code: "journal_differs", number });
    seen.add(number);
  }
  const last = lastOf(logged);
  const isNext = (number: number) => number > last && (!isCertified || source.grows === true);
  for (const { number } of entries) {
    if (seen.has(number) || isNext(number)) continue;
    report.fail("2.12", { code: "journal_differs", number });
  }
  report.ran("2.12");
}

/** The act by which two people bring a log back after a restore of the database. */
const RESTORE = "restore-log";

/** Checks that submissions are lost only after somebody has said that a database was restored (2.07). */
export function checkLost({ report }: Context, entries: readonly Entry[], { firstLost, journal }: Found): void {
  if (firstLost < 0) return;
  const isBegun = ({ act, phase = "begun" }: Entry) => act === RESTORE && phase === "begun";
  const begun = new Set(entries.filter(isBegun).map((entry) => entry.number));
  if (journal.some(({ number, index }) => begun.has(number) && index < firstLost)) return;
  report.fail("2.07", { code: "lost_unsaid", index: firstLost });
}
