import { z } from "zod";
import { defineAct } from "./define-act.ts";
import { lawId, noCursor } from "./laws.ts";

const count = z.number().int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** The work queues, as operators name them. */
export const QUEUE_NAMES = ["votes", "outcomes"] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];
const queueName = z.enum(QUEUE_NAMES);

const depth = z.strictObject({ waiting: count, under_way: count });
/** How many messages are in each queue and dead-letter queue. On AWS the figures are approximate. */
export const Depths = z.strictObject({
  votes: depth,
  outcomes: depth,
  votes_dead_letters: depth,
  outcomes_dead_letters: depth,
});
export type Depths = z.output<typeof Depths>;

export const queueDepths = defineAct({
  name: "queue-depths",
  group: "looks",
  people: 1,
  request: z.strictObject({}),
  cursor: noCursor,
  result: z.strictObject({
    depths: Depths,
    /** Whether many machines answer, so that one reading proves nothing. */
    approximate: z.boolean(),
  }),
});

const redriven = z.strictObject({
  queue: queueName,
  moved: count,
  /** Left, because this release cannot read them. */
  unreadable: count,
  /** Left, because the queue did not confirm them. */
  unconfirmed: count,
  /** Hidden by another run or a step before: visible again within a minute, ten at most. */
  hidden: count,
});

export const redrive = defineAct({
  name: "redrive",
  group: "acts",
  people: 1,
  request: z.strictObject({
    queues: z.array(queueName).min(1).max(2),
    /** At most this many. A step whose answer was lost is done again, and may then move as many more. */
    max: z.number().int().min(1).optional(),
    even_unreadable: z.boolean().optional(),
  }),
  cursor: z.strictObject({
    done: z.array(redriven).max(2),
    now: redriven.optional(),
    /** How many dead letters of the queue of now are still received at most. */
    budget: count.optional(),
  }),
  result: z.strictObject({ queues: z.array(redriven) }),
});

const settled = {
  /** Voters whose earliest submission was counted, because none of theirs was. */
  counted: count,
  /** Other dead letters of the law that were sent back. */
  sent_back: count,
  unconfirmed: count,
};

export const settle = defineAct({
  name: "settle",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId, unreadable_votes: count.optional() }),
  cursor: z.strictObject({
    phase: z.enum(["quiet", "failed", "first", "rest", "end"]),
    ...settled,
    /** Readings of empty queues in a row, and pauses. */
    readings: count,
    waits: count,
    /** Messages in the queues at the last pause, and for how many pauses there have been as many. */
    seen: count,
    still: count,
    without_choice: count,
    first_vote_fails: count,
  }),
  result: z.strictObject({
    law_id: lawId,
    ...settled,
    /** Left: their voters have no participation, and an earlier release wrote them without their choice. */
    without_choice: count,
    /** Left: the first vote of their voters is known, and cannot be recorded. */
    first_vote_fails: count,
  }),
});

export const planSettling = defineAct({
  name: "plan-settling",
  group: "looks",
  people: 1,
  request: z.strictObject({ law_id: lawId }),
  cursor: noCursor,
  result: z.strictObject({
    law_id: lawId,
    /** Dead letters of outcomes that are of this law. */
    dead_letters: count,
    /** Voters whose earliest submission would be counted. */
    would_count: count,
    would_send_back: count,
    /** They would be left: written by an earlier release, without their choice. */
    without_choice: count,
    /** False when there are more than could be looked at within the time. */
    complete: z.boolean(),
  }),
});

const unreadable = z.strictObject({
  /** Of the body: a keyed hash, so that it does not tell what was voted. */
  fingerprint: hash,
  bytes: count,
  /** How many messages have this body. */
  messages: z.number().int().min(1),
  /** The law of the submission that it names; null: it names none, and may be of any law. */
  law_id: lawId.nullable().default(null),
});

export const deadLetters = defineAct({
  name: "dead-letters",
  group: "looks",
  people: 1,
  request: z.strictObject({ queue: queueName }),
  cursor: noCursor,
  result: z.strictObject({
    /** Those that this release can read. */
    readable: count,
    unreadable: z.array(unreadable),
    /** False when there are more than could be read within the time. */
    complete: z.boolean(),
  }),
});

const whichMessages = { queue: queueName, fingerprint: hash };

export const setAside = defineAct({
  name: "set-aside",
  group: "acts",
  people: 2,
  request: z.strictObject({
    ...whichMessages,
    reason: z.string().trim().min(3).max(500),
    /** As the look at dead letters says it: the act is in the public log of this law then, and of every law without. */
    law_id: lawId.optional(),
  }),
  cursor: z.strictObject({ set_aside: count }),
  result: z.strictObject({ ...whichMessages, set_aside: count }),
});

export const undoSetAside = defineAct({
  name: "undo-set-aside",
  group: "acts",
  people: 2,
  request: z.strictObject({
    fingerprint: hash,
    /** The law with which it was set aside. */
    law_id: lawId.optional(),
  }),
  cursor: z.strictObject({ sent_back: count }),
  result: z.strictObject({ fingerprint: hash, sent_back: count }),
});

export const listSetAside = defineAct({
  name: "list-set-aside",
  group: "looks",
  people: 1,
  request: z.strictObject({}),
  cursor: noCursor,
  result: z.strictObject({
    messages: z.array(
      z.strictObject({
        ...whichMessages,
        messages: count,
        reason: z.string(),
        at: z.iso.datetime(),
        undone: z.boolean(),
        law_id: lawId.nullable().default(null),
      }),
    ),
  }),
});
