import { z } from "zod";
import { defineAct } from "./define-act.ts";
import { lawId, OperatorsLaw } from "./laws.ts";
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
