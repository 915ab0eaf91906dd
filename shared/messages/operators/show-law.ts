import { z } from "zod";
import { ClosedBoxAnswer, LawCountAnswer } from "./count.ts";
import { defineAct } from "./define-act.ts";
import { DestructionPlan, LegalHold } from "./destruction.ts";
import { JournalEntry } from "./journal.ts";
import { lawId, noCursor, OperatorsLaw } from "./laws.ts";
import { rollDigest, rollWork } from "./rolls.ts";

const count = z.number().int().min(0);
const instant = z.iso.datetime();

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
    /** Its windows in the order in which they came into force; the last ones may still be to come. */
    windows: z.array(
      z.strictObject({
        opens_at: instant,
        closes_at: instant.nullable(),
        /** Since when votes are judged by it; null: from the beginning. */
        from: instant.nullable(),
        /** Until when; null: nothing replaces it. Two overlap if nobody knows which one every `ingest` went by. */
        until: instant.nullable(),
      }),
    ),
    /** The stage's clock. */
    now: instant,
    /** What it was counted with; null: it is not counted. */
    count: LawCountAnswer.nullable(),
    /** Of a sealed law whose box takes no vote any more. */
    box: ClosedBoxAnswer.nullable().default(null),
    /** What has to be done or to happen until the next state, in sentences. */
    missing: z.array(z.string()),
    /** Of a law that is far enough to be destroyed: when, or why not, and what was removed. */
    destruction: DestructionPlan.nullable().default(null),
    /** Why it must not be destroyed; null: it is not on legal hold. */
    hold: LegalHold.nullable().default(null),
    /** The entries of the journal that name this law, in order: at most the first thousand. */
    entries: z.array(JournalEntry),
  }),
});
