import { toHex } from "../../encoding.ts";
import { equal } from "../bytes/text.ts";
import { BadEntryLine, type Entry, NO_ENTRY, readJournal } from "../files/journal.ts";
import { BadLines } from "../files/lines.ts";
import type { Context } from "./context.ts";
import type { Found, Numbered } from "./walker.ts";

const FILE = "journal.ndjson";

/**
 * Reads the journal, and checks that its entries follow one another (2.11).
 *
 * @returns undefined when there is none, or none that can be read
 */
export async function readEntries({ source, report, isCertified }: Context): Promise<Entry[] | undefined> {
  const chunks = await source.read(FILE);
  if (chunks === undefined) {
    if (isCertified) report.fail("1.01", { code: "file_missing", file: FILE });
    report.skip(isCertified ? "missing" : "not_yet", "1.07", "2.11", "2.12", "3.05", "3.06");
    return undefined;
  }
  try {
    const entries = await readJournal(chunks);
    for (const [at, { number, previous }] of entries.entries()) {
      const before = entries[at - 1];
      const follows =
        before === undefined ? previous === NO_ENTRY : previous === toHex(before.hash) && number > before.number;
      if (!follows) report.fail("2.11", { code: "journal_chain", number });
    }
    report.ran("2.11");
    return entries;
  } catch (error) {
    if (!(error instanceof BadEntryLine || error instanceof BadLines)) throw error;
    report.fail("2.11", { code: "malformed_line", file: FILE, line: error.line });
    return undefined;
  }
}

/** Compares the journal with the log (2.12). Of a law that runs, the last entries may be in the next epoch. */
export function checkJournal(
  { report, isCertified }: Context,
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
  const last = Math.max(0, ...seen);
  for (const { number } of entries) {
    if (seen.has(number) || (number > last && !isCertified)) continue;
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
