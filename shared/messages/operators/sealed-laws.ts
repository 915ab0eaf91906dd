import { z } from "zod";
import { BoxHeader } from "../box.ts";
import { OpeningSoFar } from "../opening.ts";
import { PublicFile, TestStatement } from "../trustees.ts";
import { defineAct } from "./define-act.ts";
import { lawId, noCursor, OperatorsLaw } from "./laws.ts";

const count = z.number().int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A SHA-256 that goes on in the next step (shared/runtime/running-sha256.ts). */
const running = z.string().regex(/^[\w-]{1,400}$/);
/** 32 bytes; the ballots of a box are in the order of these. */
const enc = z.string().regex(/^[\w-]{43}$/);

/** How many envelopes are read at a time: some 3.2 MB of text. */
export const PIECE_ENVELOPES = 40_000;
/** Of the text of an opened list, at most so much is sent at a time; its quotes are two characters each in JSON. */
export const PIECE_CHARACTERS = 2_400_000;
/** A list of eight million ballots with their trackers has some 220 pieces. */
const MOST_PIECES = 10_000;

const registered = z.strictObject({
  law: OperatorsLaw,
  /** False when it was so already. */
  changed: z.boolean(),
});

/** The public file of a draft's trustees, which proves that they have the signing key. */
export const registerKeys = defineAct({
  name: "register-keys",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId, keys: PublicFile }),
  cursor: noCursor,
  result: registered,
});

/** The statement that enough trustees have opened test ballots. */
export const registerTest = defineAct({
  name: "register-test-opening",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId, statement: TestStatement }),
  cursor: noCursor,
  result: registered,
});

/** How far a closed box has been read. */
const boxSoFar = z.strictObject({ after: enc.nullable(), envelopes: count, hash: running });

/** Begins an export: it says what the file will be. */
export const exportBox = defineAct({
  name: "export-box",
  group: "acts",
  people: 1,
  request: z.strictObject({ law_id: lawId }),
  cursor: boxSoFar,
  result: z.strictObject({
    law_id: lawId,
    /** The first line of the file. */
    header: BoxHeader,
    /** Of the file. */
    sha256,
  }),
});

/** Reads a piece of a closed box. */
export const readBox = defineAct({
  name: "read-box",
  group: "acts",
  people: 1,
  request: z.strictObject({
    law_id: lawId,
    /** The last one of the piece before; absent: from the beginning. */
    after: enc.optional(),
  }),
  cursor: noCursor,
  result: z.strictObject({
    /** `envelope;envelope;…`, at most 40,000, in the order of the file; empty: there are no more. */
    envelopes: z.string(),
    /** Null: there are no more. */
    last: enc.nullable(),
  }),
});

/** Sends a piece of an opened list. */
export const sendOpening = defineAct({
  name: "send-opening",
  group: "acts",
  people: 1,
  request: z.strictObject({
    law_id: lawId,
    /** Of the whole file: it names the list that is sent. */
    sha256,
    number: count.max(MOST_PIECES),
    /** Whole lines. */
    text: z.string().min(1).max(PIECE_CHARACTERS),
  }),
  cursor: noCursor,
  result: z.strictObject({
    /** Which piece is to be sent next: all before it are here. */
    next_piece: count,
  }),
});

/** Takes an opened list that was sent as an opening of the box. */
export const bringOpening = defineAct({
  name: "bring-opening",
  group: "acts",
  people: 1,
  request: z.strictObject({ law_id: lawId, sha256, pieces: z.number().int().min(1).max(MOST_PIECES) }),
  cursor: z.strictObject({
    /** The next piece of the list. */
    piece: count,
    list: OpeningSoFar,
    /** Over the lines before the signature, and over the whole file. */
    signed: running,
    file: running,
    /** Null: the list is being read, and the box was not. */
    box: boxSoFar.nullable(),
  }),
  result: z.strictObject({
    law_id: lawId,
    /** 1 for the first opening, 2 for the second one, which is equal. */
    number: z.union([z.literal(1), z.literal(2)]),
    sha256,
    envelopes: count,
    /** How many ballots do not count, by reason. How many each option has is not said before the law is counted. */
    spoiled: z.array(z.strictObject({ reason: z.string(), ballots: count })),
  }),
});

/** Takes back an opening that another one contradicts. */
export const withdrawOpening = defineAct({
  name: "withdraw-opening",
  group: "acts",
  people: 2,
  request: z.strictObject({
    law_id: lawId,
    /** Of the list that is taken back. */
    sha256,
    reason: z.string().min(1).max(500),
  }),
  cursor: noCursor,
  result: z.strictObject({ law_id: lawId, sha256 }),
});
