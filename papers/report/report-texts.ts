import type { Spoiled } from "../../shared/domain/sealing/sealed-ballot.ts";
import type { ReportedStatus, RollChange, Standing } from "./law-report.ts";

/** The sections of a report. */
export const SECTIONS = [
  ...(["result", "turnout", "roll", "window", "submissions", "set_aside", "checks", "journal", "log"] as const),
  "certificate",
] as const;
export type SectionName = (typeof SECTIONS)[number];

/** What a report says, in one language. Labels have the names that fields have in the CSV file. */
export interface ReportTexts {
  readonly titles: Readonly<Record<Standing, (lawId: string) => string>>;
  /** What stands on every page. */
  readonly marks: Readonly<Record<Exclude<Standing, "certified">, string>>;
  readonly rehearsal: string;
  readonly page: (number: string, of: string) => string;
  readonly standings: Readonly<Record<Standing, (at: string) => string>>;
  readonly question: string;
  readonly sections: Readonly<Record<SectionName, string>>;
  readonly labels: Readonly<Record<Label, string>>;
  readonly forms: Readonly<Record<"open" | "sealed" | "none", string>>;
  readonly options: Readonly<Record<"oui" | "non", string>>;
  readonly statuses: Readonly<Record<ReportedStatus, { readonly name: string; readonly meaning: string }>>;
  readonly spoiledReasons: Readonly<Record<Spoiled["type"], string>>;
  readonly rollChanges: Readonly<Record<RollChange["kind"], string>>;
  readonly clean: string;
  readonly untilFurtherNotice: string;
  readonly person: (number: string) => string;
  readonly notes: Readonly<Record<Note, string>>;
  readonly verify: {
    readonly heading: string;
    readonly steps: readonly string[];
    readonly certified: string;
    readonly provisional: string;
    readonly impossible: string;
    readonly command: string;
    readonly folder: string;
    readonly addressCaption: string;
    readonly addressAlt: string;
    readonly keyCaption: string;
    readonly keyAlt: string;
  };
  readonly signatures: {
    readonly heading: string;
    readonly lines: readonly string[];
  };
}

export const LABELS = [
  ...([
    "item",
    "value",
    "law_id",
    "form",
    "option",
    "ballots",
    "share",
    "valid",
    "spoiled",
    "ballots_counted",
  ] as const),
  ...([
    "reason",
    "eligible",
    "voted",
    "turnout",
    "hours",
    "sealed",
    "entry",
    "change",
    "voters",
    "in_force_at",
  ] as const),
  ...(["on_roll", "planned_opens_at", "planned_closes_at", "opens_at", "closes_at", "act", "at", "status"] as const),
  ...(["number", "meaning", "sha256", "ledger", "verdict", "check", "title", "outcome", "entries", "end"] as const),
  ...(["phase", "by", "approved_by", "origin", "size", "root", "key", "key_id", "public_key", "use"] as const),
  ...(["opened_sha256", "box_sha256", "text", "signature"] as const),
  ...(["roll_changes", "window_changes", "messages_set_aside"] as const),
] as const;
export type Label = (typeof LABELS)[number];

export const NOTES = [
  ...([
    "shares",
    "spoiledOpen",
    "hours",
    "hoursUnsigned",
    "noHours",
    "noChanges",
    "changesNotPublic",
    "noWindowChanges",
    "noEarlierWindows",
  ] as const),
  ...(["submissions", "submissionsNotPublic", "noneSetAside", "setAside", "setAsideLater", "ledger"] as const),
  ...(["journal", "journalNotPublic", "log", "noLog", "keys", "certificate", "certificateLater", "noChecks"] as const),
  ...(["setAsideNotPublic", "noCertificate", "holds", "running", "electionKey", "signingKey", "promiseKey"] as const),
] as const;
export type Note = (typeof NOTES)[number];
