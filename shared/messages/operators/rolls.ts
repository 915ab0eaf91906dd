import { z } from "zod";
import { ROLL_WORK_KINDS } from "../../domain/roll.ts";
import { defineAct } from "./define-act.ts";
import { lawId, noCursor, OperatorsLaw } from "./laws.ts";

/** Voters in a chunk of a roll file, but for the last chunk. */
export const CHUNK_VOTERS = 50_000;
/** Codes that are made or checked at a time. */
export const MOST_CODES = 50_000;
/** A body of the operators' API has at most 4 MB; what is around the voters takes little. */
const MOST_CHARACTERS = 3_900_000;
/** How many lines of a file are named. All are counted. */
export const MOST_LINES = 1_000;

const count = z.number().int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Of a sealed roll (shared/domain/roll-digest.ts). */
export const rollDigest = sha256;
const laws = z.array(lawId).min(1).max(1_000);
const lines = z.array(count).max(MOST_LINES);

/** Work on a roll that has begun and not ended. */
export const rollWork = z.strictObject({
  kind: z.enum(ROLL_WORK_KINDS),
  source_name: z.string(),
  lines_done: count,
  is_running: z.boolean(),
});

/** A law's roll after a rebuild. */
export const RollAnswer = z.strictObject({
  law_id: lawId,
  /** In PostgreSQL. */
  voters: count,
  /** In Redis. */
  cached: count,
  /** Whether the votes of the law are decided. */
  complete: z.boolean(),
  unfinished: z.array(rollWork),
});
export type RollAnswer = z.output<typeof RollAnswer>;

/** Whether `validate` gets votes after work on a roll. */
const feeding = z.enum(["fed", "others_at_work", "disabled_before"]);

/** What became of voters of a file, on the roll of one law. */
const tally = {
  law_id: lawId,
  /** New on the roll. */
  loaded: count,
  /** On the roll before. */
  known: count,
  /** Persons who are on the roll under another code, and the first of their lines. */
  conflicts: count,
  conflict_lines: lines,
  /** Voters whose code is none of this stage's, and the first of their lines. */
  refused: count,
  refused_lines: lines,
} as const;
export const LoadTally = z.strictObject(tally);
export type LoadTally = z.output<typeof LoadTally>;

/**
 * What became of a whole file. The id is the keyed chain of its chunks: the journal can say later which file was
 * loaded, and nobody can find the content of a file by trying. Absent: the load was ended by an earlier release.
 */
const fileTally = { ...tally, file_id: sha256.optional() } as const;
export const FileTally = z.strictObject(fileTally);
export type FileTally = z.output<typeof FileTally>;

/** A roll file, as it was found by whoever has it. */
export const AnnouncedFile = z.strictObject({
  /** Of its bytes. It names the file in the steps of its load. */
  sha256,
  name: z.string().min(1).max(200),
  lines: count,
  voters: z.number().int().min(1),
  /** The digest of each chunk (operations/roll/file/chunk-text.ts). */
  chunks: z.array(sha256).min(1).max(40_000),
});
export type AnnouncedFile = z.output<typeof AnnouncedFile>;

export const beginLoad = defineAct({
  name: "begin-load",
  group: "rolls",
  people: 1,
  request: z.strictObject({ laws, file: AnnouncedFile }),
  cursor: noCursor,
  result: z.strictObject({
    /** The chunk to send first: not 0 when the same file was begun before. */
    next_chunk: count,
  }),
});

export const loadChunk = defineAct({
  name: "load-chunk",
  group: "rolls",
  people: 1,
  request: z.strictObject({
    laws,
    sha256,
    /** From 0. */
    number: count,
    /** `line,nas,code;line,nas,code;…` */
    voters: z.string().min(1).max(MOST_CHARACTERS),
  }),
  cursor: noCursor,
  result: z.strictObject({
    next_chunk: count,
    laws: z.array(LoadTally),
  }),
});

/** A law's roll after a load. Redis gets it when it is sealed. */
const draftRoll = z.strictObject({ law_id: lawId, voters: count, unfinished: z.array(rollWork) });

const loaded = z.strictObject({ ...draftRoll.shape, ...fileTally });

export const finishLoad = defineAct({
  name: "finish-load",
  group: "rolls",
  people: 1,
  request: z.strictObject({ laws, sha256 }),
  /** What was received is what was announced. */
  cursor: z.strictObject({ tallies: z.array(FileTally) }),
  result: z.strictObject({ laws: z.array(loaded) }),
});

export const stopRollWork = defineAct({
  name: "stop-roll-work",
  group: "rolls",
  people: 1,
  request: z.strictObject({
    laws,
    /** The file whose load is interrupted; absent: a rebuild is. */
    sha256: sha256.optional(),
  }),
  /** Nobody goes on with the work; `validate` is about to go on. */
  cursor: z.strictObject({ paused_by: z.uuid().nullable() }),
  result: z.strictObject({
    laws: z.array(z.strictObject({ law_id: lawId, unfinished: z.array(rollWork) })),
    validate: feeding,
  }),
});

