import { z } from "zod";
import { defineAct } from "./define-act.ts";
import { lawId, noCursor } from "./laws.ts";

const count = z.number().int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** What happened to an act. */
const JOURNAL_PHASES = ["proposed", "approved", "refused", "begun", "done", "failed"] as const;

/** An entry of the journal. Its hash covers every value before it and the hash of the entry before. */
export const JournalEntry = z.strictObject({
  number: count,
  at: z.iso.datetime(),
  act: z.string(),
  phase: z.enum(JOURNAL_PHASES),
  law_id: lawId.nullable(),
  /** The name of the session, or the claimed name. */
  operator: z.string(),
  /** The caller's ARN; where the name is only claimed: `claimed`. */
  identity: z.string(),
  /** The release that did it. */
  release: z.string(),
  run: z.uuid(),
  /** The request and what came of it, as JSON. It names neither a voter nor a choice. */
  content: z.string(),
  previous: hash,
  hash,
});
export type JournalEntry = z.output<typeof JournalEntry>;

export const readJournal = defineAct({
  name: "read-journal",
  group: "looks",
  people: 1,
  request: z.strictObject({
    law_id: lawId.optional(),
    /** Only entries with a higher number. */
    after: count.optional(),
    limit: z.number().int().min(1).max(1_000).optional(),
  }),
  cursor: noCursor,
  result: z.strictObject({
    entries: z.array(JournalEntry),
    /** The number of the last entry of the journal, whatever its law. */
    last: count,
  }),
});

/** A proposal, and what became of it. */
export const Proposal = z.strictObject({
  id: z.uuid(),
  act: z.string(),
  law_id: lawId.nullable(),
  /** The request as it was proposed, as canonical JSON. */
  request: z.string(),
  hash,
  proposed_by: z.string(),
  proposed_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  state: z.enum(["pending", "approved", "refused", "expired", "done"]),
  decided_by: z.string().nullable(),
});
export type Proposal = z.output<typeof Proposal>;

export const listProposals = defineAct({
  name: "list-proposals",
  group: "looks",
  people: 1,
  request: z.strictObject({ all: z.boolean().optional(), id: z.uuid().optional() }),
  cursor: noCursor,
  result: z.strictObject({ proposals: z.array(Proposal) }),
});

const decision = {
  group: "approvals",
  people: 1,
  request: z.strictObject({ id: z.uuid(), hash }),
  cursor: noCursor,
  result: z.strictObject({ proposal: Proposal }),
} as const;

export const approve = defineAct({ name: "approve", ...decision });
export const refuse = defineAct({ name: "refuse", ...decision });
