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
  /** Ballots of a sealed law that do not count. A release without sealed laws does not say it. */
  spoiled: count.default(0),
});
export type LawCountAnswer = z.output<typeof LawCountAnswer>;

/** The box of a sealed law, when it takes no vote any more. */
export const ClosedBoxAnswer = z.strictObject({
  /** From then on no vote was recorded. */
  ended_at: instant,
  envelopes: count,
  duplicate: count,
  invalid: count,
  /** The openings that were brought, in their order. */
  openings: z.array(
    z.strictObject({
      /** Of the opened list. */
      sha256: z.string(),
      brought_by: z.string(),
      brought_at: instant,
      /** Ballots that do not count. */
      spoiled: count,
    }),
  ),
});
export type ClosedBoxAnswer = z.output<typeof ClosedBoxAnswer>;

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
    /** Of a sealed law: its box is to be closed, or it is closed. */
    box: z
      .union([z.literal("open"), ClosedBoxAnswer])
      .nullable()
      .default(null),
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
    z.strictObject({
      phase: z.literal("ballots"),
      version: count,
      ballots: z.strictObject({ added: count, total: count }),
    }),
  ]),
  result: z.strictObject({
    law: OperatorsLaw,
    /** Null: the box of a sealed law was closed, and the law is not counted yet. */
    count: LawCountAnswer.nullable(),
    /** Of a sealed law. */
    box: ClosedBoxAnswer.nullable().default(null),
  }),
});
