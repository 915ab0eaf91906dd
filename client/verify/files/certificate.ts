import { asFields, type Fields, fieldsOf } from "../../json.ts";
import { STATUSES, type Status } from "../log/leaf.ts";
import { type Note, readNote } from "../log/note.ts";
import { isCount, isSha256, isText, listOf } from "./json.ts";

/** A message that nothing could read, and that two people took out of a queue. */
interface SetAside {
  /** Of the journal's entry. */
  readonly number: number;
  readonly sha256: string;
  readonly reason: string;
}

/** Ballots of an option. */
interface Sum {
  readonly option: string;
  readonly ballots: number;
}

/** What the election office certifies of a law. */
export interface Certificate {
  readonly lawId: string;
  readonly origin: string;
  readonly eligible: number;
  readonly voted: number;
  /** How many submissions have each status. */
  readonly statuses: Readonly<Record<Status, number>>;
  readonly sums: readonly Sum[];
  readonly spoiled: number;
  readonly setAside: readonly SetAside[];
  readonly ledger: string;
  readonly journal: { readonly entries: number; readonly end: string };
  readonly log: { readonly size: number; readonly root: string };
  readonly opening: { readonly sha256: string; readonly boxSha256: string } | undefined;
  /** ISO 8601 UTC. */
  readonly certifiedAt: string;
  readonly note: Note;
}

/**
 * Reads a certificate.
 *
 * @param text a signed note
 * @returns undefined when it is none
 */
export function readCertificate(text: string): Certificate | undefined {
  const note = readNote(text);
  const fields = note && fieldsOf(note.text);
  if (note === undefined || fields?.["kind"] !== "referendum certificate") return undefined;
  const { law_id: lawId, origin, ledger, certified_at: certifiedAt } = fields;
  const figures = readFigures(fields["figures"]);
  const setAside = listOf(fields["set_aside"], readSetAside);
  const { entries, end } = asFields(fields["journal"]) ?? {};
  const { size, root } = asFields(fields["log"]) ?? {};
  if (!isText(lawId) || !isText(origin) || !isText(ledger) || figures === undefined) return undefined;
  if (!isText(certifiedAt) || Number.isNaN(Date.parse(certifiedAt))) return undefined;
  if (setAside === undefined || !isCount(entries) || !isSha256(end) || !isCount(size) || !isSha256(root)) {
    return undefined;
  }
  const { sha256, box_sha256: boxSha256 } = asFields(fields["opening"]) ?? {};
  const opening = isSha256(sha256) && isSha256(boxSha256) ? { sha256, boxSha256 } : undefined;
  if (fields["opening"] !== undefined && opening === undefined) return undefined;
  const journal = { entries, end };
  return { lawId, origin, ...figures, setAside, ledger, journal, log: { size, root }, opening, certifiedAt, note };
}

function readFigures(
  value: unknown,
): Pick<Certificate, "eligible" | "voted" | "statuses" | "sums" | "spoiled"> | undefined {
  const figures = asFields(value) ?? {};
  const { eligible, voted, spoiled } = figures;
  const statuses = STATUSES.map((status) => [status, figures[status]] as const);
  const sums = listOf(figures["sums"], ({ option, ballots }) =>
    isText(option) && isCount(ballots) ? { option, ballots } : undefined,
  );
  if (!isCount(eligible) || !isCount(voted) || !isCount(spoiled) || sums === undefined) return undefined;
  if (!statuses.every((one): one is readonly [Status, number] => isCount(one[1]))) return undefined;
  const [lost = 0, invalid = 0, duplicate = 0, counted = 0, repeated = 0, late = 0] = statuses.map(
    ([, count]) => count,
  );
  return { eligible, voted, spoiled, sums, statuses: { lost, invalid, duplicate, counted, repeated, late } };
}

function readSetAside({ number, sha256, reason }: Fields): SetAside | undefined {
  return isCount(number) && isSha256(sha256) && isText(reason) ? { number, sha256, reason } : undefined;
}
