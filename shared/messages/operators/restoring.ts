import { z } from "zod";
import { defineAct } from "./define-act.ts";
import { lawId } from "./laws.ts";

const count = z.number().int().min(0);
/** An act that began and whose end the journal does not have. */
const unfinished = z.strictObject({ act: z.string(), law_id: lawId.nullable(), run: z.uuid(), operator: z.string() });

/** The journal, proposals and messages that are set aside, of which PostgreSQL was restored to a moment before. */
export const restoreActs = defineAct({
  name: "restore-acts",
  group: "acts",
  people: 1,
  request: z.strictObject({}),
  cursor: z.strictObject({
    entries: count,
    set_aside: count,
    /** The last message that was looked at; null while the journal is brought back. */
    after: z.string().max(200).nullable(),
  }),
  result: z.strictObject({
    /** Entries of the journal that PostgreSQL has again. */
    entries: count,
    /** Messages that are set aside and that PostgreSQL has again. */
    set_aside: count,
    /** The first hundred of the acts that began and whose end is not known: repeat them if they are still wanted. */
    unfinished: z.array(unfinished).max(100),
  }),
});

/** The acts on sealed rolls of which PostgreSQL was restored to a moment before. */
export const restoreRollChanges = defineAct({
  name: "restore-roll-changes",
  group: "rolls",
  people: 1,
  request: z.strictObject({}),
  cursor: z.strictObject({ changes: count }),
  result: z.strictObject({
    changes: count,
    /** Laws with changes that wait until their rolls are loaded and sealed again. */
    waiting: z.array(lawId),
  }),
});

/** The public log of a law, of which PostgreSQL was restored to a moment before what is published. */
export const restoreLog = defineAct({
  name: "restore-log",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId }),
  cursor: z.strictObject({ epochs: count, entries: count }),
  result: z.strictObject({
    law_id: lawId,
    /** What PostgreSQL has again. */
    epochs: count,
    entries: count,
    /** How many entries the log has. */
    size: count,
  }),
});
