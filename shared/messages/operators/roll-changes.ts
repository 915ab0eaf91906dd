import { z } from "zod";
import { ROLL_CHANGES } from "../../domain/roll-row.ts";
import { defineAct } from "./define-act.ts";
import { lawId, noCursor } from "./laws.ts";
import { rollDigest } from "./rolls.ts";

/** Voters of one change. */
export const MOST_CHANGED = 5_000;
/** `line,nas,code;` with the longest of each. */
const MOST_CHARACTERS = MOST_CHANGED * 60;

const count = z.number().int().min(0);
const instant = z.iso.datetime();
const kind = z.enum(ROLL_CHANGES);

/**
 * The one step that reads NAS and codes. What it keeps of them are hashes, under an id that the next act names:
 * requests of acts that two people want are kept in clear until somebody decides.
 */
export const prepareRollChange = defineAct({
  name: "prepare-roll-change",
  group: "rolls",
  people: 1,
  request: z.strictObject({
    law_id: lawId,
    kind: z.enum([...ROLL_CHANGES, "find"]),
    /** `line,nas,code;line,nas,code;…`; without codes, `line,nas;line,nas;…`, to strike and to find. */
    voters: z.string().min(1).max(MOST_CHARACTERS),
  }),
  cursor: noCursor,
  result: z.strictObject({
    draft: z.uuid(),
    /** How many voters it is about. */
    voters: count,
  }),
});

export const changeRoll = defineAct({
  name: "change-roll",
  group: "rolls",
  people: 2,
  request: z.strictObject({
    law_id: lawId,
    kind,
    draft: z.uuid(),
    /** How many voters, as the person has been told. */
    voters: z.number().int().min(1).max(MOST_CHANGED),
    /** When it is in force; absent: as soon as it is known everywhere. */
    at: instant.optional(),
  }),
  /** The change is noted. How many of its buckets of Redis are compared with PostgreSQL, and of how many. */
  cursor: z.strictObject({ compared: count, buckets: count }),
  result: z.strictObject({
    law_id: lawId,
    kind,
    voters: count,
    in_force_at: instant,
    /** Voters on the roll once it is in force, and their digest. */
    on_roll: count,
    digest: rollDigest,
    /** Whether the votes of the law are decided. */
    complete: z.boolean(),
  }),
});

export const findVoter = defineAct({
  name: "find-voter",
  group: "rolls",
  people: 2,
  request: z.strictObject({ law_id: lawId, draft: z.uuid() }),
  cursor: noCursor,
  result: z.strictObject({
    law_id: lawId,
    /** Whether the person has a code that is on the roll, now or from an announced moment on. */
    on_roll: z.boolean(),
    /** Whether a vote of the person is counted. A vote that is still on its way is not known yet. */
    has_voted: z.boolean(),
  }),
});
