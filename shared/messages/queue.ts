import { z } from "zod";
import { CHOICES, type MessageMacs, type Vote } from "../domain/ballot.ts";
import { LAW_ID_PATTERN } from "../domain/law.ts";
import { OUTCOMES, type Outcome } from "../domain/outcome.ts";
import { readPromise } from "../domain/promise.ts";
import { parseRequestId } from "../domain/request-id.ts";
import { isEnvelope } from "../domain/sealing/envelope.ts";

/**
 * The messages on the queues. Version 1 is for laws without a form, version 2 for laws with one. A law has its form,
 * and so its version, for life: votes that are in flight while a release is deployed or taken back stay what they are.
 * A reader ignores fields that it does not know.
 */
const requestId = z.string().refine((text) => parseRequestId(text) !== undefined, "is not a request id");
const voterHash = z.string().regex(/^[0-9a-f]{64}$/);
/** PostgreSQL refuses a fraction of a hundred digits, and quotes it in an error, which is logged. */
const acceptedAt = z.iso.datetime().max(35);
const mac = z.string().regex(/^[\w-]{43}$/);

const common = {
  request_id: requestId,
  law_id: z.string().regex(LAW_ID_PATTERN),
  voter_hash: voterHash,
  accepted_at: acceptedAt,
  pepper_id: z.string().min(1).max(50).optional(),
};
const first = { v: z.literal(1), ...common };
const authenticated = {
  v: z.literal(2),
  ...common,
  choice: z.enum(CHOICES).optional(),
  sealed: z.string().refine(isEnvelope, "is not an envelope").optional(),
  key_version: z.number().int().min(1).max(255),
  promise: z.string().refine((text) => readPromise(text) !== undefined, "is not a promise"),
  mac_validate: mac,
  mac_record: mac,
};

/** On the votes queue, from ingest to validate. */
const VoteMessage = z.discriminatedUnion("v", [
  z.object({ ...first, choice: z.enum(CHOICES) }),
  z.object(authenticated),
]);

/**
 * On the outcomes queue, from validate to aggregate. A duplicate carries its ballot too: if the claim in Redis belongs
 * to no submission, the duplicate is the voter's first vote. Earlier releases wrote duplicates without a choice. They
 * also wrote why a vote was not accepted, which the outcome says already.
 */
const OutcomeMessage = z.discriminatedUnion("v", [
  z
    .object({ ...first, outcome: z.enum(OUTCOMES), choice: z.enum(CHOICES).optional() })
    .refine(({ outcome, choice }) => outcome === "duplicate" || choice !== undefined, "has no choice"),
  z.object({ ...authenticated, outcome: z.enum(OUTCOMES), mac_outcome: mac }),
]);

/** A decided vote, as aggregate records it. A duplicate that an earlier release decided has no choice. */
export interface DecidedVote extends Vote {
  readonly outcome: Outcome;
  /** The mac of the outcome; absent where the vote has no macs. */
  readonly outcomeMac?: string | undefined;
}

/**
 * Writes a vote message.
 *
 * @param vote an accepted vote
 * @returns the message's body
 */
export function writeVote(vote: Vote): string {
  return JSON.stringify(fieldsOf(vote));
}

/** The fields in the order of the macs (message-macs.ts). */
function fieldsOf({ requestId, lawId, voterHash, pepperId, acceptedAt, choice, sealed, macs }: Vote) {
  return {
    v: macs === undefined ? 1 : 2,
    request_id: requestId,
    law_id: lawId,
    voter_hash: voterHash,
    pepper_id: pepperId,
    accepted_at: acceptedAt,
    choice,
    sealed,
    ...(macs === undefined
      ? {}
      : {
          key_version: macs.keyVersion,
          promise: macs.promise,
          mac_validate: macs.validate,
          mac_record: macs.record,
        }),
  };
}

/**
 * Reads a vote message. Whether ingest made it is for its reader to check.
 *
 * @param body a message's body
 * @returns the vote, or undefined when this release cannot read it
 */
export function readVote(body: string): Vote | undefined {
  const message = VoteMessage.safeParse(parseJson(body));
  return message.success ? voteOf(message.data) : undefined;
}

/**
 * Writes an outcome message.
 *
 * @param vote the vote that was decided
 * @param outcome what was decided
 * @param outcomeMac the mac of the outcome; undefined where the vote has no macs
 * @returns the message's body
 */
export function writeOutcome(vote: Vote, outcome: Outcome, outcomeMac?: string): string {
  return JSON.stringify({ ...fieldsOf(vote), outcome, mac_outcome: outcomeMac });
}

/**
 * Reads an outcome message. Whether validate made it is for its reader to check.
 *
 * @param body a message's body
 * @returns the decided vote, or undefined when this release cannot read it
 */
export function readOutcome(body: string): DecidedVote | undefined {
  const message = OutcomeMessage.safeParse(parseJson(body));
  if (!message.success) return undefined;
  const { data } = message;
  const vote = voteOf(data);
  if (vote === undefined) return undefined;
  return { ...vote, outcome: data.outcome, ...(data.v === 2 ? { outcomeMac: data.mac_outcome } : {}) };
}

type Fields = z.output<typeof VoteMessage> | z.output<typeof OutcomeMessage>;

function voteOf(data: Fields): Vote | undefined {
  if (!isAboutItsLaw(data)) return undefined;
  const { request_id, law_id, voter_hash, choice, accepted_at, pepper_id } = data;
  const common = {
    requestId: request_id,
    lawId: law_id,
    voterHash: voter_hash,
    acceptedAt: accepted_at,
    ...(choice === undefined ? {} : { choice }),
    ...(pepper_id === undefined ? {} : { pepperId: pepper_id }),
  };
  if (data.v === 1) return common;
  const { sealed, key_version, promise, mac_validate, mac_record } = data;
  if ((choice === undefined) === (sealed === undefined)) return undefined;
  const macs: MessageMacs = { keyVersion: key_version, promise, validate: mac_validate, record: mac_record };
  return { ...common, ...(sealed === undefined ? {} : { sealed }), macs };
}

/** The request id contains the law as well. A message with two different laws was not written by this system. */
function isAboutItsLaw(message: { request_id: string; law_id: string }): boolean {
  return parseRequestId(message.request_id)?.lawId === message.law_id;
}

/**
 * Why a consumer has refused a message: `forged`: a mac is wrong; `other_form`: it is not of its law's form. No retry
 * can help, and nothing sends it back by itself.
 */
const REFUSALS = ["forged", "other_form"] as const;
export type MessageRefusal = (typeof REFUSALS)[number];

const RefusedMessage = z.strictObject({ refused: z.enum(REFUSALS), body: z.string() });

/**
 * Writes a refused message for the dead-letter queue. No reader of votes or outcomes reads it, so it stays there.
 *
 * @param refused why
 * @param body the message as it came
 */
export function writeRefused(refused: MessageRefusal, body: string): string {
  return JSON.stringify({ refused, body });
}

/**
 * Reads a refused message.
 *
 * @param body a dead letter
 * @returns undefined when it is none
 */
export function readRefused(body: string): z.output<typeof RefusedMessage> | undefined {
  return RefusedMessage.safeParse(parseJson(body)).data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
