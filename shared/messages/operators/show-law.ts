import { z } from "zod";
import { defineAct } from "./define-act.ts";
import { JournalEntry } from "./journal.ts";
import { lawId, noCursor, OperatorsLaw } from "./laws.ts";
import { rollDigest, rollWork } from "./rolls.ts";

const count = z.number().int().min(0);

/** Where a law stands, what is missing for its next state, and who did what. */
export const showLaw = defineAct({
  name: "show-law",
  group: "looks",
  people: 1,
  request: z.strictObject({ law_id: lawId }),
  cursor: noCursor,
  result: z.strictObject({
    law: OperatorsLaw,
    roll: z.strictObject({
      /** In PostgreSQL. */
      voters: count,
      /** In Redis. */
      cached: count,
      /** The digest of the sealed roll; null: it is not sealed. */
      digest: rollDigest.nullable(),
      /** Whether its votes are decided. */
      complete: z.boolean(),
      unfinished: z.array(rollWork),
    }),
    /** What has to be done or to happen until the next state, in sentences. */
    missing: z.array(z.string()),
    /** The entries of the journal that name this law, in order: at most the first thousand. */
    entries: z.array(JournalEntry),
  }),
});
