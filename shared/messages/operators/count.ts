import { z } from "zod";
import { defineAct } from "./define-act.ts";
import { lawId, noCursor, OperatorsLaw } from "./laws.ts";
import { ledger } from "./ledger.ts";

const count = z.number().int().min(0);
const instant = z.iso.datetime();
const figures = { oui: count, non: count, counted: count, duplicate: count, invalid: count };

/** What a law was counted with. */
export const LawCountAnswer = z.strictObject({
  /** From then on no vote was recorded. */
  ended_at: instant,
  ...figures,
});
export type LawCountAnswer = z.output<typeof LawCountAnswer>;

/** With what a closed law would be counted, before somebody decides that. */
export const planCount = defineAct({
  name: "plan-count",
  group: "looks",
  people: 1,
  request: z.strictObject({ law_id: lawId }),
  cursor: noCursor,
  result: z.strictObject({
    law_id: lawId,
    /** On the roll. */
    voters: count,
    counted: count,
    duplicate: count,
    invalid: count,
    /** Null: withheld, because the public result has not all of the counted votes yet. */
    options: z.strictObject({ oui: count, non: count }).nullable(),
    /** Of the stage: messages that nothing can read, which may be votes of the law. */
    set_aside: count,
    /** Of the stage: receipts that were marked as lost. */
    lost: count,
  }),
});

export const countLaw = defineAct({
  name: "count-law",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId }),
  cursor: z.discriminatedUnion("phase", [
    z.strictObject({ phase: z.literal("quiet"), since: instant, seen: instant }),
    z.strictObject({ phase: z.literal("ledger"), ledger: ledger.cursor.nullable() }),
    z.strictObject({ phase: z.literal("end"), version: count, count: z.strictObject(figures) }),
  ]),
  result: z.strictObject({ law: OperatorsLaw, count: LawCountAnswer }),
});
