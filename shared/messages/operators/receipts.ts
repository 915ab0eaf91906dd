import { z } from "zod";
import { STATUSES } from "../../domain/outcome.ts";
import { defineAct } from "./define-act.ts";
import { lawId, noCursor } from "./laws.ts";

const count = z.number().int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** How far a table of DynamoDB is read: of each segment the last item as JSON; null where it has ended. */
export const Scanning = z.strictObject({
  segments: z.array(z.string().max(2_000).nullable()).min(1).max(64),
  read: count,
});

const RestoreCursor = z.strictObject({
  phase: z.enum(["receipts", "missing", "orphans", "done"]),
  receipts: Scanning,
  after: z.string().max(200).nullable(),
  written: count,
});

/** Receipts that say what PostgreSQL does not know. */
const orphans = {
  orphans: count,
  /** SHA-256 of their list as a file. */
  sha256: hash,
};

export const restoreReceipts = defineAct({
  name: "restore-receipts",
  group: "acts",
  people: 1,
  request: z.strictObject({}),
  cursor: RestoreCursor,
  result: z.strictObject({
    written: count,
    ...orphans,
    counted: count,
    /** Names the list for list-orphans; it is kept for a day. */
    comparison: z.uuid(),
  }),
});

export const compareReceipts = defineAct({
  name: "compare-receipts",
  group: "looks",
  people: 1,
  request: z.strictObject({}),
  cursor: RestoreCursor,
  result: z.strictObject({
    /** Receipts that restore-receipts would write. */
    missing: count,
    ...orphans,
    counted: count,
    comparison: z.uuid(),
  }),
});

const Orphan = z.strictObject({
  request_id: z.string(),
  law_id: lawId,
  status: z.enum(STATUSES),
  accepted_at: z.string(),
});

export const listOrphans = defineAct({
  name: "list-orphans",
  group: "looks",
  people: 1,
  request: z.strictObject({
    comparison: z.uuid(),
    after: Orphan.pick({ request_id: true, status: true }).optional(),
    limit: z.number().int().min(1).max(10_000).optional(),
  }),
  cursor: noCursor,
  result: z.strictObject({ orphans: z.array(Orphan) }),
});

export const markLost = defineAct({
  name: "mark-lost",
  group: "acts",
  people: 2,
  request: z.strictObject(orphans),
  cursor: z.strictObject({
    restore: RestoreCursor,
    /** The last receipt that is marked; null: none yet. */
    after: Orphan.pick({ request_id: true, status: true }).nullable(),
    marked: count,
  }),
  result: z.strictObject({ ...orphans, marked: count }),
});