export const abandonLoad = defineAct({
  name: "abandon-load",
  group: "rolls",
  people: 2,
  request: z.strictObject({
    law_id: lawId,
    /** How many voters the roll has, as the person has been told. */
    voters: count,
  }),
  cursor: noCursor,
  result: z.strictObject({ roll: draftRoll }),
});

export const sealRoll = defineAct({
  name: "seal-roll",
  group: "rolls",
  people: 2,
  request: z.strictObject({
    law_id: lawId,
    /** How many voters the roll must have. */
    expect: z.number().int().min(1),
    /** The version of the law that the person has seen: no other one is sealed. A second person must be told of one. */
    version: count.optional(),
  }),
  /** How many of the 65,536 buckets of Redis are filled. */
  cursor: z.strictObject({ buckets: count }),
  result: z.strictObject({ law: OperatorsLaw, digest: rollDigest }),
});

const rebuilt = z.strictObject({
  ...RollAnswer.shape,
  /** Restored claims; null when another rebuild of the same roll has ended first. */
  claims: count.nullable(),
});

export const rebuildRolls = defineAct({
  name: "rebuild-rolls",
  group: "rolls",
  people: 1,
  /** Without laws: every law whose roll is sealed. */
  request: z.strictObject({ laws: laws.optional() }),
  cursor: z.strictObject({
    laws: z.array(lawId),
    /**
     * The rolls are marked and `validate` stops; then votes that it has decided are recorded, and the rolls restored.
     */
    phase: z.enum(["pausing", "recording", "restoring", "completing", "resuming"]),
    /** For how long, in milliseconds, decided votes have been waited for, and how often in a row there were none. */
    waited_ms: count,
    empty: count,
    /** Decided votes that were not recorded in time. */
    left: count,
    /** Voters restored by these steps. */
    restored: count,
    claims: z.record(lawId, count),
    completed: z.array(rebuilt),
  }),
  result: z.strictObject({
    laws: z.array(rebuilt),
    /** Decided votes that were still to be recorded when the rebuild went on; PostgreSQL has the last word on them. */
    outcomes_left: count,
    validate: feeding,
  }),
});

const rollCount = z.strictObject({
  law_id: lawId,
  /** The truth. */
  postgresql: count,
  /** The fast filter. */
  redis: count,
  /** The digest of the sealed roll; null: it is not sealed, and its votes wait. */
  digest: rollDigest.nullable(),
  /** Whether Redis names this digest. Otherwise no vote of the law is decided. */
  complete: z.boolean(),
  unfinished: z.array(rollWork),
});

export const countRolls = defineAct({
  name: "count-rolls",
  group: "roll-looks",
  people: 1,
  /** Without laws: every law, and every roll without one. */
  request: z.strictObject({ laws: laws.optional() }),
  cursor: z.strictObject({ left: z.array(lawId), counted: z.array(rollCount) }),
  result: z.strictObject({ laws: z.array(rollCount) }),
});

export const findLoad = defineAct({
  name: "find-load",
  group: "roll-looks",
  people: 1,
  request: z.strictObject({
    law_id: lawId,
    /** The digests of the file's chunks, as a load announces them. */
    chunks: AnnouncedFile.shape.chunks,
  }),
  cursor: noCursor,
  result: z.strictObject({
    /** The last load of exactly these voters in these lines; null: there was none. */
    load: z.strictObject({ at: z.iso.datetime(), left_out: count }).nullable(),
    /** Whether the law has loads of which nobody knows the file any more, because an earlier release ended them. */
    has_unknown_loads: z.boolean(),
    /** The roll now. */
    voters: count,
    sealed: z.boolean(),
    /** Acts that have changed the sealed roll. */
    changes: count,
  }),
});

const codes = z
  .string()
  .max(MOST_CODES * 33)
  .regex(/^[A-Za-z0-9]{6,32}(?:;[A-Za-z0-9]{6,32})*$/);

export const checkCodes = defineAct({
  name: "check-codes",
  group: "roll-looks",
  people: 1,
  request: z.strictObject({
    law_id: lawId,
    /** `code;code;…`, without their voters. */
    codes,
  }),
  cursor: noCursor,
  result: z.strictObject({
    /** Whether the law takes only codes of this stage. */
    checked: z.boolean(),
    /** Positions of codes that the law does not take, from 0. */
    refused: z.array(count),
  }),
});

export const makeCodes = defineAct({
  name: "make-codes",
  group: "roll-looks",
  people: 1,
  request: z.strictObject({ law_id: lawId, count: z.number().int().min(1).max(MOST_CODES) }),
  cursor: noCursor,
  result: z.strictObject({
    /** `code;code;…`; null when the law takes any code, which need not be made here. */
    codes: codes.nullable(),
  }),
});
