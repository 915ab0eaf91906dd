import { z } from "zod";
import { defineAct } from "./define-act.ts";
import { lawId, OperatorsLaw } from "./laws.ts";
import { ledger } from "./ledger.ts";

const count = z.number().int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const certifyLaw = defineAct({
  name: "certify-law",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId }),
  cursor: z.discriminatedUnion("phase", [
    z.strictObject({ phase: z.literal("clear") }),
    z.strictObject({ phase: z.literal("log") }),
    z.strictObject({ phase: z.literal("ledger"), ledger: ledger.cursor.nullable() }),
    z.strictObject({ phase: z.literal("list"), after: z.string() }),
    z.strictObject({ phase: z.literal("compare"), place: count, matching: count, differing: count }),
    z.strictObject({ phase: z.literal("write") }),
    z.strictObject({ phase: z.literal("sign") }),
  ]),
  result: z.strictObject({
    law: OperatorsLaw,
    /** A line of JSON: docs/verifiability.md says what it has. */
    certificate: z.string(),
    /** Of the certificate. */
    sha256,
  }),
});

export const publishLaw = defineAct({
  name: "publish-law",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId }),
  cursor: z.strictObject({ phase: z.enum(["lists", "clear"]) }),
  result: z.strictObject({
    law: OperatorsLaw,
    /** In the published list. */
    submissions: count,
    submission_parts: count,
    /** Of the opened list of a sealed law. */
    opened_parts: count,
    /** Of the certificate. */
    sha256,
  }),
});
