import type { PaperLanguage } from "../../shared/domain/letter.ts";
import type { PublicAct } from "./act-texts.ts";

/** A text in French and in English. */
export type Both = Readonly<Record<PaperLanguage, string>>;

/**
 * What a report stands on. `certified`: a certificate, in a bundle in which the verifier found nothing wrong.
 * `provisional`: the law is counted, and not certified yet. `not_certified`: the law has no public log, so that nobody
 * outside the election office can check it.
 */
export type Standing = "certified" | "provisional" | "not_certified";

/** What became of submissions, by the log. */
export const REPORTED_STATUSES = ["counted", "duplicate", "invalid", "lost", "repeated", "late"] as const;
export type ReportedStatus = (typeof REPORTED_STATUSES)[number];

/** ISO 8601 UTC. */
export interface ReportWindow {
  readonly opensAt: string;
  readonly closesAt: string | null;
}

/** An act that changed when votes were taken. */
export interface WindowChange {
  readonly number: number;
  readonly act: PublicAct;
  /** When it was done, and when it was in force. */
  readonly at: string;
  readonly inForceAt: string | null;
}

/** A change of the sealed roll. */
export interface RollChange {
  readonly number: number;
  readonly kind: "add" | "replace" | "strike";
  /** How many it concerns. */
  readonly voters: number;
  readonly inForceAt: string | null;
  /** How many were on the roll afterwards. */
  readonly onRoll: number | null;
}

/** An entry of the journal, without names. */
export interface ReportAct {
  readonly number: number;
  readonly at: string;
  readonly act: string;
  readonly phase: string;
  /** Which person of this law's journal, from 1, in the order in which they appear; null where it names none. */
  readonly by: number | null;
  readonly approvedBy: number | null;
}

/** A check of the verifier. */
export interface ReportCheck {
  readonly id: string;
  readonly outcome: "holds" | "not_run";
  readonly title: Both;
  /** The outcome in words, with what else is worth knowing. */
  readonly said: Both;
}

/** Everything that the official report of a law says. PDF, CSV and JSON are made from it. */
export interface LawReport {
  readonly form: "referendum report 1";
  readonly standing: Standing;
  readonly office: Both;
  readonly law: {
    readonly id: string;
    readonly title: Both;
    /** Null: a law of release 1's messages. */
    readonly form: "open" | "sealed" | null;
    readonly isRehearsal: boolean;
    readonly options: readonly string[];
  };
  /** When the certificate was signed, or when the report was made. */
  readonly at: string;
  readonly window: {
    readonly planned: ReportWindow | null;
    /** In their order: a law that was opened again has more than one. */
    readonly inForce: readonly ReportWindow[];
    readonly changes: readonly WindowChange[];
  };
  readonly roll: {
    /** How many were on the roll when it was sealed; null: it is not public. */
    readonly sealed: number | null;
    readonly changes: readonly RollChange[];
    readonly eligible: number;
  };
  readonly turnout: {
    readonly voted: number;
    /** Of those who are eligible, in percent with two decimals; null when nobody is. */
    readonly percent: number | null;
    /** Not signed; null: the bundle does not have it, and no address was asked. */
    readonly hours: readonly { readonly from: string; readonly until: string; readonly voted: number }[] | null;
  };
  readonly result: {
    /** Shares are of the valid ballots, in percent with two decimals. */
    readonly options: readonly {
      readonly option: string;
      readonly ballots: number;
      readonly percent: number | null;
    }[];
    readonly valid: number;
    readonly spoiled: number;
    /** Why ballots are spoiled; null where nobody has listed it. */
    readonly reasons: readonly { readonly reason: string; readonly ballots: number }[] | null;
  };
  /** Null: the law has no log. */
  readonly submissions: Readonly<Record<ReportedStatus, number>> | null;
  /** Messages that nothing could read; null: nothing is certified. */
  readonly setAside: readonly { readonly number: number; readonly reason: string; readonly sha256: string }[] | null;
  /** What the office has certified of its ledger. */
  readonly ledger: string | null;
  readonly verification: { readonly verdict: "holds" | "running"; readonly checks: readonly ReportCheck[] } | null;
  readonly journal: { readonly entries: number; readonly end: string; readonly acts: readonly ReportAct[] } | null;
  readonly log: {
    readonly origin: string;
    /** As C2SP signed-note writes it. */
    readonly key: string;
    readonly size: number;
    /** Hexadecimal digits. */
    readonly root: string;
  } | null;
  readonly keys: {
    /** The trustees' keys of a sealed law, with the id of the first. */
    readonly election: { readonly keyId: string; readonly electionKey: string; readonly signingKey: string } | null;
    readonly promises: readonly { readonly keyId: string; readonly publicKey: string }[];
  } | null;
  /** Of a sealed law: what the trustees have opened. */
  readonly opening: { readonly sha256: string; readonly boxSha256: string } | null;
  readonly certificate: { readonly text: string; readonly signatures: readonly string[] } | null;
  /** Where the public can check the law; null: it is not known. */
  readonly address: string | null;
}

/**
 * A part in percent, with two decimals.
 *
 * @param part of the whole
 * @param whole null comes of nothing
 */
export function percent(part: number, whole: number): number | null {
  // In whole numbers: half a hundredth is rounded up whatever its binary fraction is.
  return whole === 0 ? null : Math.floor((part * 20_000 + whole) / (2 * whole)) / 100;
}
