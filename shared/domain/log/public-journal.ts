import { hash } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";

/** An entry of the journal, without the names of people. */
export interface JournalFacts {
  readonly number: number;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly act: string;
  readonly phase: string;
  /** Null: an act on the stage. */
  readonly lawId: string | null;
  /** Who: a salted hash, in hexadecimal digits. */
  readonly by: string;
  /** The role of the account that the person had taken; empty where nobody checks who calls. */
  readonly roleName: string;
  /** Who approved it, as `by`; null: nobody had to. */
  readonly approvedBy: string | null;
  /** What the journal keeps of the request or of what came of it, as JSON. */
  readonly content: string;
}

/** What the first entry of a law's journal names as the one before. */
export const NO_ENTRY = "0".repeat(64);

const WINDOW = ["opens", "closes", "at", "until", "reopen", "in_force_at"] as const;
/** The window that an act has made; without an end, the law stays open until somebody closes it. */
const MADE = ["law.opens_at", "law.closes_at"] as const;
const DRAFT = ["form", "codes", "results", "proof", "expected_voters", "title", "title_fr", "title_en"] as const;
const TRUSTEES = ["election_key", "signing_key", "key_id", "split_id", "threshold", "trustees"] as const;

/**
 * What the public learns of each act: fields of its request and of its result, as paths. What is not named here stays
 * in the journal. No field that tells of a voter, of a choice or of a tally may be named.
 */
const DETAILS: Readonly<Record<string, readonly string[]>> = {
  "add-law": [...DRAFT, ...WINDOW],
  "change-draft": [...DRAFT, ...WINDOW],
  "open-law": [...WINDOW, ...MADE],
  "close-law": [...WINDOW, ...MADE],
  "freeze-law": ["frozen", "changed"],
  "unfreeze-law": ["frozen", "changed"],
  "change-promise-key": ["changed", "key_id"],
  "register-keys": TRUSTEES.map((name) => `keys.${name}`),
  "register-test-opening": ["key_id", "split_id", "made_at"].map((name) => `statement.${name}`),
  "export-box": ["sha256"],
  "bring-opening": ["sha256", "number", "envelopes"],
  "withdraw-opening": ["sha256", "reason"],
  "count-law": ["box.envelopes"],
  "certify-law": ["sha256"],
  "publish-law": ["submissions", "sha256"],
  "begin-load": ["file.voters"],
  "abandon-load": ["voters"],
  "seal-roll": ["expect", "digest"],
  "prepare-roll-change": ["kind", "voters"],
  "change-roll": ["kind", "voters", "at", "in_force_at", "on_roll", "digest"],
  settle: ["counted", "sent_back"],
  "set-aside": ["queue", "fingerprint", "reason", "set_aside"],
  "undo-set-aside": ["fingerprint", "sent_back"],
  "hold-law": [],
  "release-hold": [],
  "destroy-law": [],
  "clear-destroyed-roll": ["certificate.ended_at"],
  "mark-lost": ["orphans", "sha256", "marked"],
  "restore-acts": ["entries", "set_aside"],
  "restore-roll-changes": ["changes"],
  "restore-log": ["epochs", "entries", "size"],
};

/**
 * The public text of an entry of the journal: a line of JSON, with names in order. It names people by salted hashes.
 *
 * @param facts the entry
 * @param previous SHA-256 of the public text before it in the same log, in hexadecimal digits
 */
export function publicText(facts: JournalFacts, previous: string): string {
  const { number, at, act, phase, lawId, by, approvedBy } = facts;
  return canonicalJson({
    number,
    at,
    act,
    phase,
    law_id: lawId,
    by,
    role: roleOf(facts),
    ...(approvedBy === null ? {} : { approved_by: approvedBy }),
    details: detailsOf(facts),
    previous,
  });
}

/** SHA-256 of a public text, as the next one names it. */
export function textHash(text: string): string {
  return hash("sha256", text, "hex");
}

/** The function that a person held. Where nobody checks it, the act tells it. */
function roleOf({ roleName, phase }: JournalFacts): string {
  const [role] = /break-?glass|approver|operator|reader/i.exec(roleName) ?? [];
  if (role !== undefined) return role.toLowerCase().replace("breakglass", "break-glass");
  return phase === "approved" || phase === "refused" ? "approver" : "operator";
}

function detailsOf({ act, phase, content }: JournalFacts): Record<string, unknown> {
  const said: unknown = JSON.parse(content);
  const { request, result, proposal, hash: requestHash } = fieldsOf(said);
  return {
    ...named(act, request),
    ...(phase === "done" ? named(act, result) : {}),
    ...(typeof proposal === "string" ? { proposal } : {}),
    ...(typeof requestHash === "string" ? { request_sha256: requestHash } : {}),
  };
}

function named(act: string, said: unknown): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const path of DETAILS[act] ?? []) {
    const names = path.split(".");
    const value = names.reduce<unknown>((part, name) => fieldsOf(part)[name], said);
    // Texts, numbers, and yes or no: never a part with fields that nobody has looked at.
    if (["string", "number", "boolean"].includes(typeof value)) found[names.at(-1) ?? path] = value;
  }
  return found;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
