import { z } from "zod";
import { OPERATORS_STATES } from "../../domain/law-life.ts";
import { defineAct } from "./define-act.ts";
import { Depths } from "./queues.ts";
import { rollDigest, rollWork } from "./rolls.ts";

const count = z.number().int().min(0);

/** Whether a service answered, and how fast. */
export const ServiceLook = z.strictObject({
  answers: z.boolean(),
  /** Until it answered, or until nobody waited any longer. */
  milliseconds: z.number().min(0),
  /** Why it did not; null: it did. */
  error: z.string().nullable(),
});
export type ServiceLook = z.output<typeof ServiceLook>;

const mapping = z.strictObject({
  /** As Lambda says it: `Enabled`, `Disabled`, or a transition between them. */
  state: z.string(),
  /**
   * Why votes wait: work on a roll is under way, or was cut off and is to be taken up again, or somebody has disabled
   * the mapping. Null: it is enabled, or PostgreSQL, which knows, does not answer.
   */
  paused_by: z.enum(["roll_work", "ended_roll_work", "somebody"]).nullable(),
});

/** What each service that a stage depends on says when it is asked. */
export const StageServices = z.strictObject({
  postgresql: ServiceLook,
  redis: ServiceLook,
  dynamodb: ServiceLook,
  sqs: ServiceLook,
  lambda: ServiceLook,
});

/** The event source mappings of the two consumers. */
export const StageMappings = z.strictObject({ validate: mapping, aggregate: mapping });

/** Null: SQS does not answer. */
export const StageQueues = z.strictObject({ depths: Depths, approximate: z.boolean() }).nullable();

/** A law and its roll. What a store knows that does not answer is null. */
export const StageLaw = z.strictObject({
  law_id: z.string(),
  /** Null: there is a roll, and no law of this id. */
  state: z.enum(OPERATORS_STATES).nullable(),
  /** Voters in PostgreSQL, the truth. */
  voters: count.nullable(),
  /** Voters in Redis, the fast filter. */
  cached: count.nullable(),
  /** The digest of its sealed roll in PostgreSQL; also null: the roll is not sealed, and its votes wait. */
  digest: rollDigest.nullable(),
  /** Whether Redis says that it has a sealed roll whole. Otherwise no vote of the law is decided. */
  complete: z.boolean().nullable(),
  /** Loads and rebuilds that began and have not ended. */
  unfinished: z.array(rollWork).nullable(),
  /** What of law and roll does not go together; null: nothing that is known. */
  mismatch: z.enum(["pepper", "key_version", "pepper_in_redis", "roll_in_redis"]).nullable(),
  /** Of the law's last submissions, how many were invalid. Null: PostgreSQL does not answer, or there is no roll. */
  latest: z.strictObject({ submissions: count, invalid: count }).nullable(),
});
export type StageLaw = z.output<typeof StageLaw>;

/** What a running stage says of itself. */
export const stage = defineAct({
  name: "stage",
  group: "looks",
  people: 1,
  request: z.strictObject({}),
  cursor: z.strictObject({ left: z.array(z.string()), laws: z.array(StageLaw) }),
  result: z.strictObject({
    release: z.string(),
    /** Whether acts that change an election need a second person. */
    two_people: z.boolean(),
    services: StageServices,
    /** The migrations that were applied, in order; null: PostgreSQL does not answer. */
    migrations: z.array(z.string()).nullable(),
    /** Null: Lambda does not answer. */
    mappings: StageMappings.nullable(),
    queues: StageQueues,
    /** In the order of their ids; null: DynamoDB does not answer. */
    laws: z.array(StageLaw).nullable(),
  }),
});
