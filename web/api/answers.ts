import type { PromiseKey } from "../../client/index.ts";

/**
 * What the API answers, and how it is read: by hand, because a library for it would be larger than the pages' own
 * script. A test compares these readers with the API's schemas.
 */

/** A law (docs/openapi.json, `PublicLaw`). */
export interface Law {
  readonly law_id: string;
  readonly title: { readonly fr: string; readonly en: string };
  readonly opens_at: string;
  readonly closes_at: string | null;
  readonly state: (typeof LAW_STATES)[number];
  readonly codes: (typeof CODE_KINDS)[number];
  readonly results: (typeof RESULTS_WHEN)[number];
  readonly form: (typeof FORMS)[number];
  /** Of a law that promises: its name in what is signed, and the keys that promises are checked with. */
  readonly origin?: string;
  readonly promise_keys?: readonly PromiseKey[];
  /** Of a sealed law: what ballots are sealed for, and whether voters can find theirs. */
  readonly election_key?: string;
  readonly proof?: (typeof PROOFS)[number];
}
const FORMS = ["open", "sealed"] as const;
const PROOFS = ["none", "voter"] as const;
const RESULTS_WHEN = ["live", "after_close"] as const;
const CODE_KINDS = ["any", "checked"] as const;
const LAW_STATES = ["open", "not_open_yet", "closed", "frozen"] as const;

/** A tally (`LawResult`). */
export interface Result {
  readonly oui_count: number;
  readonly non_count: number;
  readonly total_votes: number;
  readonly spoiled_count: number;
  readonly state: (typeof RESULT_STATES)[number];
  readonly updated_at: string | null;
}

const RESULT_STATES = ["voting", "counting", "published"] as const;

/** A turnout (`Turnout`). */
export interface Turnout {
  readonly eligible: number;
  readonly voted: number;
  readonly hours: ReadonlyArray<{ readonly from: string; readonly until: string; readonly voted: number }>;
}

/** A receipt (`Receipt`). */
export interface Receipt {
  readonly request_id: string;
  readonly law_id: string;
  readonly status: (typeof RECEIPT_STATUSES)[number];
  /** Why the vote is invalid, where the page has words for it. */
  readonly reason?: (typeof INVALID_REASONS)[number];
  readonly updated_at: string;
}
const RECEIPT_STATUSES = ["received", "counted", "duplicate", "invalid", "lost"] as const;
const INVALID_REASONS = ["not_on_roll", "code_replaced", "struck", "copied"] as const;

/**
 * Each of these readers takes parsed JSON, and leaves out members that the pages do not use.
 *
 * @param value what was answered
 * @throws TypeError naming the first member that is not what it has to be
 */
export function readLawsAnswer(value: unknown): readonly Law[] {
  return list(record(value, "laws"), "laws").map(readLawAnswer);
}

export function readLawAnswer(value: unknown): Law {
  const law = record(value, "law");
  const title = record(law["title"], "title");
  return {
    law_id: text(law, "law_id"),
    title: { fr: text(title, "fr"), en: text(title, "en") },
    opens_at: instant(law, "opens_at"),
    closes_at: law["closes_at"] === null ? null : instant(law, "closes_at"),
    state: oneOf(LAW_STATES, law, "state"),
    codes: oneOf(CODE_KINDS, law, "codes"),
    results: oneOf(RESULTS_WHEN, law, "results"),
    // An API of an earlier release has open laws only, and does not say so.
    form: law["form"] === undefined ? "open" : oneOf(FORMS, law, "form"),
    ...(law["origin"] === undefined ? {} : { origin: text(law, "origin") }),
    ...(law["promise_keys"] === undefined ? {} : { promise_keys: list(law, "promise_keys").map(readPromiseKey) }),
    ...(law["election_key"] === undefined ? {} : { election_key: text(law, "election_key") }),
    ...(law["proof"] === undefined ? {} : { proof: oneOf(PROOFS, law, "proof") }),
  };
}

/** A key of promises, in a law or in what a tab has kept of one. */
export function readPromiseKey(value: unknown): PromiseKey {
  const key = record(value, "promise_keys");
  return { key_id: text(key, "key_id"), public_key: text(key, "public_key") };
}

export function readResultAnswer(value: unknown): Result {
  const result = record(value, "result");
  return {
    oui_count: count(result, "oui_count"),
    non_count: count(result, "non_count"),
    total_votes: count(result, "total_votes"),
    spoiled_count: result["spoiled_count"] === undefined ? 0 : count(result, "spoiled_count"),
    state: oneOf(RESULT_STATES, result, "state"),
    updated_at: result["updated_at"] === null ? null : instant(result, "updated_at"),
  };
}

export function readTurnoutAnswer(value: unknown): Turnout {
  const turnout = record(value, "turnout");
  return {
    eligible: count(turnout, "eligible"),
    voted: count(turnout, "voted"),
    hours: list(turnout, "hours").map((one) => {
      const hour = record(one, "hours");
      return { from: instant(hour, "from"), until: instant(hour, "until"), voted: count(hour, "voted") };
    }),
  };
}

export function readReceiptAnswer(value: unknown): Receipt {
  const receipt = record(value, "receipt");
  const reason = INVALID_REASONS.find((one) => one === receipt["reason"]);
  return {
    ...(reason === undefined ? {} : { reason }),
    request_id: text(receipt, "request_id"),
    law_id: text(receipt, "law_id"),
    status: oneOf(RECEIPT_STATUSES, receipt, "status"),
    updated_at: instant(receipt, "updated_at"),
  };
}

type Members = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param value parsed JSON
 * @param name what it is called, for the message
 * @returns its members
 */
export function record(value: unknown, name: string): Members {
  if (!isRecord(value)) throw new TypeError(`${name} is no object`);
  return value;
}

export function text(members: Members, name: string): string {
  const value = members[name];
  if (typeof value !== "string") throw new TypeError(`${name} is no text`);
  return value;
}

export function oneOf<T extends string>(allowed: readonly T[], members: Members, name: string): T {
  const value = allowed.find((one) => one === members[name]);
  if (value === undefined) throw new TypeError(`${name} is none of ${allowed.join(", ")}`);
  return value;
}

export function list(members: Members, name: string): readonly unknown[] {
  const value = members[name];
  if (!Array.isArray(value)) throw new TypeError(`${name} is no list`);
  return value;
}

function count(members: Members, name: string): number {
  const value = members[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw new TypeError(`${name} is no count`);
  return value;
}

function instant(members: Members, name: string): string {
  const value = text(members, name);
  if (Number.isNaN(Date.parse(value))) throw new TypeError(`${name} is no instant`);
  return value;
}
