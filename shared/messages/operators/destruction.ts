import { z } from "zod";
import { LASTING_COPIES } from "../../domain/destruction.ts";
import { LAW_FORMS } from "../../domain/law.ts";
import { defineAct } from "./define-act.ts";
import { lawId, noCursor, OperatorsLaw } from "./laws.ts";

const count = z.number().int().min(0);
const instant = z.iso.datetime();
const reason = z.string().trim().min(1).max(500);

/** How many rows, receipts, voters and objects were removed, by name. */
const removed = z.record(z.string(), count);

/** What was removed of a law, when, and what may still be found in copies until which day. */
export const DestructionCertificate = z.strictObject({
  law_id: lawId,
  title: z.string(),
  form: z.enum(LAW_FORMS).nullable(),
  origin: z.string().nullable(),
  /** What the legal term is counted from. */
  concluded_as: z.enum(["counted", "published"]),
  concluded_at: instant,
  legal_term_days: count,
  begun_at: instant,
  ended_at: instant,
  removed,
  /** The last day on which copies may have what was removed; the list has the copies that the stage keeps by itself. */
  copies: z.array(z.strictObject({ copy: z.enum(LASTING_COPIES), last_day: z.iso.date() })),
  /** Versions of secrets that the law has used. */
  keys: z.array(
    z.strictObject({
      secret: z.enum(["law", "pepper", "promise"]),
      version: count,
      used_by_others: z.boolean(),
    }),
  ),
  /** Messages of the stage that are set aside and name no submission: nobody knows of which law they are. */
  set_aside_without_law: count,
  /** Of a sealed law: how many shares its trustees have to destroy; 0 for any other. */
  shares: count,
});
export type DestructionCertificate = z.output<typeof DestructionCertificate>;

/** Why a law must not be destroyed, since when, and who said so. */
export const LegalHold = z.strictObject({ reason: z.string(), by: z.string(), since: instant });
export type LegalHold = z.output<typeof LegalHold>;

/** What is known of the destruction of a law that is far enough for it. */
export const DestructionPlan = z.strictObject({
  /** When it was counted or published. */
  concluded_at: instant,
  legal_term_days: count,
  /** From when on it may be destroyed, if no hold forbids it. */
  from: instant,
  /** Null: it is not on legal hold. */
  hold: LegalHold.nullable(),
  begun_at: instant.nullable(),
  /** Whether PostgreSQL and the receipts have nothing of it any more: only its end is missing. */
  rows_gone: z.boolean(),
  /** What has been removed until now. */
  removed,
  /** Null: it has not ended. */
  certificate: DestructionCertificate.nullable(),
});
export type DestructionPlan = z.output<typeof DestructionPlan>;

/** What destroying a law would remove, before somebody decides that. */
export const planDestruction = defineAct({
  name: "plan-destruction",
  group: "looks",
  people: 1,
  request: z.strictObject({ law_id: lawId }),
  cursor: noCursor,
  result: z.strictObject({
    law: OperatorsLaw,
    /** Null: it is not far enough. */
    plan: DestructionPlan.nullable(),
    /** On the roll when it was sealed or last changed. */
    voters: count,
    /** Submissions that were recorded. */
    submissions: count,
  }),
});

/** Keeps a law from being destroyed. */
export const holdLaw = defineAct({
  name: "hold-law",
  group: "acts",
  people: 1,
  request: z.strictObject({ law_id: lawId, reason }),
  cursor: noCursor,
  result: z.strictObject({ law_id: lawId }),
});

/** Allows a law to be destroyed again, when its term is over. */
export const releaseHold = defineAct({
  name: "release-hold",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId, reason }),
  cursor: noCursor,
  result: z.strictObject({ law_id: lawId }),
});

/** Removes what is left of a law from PostgreSQL, the receipts, and of the archive what `operate` has written. */
export const destroyLaw = defineAct({
  name: "destroy-law",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId }),
  cursor: z.discriminatedUnion("phase", [
    z.strictObject({ phase: z.literal("copies") }),
    z.strictObject({ phase: z.literal("rows") }),
    z.strictObject({
      phase: z.literal("receipts"),
      /** Of each segment of the table the last item that was read; null: it has ended. */
      segments: z.array(z.string().nullable()),
      read: count,
    }),
  ]),
  result: z.strictObject({ law: OperatorsLaw, removed }),
});

/** Removes the roll of a destroyed law from Redis and the changes of its roll from the archive, and ends it. */
export const clearDestroyedRoll = defineAct({
  name: "clear-destroyed-roll",
  group: "rolls",
  people: 1,
  request: z.strictObject({ law_id: lawId }),
  cursor: noCursor,
  result: z.strictObject({ certificate: DestructionCertificate }),
});
