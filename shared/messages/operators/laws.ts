import { z } from "zod";
import { LAW_FORMS, LAW_ID_PATTERN, PROOFS, RESULTS_WHEN } from "../../domain/law.ts";
import { OPERATORS_STATES } from "../../domain/law-life.ts";
import { CODE_KINDS } from "../../domain/voter-code.ts";
import { defineAct } from "./define-act.ts";

export const lawId = z.string().regex(LAW_ID_PATTERN);
const instant = z.iso.datetime();
const count = z.number().int().min(0);
/** Acts of one step have no cursor. */
export const noCursor = z.never();

const window = z.strictObject({ opens_at: instant, closes_at: instant.nullable() });

/** The public keys of a sealed law's trustees, and how their secret is split. */
const OperatorsTrustees = z.strictObject({
  key_id: z.string(),
  election_key: z.string(),
  signing_key: z.string(),
  split_id: z.string(),
  threshold: count,
  trustees: count,
  /** Whether enough trustees have opened test ballots. */
  tested: z.boolean(),
});

const OperatorsPromiseKey = z.strictObject({
  key_id: z.string(),
  public_key: z.string(),
  /** Of the secret. */
  version: count,
  /** When `ingest` begins to sign with it. */
  from: instant,
});

/** A law as operators see it. A release without forms does not say those. */
export const OperatorsLaw = z.strictObject({
  law_id: lawId,
  /** Whether it is a rehearsal: its votes do not count. A release without rehearsals does not say it. */
  rehearsal: z.boolean().default(false),
  title: z.string(),
  title_fr: z.string(),
  title_en: z.string(),
  opens_at: instant,
  closes_at: instant.nullable(),
  planned_opens_at: instant.nullable(),
  planned_closes_at: instant.nullable(),
  earlier_windows: z.array(window),
  utc_offset: z.string().nullable(),
  /** `frozen` stands beside the states of its life: of a law that is frozen, it is all that is said. */
  state: z.enum(OPERATORS_STATES),
  frozen: z.boolean(),
  /** How many voters are on its sealed roll; null: the roll is not sealed. */
  sealed_voters: count.nullable(),
  /** How many voters its draft says that it has; null: it does not say. */
  expected_voters: count.nullable(),
  /** When its tally is public. */
  results: z.enum(RESULTS_WHEN),
  /** Null: its messages and rows are those of release 1. */
  form: z.enum(LAW_FORMS).nullable().default(null),
  /** Of a law with a form: names the stage and this instance of the law. */
  origin: z.string().nullable().default(null),
  /** Of a law with a form: the keys of its promises, in order. */
  promise_keys: z.array(OperatorsPromiseKey).default([]),
  /** Of a law with a form: the key of its public log, as notes are checked with it; null: it has none. */
  log_key: z.string().nullable().default(null),
  /** Of a sealed law; null: they are not registered. */
  trustees: OperatorsTrustees.nullable().default(null),
  /** Of a sealed law: whether a voter can find the own ballot in the opened list. */
  proof: z.enum(PROOFS).default("none"),
  /** Of a sealed law: its box takes no vote any more. */
  box_closed: z.boolean().default(false),
  /** Since when what is left of its votes is being removed, or is gone; null: it is all there. */
  destroyed_at: instant.nullable().default(null),
  pepper_id: z.string().nullable(),
  codes: z.enum(CODE_KINDS),
  key_version: z.number().int(),
  /** It rises with every change. */
  version: z.number().int(),
});
export type OperatorsLaw = z.output<typeof OperatorsLaw>;

export const listLaws = defineAct({
  name: "list-laws",
  group: "looks",
  people: 1,
  request: z.strictObject({}),
  cursor: noCursor,
  result: z.strictObject({ laws: z.array(OperatorsLaw.extend({ voters: count })) }),
});

const draftFacts = {
  /** Its roll is sealed with no other number of voters. */
  expected_voters: z.number().int().min(1).optional(),
  results: z.enum(RESULTS_WHEN).optional(),
  /** Only of a sealed law. */
  proof: z.enum(PROOFS).optional(),
};

export const addLaw = defineAct({
  name: "add-law",
  group: "rolls",
  people: 1,
  request: z.strictObject({
    law_id: z.string(),
    title: z.string(),
    title_fr: z.string().optional(),
    title_en: z.string().optional(),
    /** Instants as the operator typed them: their offset is kept. */
    opens: z.string().optional(),
    closes: z.string().optional(),
    pepper: z.boolean().optional(),
    codes: z.enum(CODE_KINDS).optional(),
    /** For life. */
    form: z.enum(LAW_FORMS).optional(),
    /** The law is a rehearsal, for life; its id has to say so too. */
    rehearsal: z.literal(true).optional(),
    ...draftFacts,
  }),
  cursor: noCursor,
  result: z.strictObject({
    law: OperatorsLaw,
    /** A law whose id differs by case only, if there is one. */
    like_it: lawId.nullable(),
  }),
});

/** What is not named stays as it is. */
export const changeDraft = defineAct({
  name: "change-draft",
  group: "acts",
  people: 1,
  request: z.strictObject({
    law_id: lawId,
    /** In each language for which none of the next two is given. */
    title: z.string().optional(),
    title_fr: z.string().optional(),
    title_en: z.string().optional(),
    opens: z.string().optional(),
    /** Null: it stays open until somebody closes it. */
    closes: z.string().nullable().optional(),
    ...draftFacts,
  }),
  cursor: noCursor,
  result: z.strictObject({
    law: OperatorsLaw,
    /** False when the draft was so already. */
    changed: z.boolean(),
  }),
});

const changedWindow = z.strictObject({
  law: OperatorsLaw,
  /** When the change is in force; null: there was nothing to change. */
  in_force_at: instant.nullable(),
  /** The stage's clock. */
  now: instant,
});

export const openLaw = defineAct({
  name: "open-law",
  group: "acts",
  people: 2,
  request: z.strictObject({
    law_id: lawId,
    at: instant.optional(),
    until: instant.optional(),
    reopen: z.boolean().optional(),
  }),
  cursor: noCursor,
  result: changedWindow,
});

export const closeLaw = defineAct({
  name: "close-law",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId, at: instant.optional() }),
  cursor: noCursor,
  result: changedWindow,
});

/** The law names the newest key of the secret of promises. */
export const changePromiseKey = defineAct({
  name: "change-promise-key",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: lawId }),
  cursor: noCursor,
  result: z.strictObject({
    law: OperatorsLaw,
    /** False when the law named it already. */
    changed: z.boolean(),
    /** The id of the key that the law promises with, as its public journal says it. A release before does not. */
    key_id: z.string().optional(),
  }),
});

const freezing = {
  group: "acts",
  people: 1,
  request: z.strictObject({ law_id: lawId }),
  cursor: noCursor,
  result: z.strictObject({
    law_id: lawId,
    frozen: z.boolean(),
    /** False when the law was so already. */
    changed: z.boolean(),
    /** Within how many seconds every `ingest` knows. */
    known_within_seconds: z.number().min(0),
    /** False when a law was frozen while PostgreSQL was away: repeated later, the act is in the journal too. */
    in_journal: z.boolean(),
  }),
} as const;

export const freezeLaw = defineAct({ name: "freeze-law", ...freezing });
export const unfreezeLaw = defineAct({ name: "unfreeze-law", ...freezing });
