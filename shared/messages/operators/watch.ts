import { z } from "zod";
import { defineAct } from "./define-act.ts";
import { JournalEntry, Proposal } from "./journal.ts";
import { noCursor, OperatorsLaw } from "./laws.ts";
import { rollWork } from "./rolls.ts";
import { StageMappings, StageQueues, StageServices } from "./stage.ts";

const count = z.number().int().min(0);

/** A law on voting day. What a store knows that does not answer is null. */
export const WatchedLaw = OperatorsLaw.extend({
  /** Voters on its roll in PostgreSQL. */
  voters: count.nullable(),
  /** Whether Redis has the roll that was sealed. Otherwise no vote of the law is decided. */
  complete: z.boolean().nullable(),
  /** Loads and rebuilds that began and have not ended. */
  unfinished: z.array(rollWork).nullable(),
  /** Votes that are counted, whatever for. */
  counted: count.nullable(),
});
export type WatchedLaw = z.output<typeof WatchedLaw>;

/**
 * What a person watches on voting day, in one step that is cheap enough to be asked every few seconds: unlike `stage`,
 * it does not count the roll in Redis.
 */
export const watchStage = defineAct({
  name: "watch-stage",
  group: "looks",
  people: 1,
  request: z.strictObject({}),
  cursor: noCursor,
  result: z.strictObject({
    /** The stage's clock. */
    now: z.iso.datetime(),
    release: z.string(),
    /** Whether acts that change an election need a second person. */
    two_people: z.boolean(),
    /** Who asks, and whether that name is certain enough to decide on another person's proposal. */
    operator: z.strictObject({ name: z.string(), pinned: z.boolean() }),
    services: StageServices,
    /** Null: Lambda does not answer. */
    mappings: StageMappings.nullable(),
    queues: StageQueues,
    /** In the order of their ids; null: DynamoDB does not answer. */
    laws: z.array(WatchedLaw).nullable(),
    /** What waits for a second person, or was approved and is not done; null: PostgreSQL does not answer. */
    proposals: z.array(Proposal).nullable(),
    /** The end of the journal, in order; null: PostgreSQL does not answer. */
    entries: z.array(JournalEntry).nullable(),
  }),
});
export type WatchedStage = z.output<typeof watchStage.result>;
