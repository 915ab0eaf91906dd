import { canonicalJson } from "../canonical-json.ts";
import type { LeafStatus } from "./leaf.ts";

/** A message that nothing could read, and that two people took out of a queue. */
export interface CertifiedSetAside {
  /** Of the act's last entry in the journal. */
  readonly number: number;
  /** The fingerprint of the message. */
  readonly sha256: string;
  readonly reason: string;
}

/** What the election office certifies of a law. */
export interface CertificateFacts {
  readonly lawId: string;
  readonly origin: string;
  readonly figures: {
    /** Voters on the sealed roll. */
    readonly eligible: number;
    /** Voters of whom a submission is counted. */
    readonly voted: number;
    readonly statuses: Readonly<Record<LeafStatus, number>>;
    /** Ballots of each option, in the order of the options. */
    readonly sums: readonly { readonly option: string; readonly ballots: number }[];
    readonly spoiled: number;
  };
  readonly setAside: readonly CertifiedSetAside[];
  /** The verdict of the ledger. */
  readonly ledger: string;
  /** How many entries of the journal are in the log, and SHA-256 of the last one's public text. */
  readonly journal: { readonly entries: number; readonly end: string };
  /** The root in hexadecimal digits. */
  readonly log: { readonly size: number; readonly root: string };
  /** Of a sealed law: SHA-256 of its opened list and of the box that was opened. */
  readonly opening: { readonly sha256: string; readonly boxSha256: string } | undefined;
  /** ISO 8601 UTC. */
  readonly certifiedAt: string;
}

/**
 * The text of a certificate's note: a line of JSON, with names in order.
 *
 * @param facts what is certified
 */
export function certificateText(facts: CertificateFacts): string {
  const { lawId, origin, figures, setAside, ledger, journal, log, opening, certifiedAt } = facts;
  const { statuses, ...others } = figures;
  return `${canonicalJson({
    v: 1,
    kind: "referendum certificate",
    law_id: lawId,
    origin,
    figures: { ...others, ...statuses },
    set_aside: setAside,
    ledger,
    journal,
    log,
    ...(opening === undefined ? {} : { opening: { sha256: opening.sha256, box_sha256: opening.boxSha256 } }),
    certified_at: certifiedAt,
  })}\n`;
}
