import type { CodeKind } from "./voter-code.ts";

/** From when until when a law takes votes. */
export interface VotingWindow {
  /** ISO 8601 UTC; votes accepted at this instant or later are in time. */
  readonly opensAt: string;
  /** ISO 8601 UTC; votes accepted at this instant or later are late. Absent: open until it is closed. */
  readonly closesAt?: string | undefined;
}

/** A window that has ended. */
export interface EndedWindow extends VotingWindow {
  readonly closesAt: string;
}

/** A law to vote on and its voting window. */
export interface Law extends VotingWindow {
  readonly lawId: string;
  readonly title: string;
  /** The title in each language that voters' pages have; `title` serves for a language that is absent. */
  readonly titles?: Titles | undefined;
  /** Windows before this one, in order: the law was closed, and opened again. */
  readonly earlierWindows?: readonly EndedWindow[] | undefined;
  /** When it was to open and to close before somebody changed that by hand. */
  readonly plannedOpensAt?: string | undefined;
  readonly plannedClosesAt?: string | undefined;
  /** The offset from UTC that its times were given in, such as `-05:00`. Absent: none was given. */
  readonly utcOffset?: string | undefined;
  /** Stops acceptance at once, also within the window. */
  readonly frozen?: boolean | undefined;
  /** Which pepper its voter hashes are made with; fixed once the law has a roll. Absent: plain SHA-256. */
  readonly pepperId?: string | undefined;
  /** Which codes it takes; fixed for its life. Absent: any. */
  readonly codes?: CodeKind | undefined;
  /** Which version of the keys makes its request ids and person hashes; fixed for the life of the law. */
  readonly keyVersion: number;
  /** Rises with every change. Absent: 0. A change names the version that was read. */
  readonly version?: number | undefined;
  /** How far operators have brought it; time does the rest. Absent: ready. */
  readonly reached?: Reached | undefined;
  /** Of a counted law with a log: whether it is certified, or published too. Only PostgreSQL says it. */
  readonly concluded?: Concluded | undefined;
  /** How many voters are on its sealed roll. Absent: the roll is not sealed. */
  readonly sealedVoters?: number | undefined;
  /** How many voters its draft says that it has: its roll is sealed with no other number. Absent: it does not say. */
  readonly expectedVoters?: number | undefined;
  /** When its tally is public. Absent: live. */
  readonly results?: ResultsWhen | undefined;
  /** How its ballots travel and lie; fixed for its life. Absent: its messages are those of release 1. */
  readonly form?: LawForm | undefined;
  /** Of a law with a form: names the stage and this instance of the law. */
  readonly origin?: string | undefined;
  /** Of a law with a form: the keys of its promises, in the order in which ingest signs with them. */
  readonly promiseKeys?: readonly PromiseKey[] | undefined;
  /** Of a law with a form: the public key that signs its log, 43 characters of base64url; fixed for its life. */
  readonly logKey?: string | undefined;
  /** Of a sealed law: the public keys of its trustees. Absent: they are not registered yet. */
  readonly trustees?: TrusteeKeys | undefined;
  /** Of a sealed law: whether a voter can find the own ballot in the opened list. Absent: none. */
  readonly proof?: Proof | undefined;
  /** Of a sealed law that has closed: its box takes no envelope any more. */
  readonly boxClosed?: boolean | undefined;
  /** Since when what is left of its votes is being removed, or is gone, ISO 8601 UTC. Absent: it is all there. */
  readonly destroyedAt?: string | undefined;
}

/**
 * `open`: choices are in clear in messages and rows. `sealed`: they are sealed for the trustees, who open them after
 * the close.
 */
export const LAW_FORMS = ["open", "sealed"] as const;
export type LawForm = (typeof LAW_FORMS)[number];

/** `voter`: each opened ballot is published with its tracker. */
export const PROOFS = ["none", "voter"] as const;
export type Proof = (typeof PROOFS)[number];

/** The public keys of an election, base64url of 32 bytes each, and how its secret is split. */
export interface TrusteeKeys {
  /** X25519: ballots are sealed for it. */
  readonly electionKey: string;
  /** Ed25519: the trustees sign with it. */
  readonly signingKey: string;
  /** The set of shares, 32 hexadecimal digits. */
  readonly splitId: string;
  readonly threshold: number;
  readonly trustees: number;
  /** Whether enough trustees have opened test ballots with these shares. */
  readonly tested: boolean;
}

/** A key that promises of a law are checked with. */
export interface PromiseKey {
  /** The version of the secret that it comes from. */
  readonly version: number;
  /** Ed25519: 32 bytes as 43 characters of base64url. */
  readonly publicKey: string;
  /** When ingest begins to sign with it, ISO 8601 UTC. It signs until the next key of the law begins. */
  readonly from: string;
}

/** `live`: while votes are counted, in steps; `after_close`: when it has closed and its votes are counted. */
export const RESULTS_WHEN = ["live", "after_close"] as const;
export type ResultsWhen = (typeof RESULTS_WHEN)[number];

/** How far a counted law with a log was brought. */
export const CONCLUDED = ["certified", "published"] as const;
type Concluded = (typeof CONCLUDED)[number];

export const REACHABLE = ["draft", "ready", "counted"] as const;
type Reached = (typeof REACHABLE)[number];

/** A title in the languages of voters' pages. */
export interface Titles {
  readonly fr?: string | undefined;
  readonly en?: string | undefined;
}

/** 1 to 50 of `A-Za-z0-9._-`, the first one alphanumeric. */
export const LAW_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/;

export const LAW_STATES = ["open", "not_open_yet", "closed", "frozen"] as const;
export type LawState = (typeof LAW_STATES)[number];

type WindowsOfLaw = Pick<Law, "earlierWindows" | "opensAt" | "closesAt">;

/**
 * Every window of a law, the earliest first. Votes accepted in one of them are in time.
 *
 * @param law the law
 */
export function windowsOf({ earlierWindows = [], opensAt, closesAt }: WindowsOfLaw): readonly VotingWindow[] {
  return [...earlierWindows, { opensAt, closesAt }];
}

/**
 * Whether a law takes votes at an instant. A window is half open: [opens_at, closes_at). Between two windows a law is
 * not open yet: it will open again. Freezing suspends what would go on otherwise, so a frozen law is closed once its
 * last window has ended or it is counted: nothing resumes it.
 *
 * @param law the law
 * @param nowMs milliseconds since the epoch: the time of acceptance
 */
export function lawState(law: Pick<Law, "frozen" | "reached" | keyof WindowsOfLaw>, nowMs: number): LawState {
  const state = windowState(law, nowMs);
  return law.frozen === true && law.reached !== "counted" && state !== "closed" ? "frozen" : state;
}

/**
 * The same of a law that is not frozen.
 *
 * @param law the law
 * @param nowMs milliseconds since the epoch
 */
export function windowState(law: WindowsOfLaw, nowMs: number): Exclude<LawState, "frozen"> {
  const isIn = ({ opensAt, closesAt }: VotingWindow) =>
    nowMs >= Date.parse(opensAt) && (closesAt === undefined || nowMs < Date.parse(closesAt));
  if (windowsOf(law).some(isIn)) return "open";
  return nowMs < Date.parse(law.opensAt) ? "not_open_yet" : "closed";
}
