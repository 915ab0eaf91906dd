import { z } from "zod";
import { CHOICES, type Choice, type Vote } from "../domain/ballot.ts";
import { LAW_ID_PATTERN } from "../domain/law.ts";
import type { Outcome } from "../domain/outcome.ts";
import { parseRequestId } from "../domain/request-id.ts";

/**
 * The messages on the queues. Their version `v` rises only when a reader of the version before could no longer use a
 * message. A release can read messages of the next one: it ignores unknown fields, and reads the known fields of the
 * next `v`. So a deployment can be rolled back while votes are in flight.
 */
export const MESSAGE_VERSION = 1;

const version = z.union([z.literal(MESSAGE_VERSION), z.literal(MESSAGE_VERSION + 1)]);
const requestId = z.string().refine((text) => parseRequestId(text) !== undefined, "is not a request id");
const voterHash = z.string().regex(/^[0-9a-f]{64}$/);
/** PostgreSQL refuses a fraction of a hundred digits, and quotes it in an error, which is logged. */
const acceptedAt = z.iso.datetime().max(35);

const common = {
  v: version,
  request_id: requestId,
  law_id: z.string().regex(LAW_ID_PATTERN),
  voter_hash: voterHash,
  accepted_at: acceptedAt,
  pepper_id: z.string().min(1).max(50).optional(),
};

/** On the votes queue, from ingest to validate. */
const VoteMessage = z.object({ ...common, choice: z.enum(CHOICES) });

/**
 * On the outcomes queue, from validate to aggregate. A duplicate carries its choice too: if the claim in Redis belongs
 * to no submission, the duplicate is the voter's first vote. Earlier releases wrote duplicates without a choice. They
 * also wrote why a vote was not accepted, which the outcome says already.
 */
export const OutcomeMessage = z.discriminatedUnion("outcome", [
  z.object({ ...common, outcome: z.literal("accepted"), choice: z.enum(CHOICES) }),
  z.object({ ...common, outcome: z.literal("invalid"), choice: z.enum(CHOICES) }),
  z.object({ ...common, outcome: z.literal("duplicate"), choice: z.enum(CHOICES).optional() }),
]);
export type OutcomeMessage = z.output<typeof OutcomeMessage>;

/** A decided vote, as aggregate records it. */
export interface DecidedVote {
  readonly requestId: string;
  readonly lawId: string;
  readonly voterHash: string;
  readonly acceptedAt: string;
  readonly outcome: Outcome;
  /** Absent for a duplicate that a release before this one decided. */
  readonly choice?: Choice | undefined;
}

/**
 * Writes a vote message.
 *
 * @param vote an accepted vote
 * @returns the message's body
 */
export function writeVote(vote: Vote): string {
  return JSON.stringify({
    v: MESSAGE_VERSION,
    request_id: vote.requestId,
    law_id: vote.lawId,
    voter_hash: vote.voterHash,
    choice: vote.choice,
    accepted_at: vote.acceptedAt,
    pepper_id: vote.pepperId,
  });
}

/**
 * Reads a vote message.
 *
 * @param body a message's body
 * @returns the vote, or undefined when no version of this program can read it
 */
export function readVote(body: string): Vote | undefined {
  const message = VoteMessage.safeParse(parseJson(body));
  if (!message.success || !isAboutItsLaw(message.data)) return undefined;
  const { request_id, law_id, voter_hash, choice, accepted_at, pepper_id } = message.data;
  return {
    requestId: request_id,
    lawId: law_id,
    voterHash: voter_hash,
    choice,
    acceptedAt: accepted_at,
    ...(pepper_id === undefined ? {} : { pepperId: pepper_id }),
  };
}

/**
 * Writes an outcome message.
 *
 * @param vote the vote that was decided
 * @param outcome what was decided
 * @returns the message's body
 */
export function writeOutcome(vote: Vote, outcome: Outcome): string {
  return JSON.stringify({
    v: MESSAGE_VERSION,
    request_id: vote.requestId,
    law_id: vote.lawId,
    voter_hash: vote.voterHash,
    choice: vote.choice,
    accepted_at: vote.acceptedAt,
    pepper_id: vote.pepperId,
    outcome,
  });
}

/**
 * Reads an outcome message.
 *
 * @param body a message's body
 * @returns the decided vote, or undefined when no version of this program can read it
 */
export function readOutcome(body: string): DecidedVote | undefined {
  const message = OutcomeMessage.safeParse(parseJson(body));
  if (!message.success || !isAboutItsLaw(message.data)) return undefined;
  const data = message.data;
  return {
    requestId: data.request_id,
    lawId: data.law_id,
    voterHash: data.voter_hash,
    acceptedAt: data.accepted_at,
    outcome: data.outcome,
    ...(data.choice === undefined ? {} : { choice: data.choice }),
  };
}

/** The request id contains the law as well. A message with two different laws was not written by this system. */
function isAboutItsLaw(message: { request_id: string; law_id: string }): boolean {
  return parseRequestId(message.request_id)?.lawId === message.law_id;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
