import { toHex } from "../../encoding.ts";
import type { CheckId } from "../checks.ts";
import { type Certificate, readCertificate } from "../files/certificate.ts";
import type { Description } from "../files/description.ts";
import { type Entry, endOf, names } from "../files/journal.ts";
import type { ReadOpening } from "../files/opening.ts";
import type { Marks } from "../log/hash-table.ts";
import { STATUSES } from "../log/leaf.ts";
import { isNoteOf } from "../log/note.ts";
import type { Context } from "./context.ts";
import type { Counts } from "./match.ts";
import type { Walked } from "./walk.ts";

export const OF_CERTIFICATE: readonly CheckId[] = [
  ...(["3.01", "3.02", "3.03", "3.04", "3.05", "3.06", "3.07", "3.10", "3.11"] as const),
];

/**
 * Reads the certificate, and checks who has signed it and of which law it is (3.01).
 *
 * @param context key and report
 * @param text the file
 * @param lawId of the law, if it is known
 * @returns undefined when it is none
 */
export async function readCertified(
  { report, key }: Context,
  text: string,
  lawId: string | undefined,
): Promise<Certificate | undefined> {
  const certificate = readCertificate(text);
  if (certificate === undefined) {
    report.fail("3.01", { code: "malformed", file: "certificate" });
    return undefined;
  }
  const { origin, note, ledger } = certificate;
  if (!(await isNoteOf(note, key))) report.fail("3.01", { code: "wrong_signature", file: "certificate" });
  if (origin !== key.name || (lawId !== undefined && certificate.lawId !== lawId)) {
    const [found, expected] = [`${certificate.lawId} (${origin})`, `${lawId ?? "?"} (${key.name})`];
    report.fail("3.01", { code: "other_law", file: "certificate", found, expected });
  }
  if (ledger !== "clean") report.fail("3.11", { code: "ledger", said: ledger });
  report.ran("3.01", "3.11");
  return certificate;
}

/** Checks that the certificate names the end of the log (3.02). */
export function checkLogEnd({ report }: Context, { log }: Certificate, { size, roots, found }: Walked): void {
  const root = roots.get(log.size);
  if (log.size > size) report.fail("3.02", { code: "log_end", certified: log.size, size });
  else if (root === undefined || toHex(root) !== log.root) report.fail("3.02", { code: "log_root", size: log.size });
  if (found.lastOther >= log.size) report.fail("3.02", { code: "after_certificate", index: found.lastOther });
  report.ran("3.02");
}

/** Compares figures with those of the log (3.03), and with the roll (3.04). */
export function checkFigures(
  { report }: Context,
  certificate: Certificate,
  { statuses }: Counts,
  description: Description | undefined,
): void {
  for (const name of STATUSES) {
    const [certified, found] = [certificate.statuses[name], statuses[name]];
    if (certified !== found) report.fail("3.03", { code: "figure", name, certified, found });
  }
  report.ran("3.03");
  if (description === undefined) return;
  const { eligible, voted } = certificate;
  const { voters } = description.roll;
  if (eligible !== voters)
    report.fail("3.04", { code: "figure", name: "eligible", certified: eligible, found: voters });
  if (voted !== certificate.statuses.counted || voted > eligible) {
    report.fail("3.04", { code: "figure", name: "voted", certified: voted, found: certificate.statuses.counted });
  }
  report.ran("3.04");
}

const SET_ASIDE = "set-aside";
const UNDO = "undo-set-aside";

/** Compares the certificate with the journal (3.05 and 3.06). */
export function checkCertifiedJournal({ report }: Context, certificate: Certificate, journal: readonly Entry[]): void {
  const { entries, end } = endOf(journal.slice(0, certificate.journal.entries));
  if (entries !== certificate.journal.entries || end !== certificate.journal.end) {
    report.fail("3.05", { code: "journal_end", number: journal[certificate.journal.entries - 1]?.number ?? 0 });
  }
  report.ran("3.05");
  // What was set aside since is in the journal, and not certified.
  const acts = journal.slice(0, certificate.journal.entries).filter(({ phase = "done" }) => phase === "done");
  for (const { number, sha256 } of certificate.setAside) {
    const isThere = acts.some((entry) => entry.act === SET_ASIDE && entry.number === number && names(entry, sha256));
    if (!isThere) report.fail("3.06", { code: "set_aside_unknown", number });
  }
  for (const entry of acts) {
    if (entry.act !== SET_ASIDE || certificate.setAside.some(({ number }) => number === entry.number)) continue;
    if (!isUndone(entry, acts)) report.fail("3.06", { code: "set_aside_missing", number: entry.number });
  }
  report.ran("3.06");
}

/** Whether a message was sent back to its queue later. */
function isUndone({ number, fields }: Entry, acts: readonly Entry[]): boolean {
  const hashes = (JSON.stringify(fields["details"] ?? "").match(/[0-9a-f]{64}/g) ?? []).map(String);
  return acts.some((later) => later.act === UNDO && later.number > number && hashes.some((hash) => names(later, hash)));
}

/** Checks that there are as many ballots as counted submissions (3.07), and compares the opened list (3.10). */
export function checkBallots(
  { report }: Context,
  certificate: Certificate | undefined,
  counted: number,
  description: Description,
  opening: ReadOpening | undefined,
): void {
  const { options, form } = description;
  if (form === "open") {
    if (certificate === undefined) return;
    const { sums, spoiled } = certificate;
    const ballots = sums.reduce((total, sum) => total + sum.ballots, spoiled);
    checkCount(
      report,
      sums.map(({ option }) => option),
      options,
      ballots,
      counted,
    );
    return;
  }
  if (opening === undefined) return;
  const { header, sha256 } = opening;
  checkCount(
    report,
    header.sums.map(({ name }) => name),
    options,
    header.envelopes,
    counted,
  );
  if (certificate === undefined) return;
  const opened = new Map(header.sums.map(({ name, ballots }) => [name, ballots]));
  for (const { option, ballots: certified } of certificate.sums) {
    const found = opened.get(option) ?? 0;
    if (certified !== found) report.fail("3.10", { code: "figure", name: option, certified, found });
  }
  if (certificate.sums.length !== header.sums.length) report.fail("3.10", { code: "options_differ" });
  const found = header.spoiled.reduce((total, { ballots }) => total + ballots, 0);
  if (certificate.spoiled !== found) {
    report.fail("3.10", { code: "figure", name: "spoiled", certified: certificate.spoiled, found });
  }
  if (certificate.opening?.sha256 !== sha256) report.fail("3.10", { code: "hash_differs", file: "opened.ndjson" });
  if (certificate.opening?.boxSha256 !== header.boxSha256)
    report.fail("3.10", { code: "hash_differs", file: "the box" });
  report.ran("3.10");
}

/** Checks that spoiled envelopes are counted ones (3.07). @param spoiled what the log has is ticked off */
export function checkSpoiled({ report }: Context, spoiled: Marks): void {
  for (const hash of spoiled.unmarked()) report.fail("3.07", { code: "spoiled_unknown", envelope: toHex(hash) });
}

function checkCount(
  report: Context["report"],
  names: readonly string[],
  options: readonly string[],
  ballots: number,
  counted: number,
): void {
  if (names.length !== options.length || names.some((name, at) => name !== options[at])) {
    report.fail("3.07", { code: "options_differ" });
  }
  if (ballots !== counted) report.fail("3.07", { code: "ballots", ballots, counted });
  report.ran("3.07");
}
