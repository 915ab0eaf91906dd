import { CHOICES, type Vote } from "../../shared/domain/ballot.ts";
import type { Law } from "../../shared/domain/law.ts";
import { macOf } from "../../shared/domain/message-macs.ts";
import { type EnvelopeFailure, readEnvelope } from "../../shared/domain/sealing/envelope.ts";
import { type BallotBox, ballotBox, SEED_BYTES, sealBallot } from "../../shared/domain/sealing/sealed-ballot.ts";
import { isLowOrder } from "../../shared/domain/sealing/x25519.ts";
import type { VoteRequest } from "../../shared/messages/vote-request.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import { ProblemError } from "../../shared/runtime/problem.ts";

/** The choice of a vote as it travels on: in clear, or sealed. */
export type Ballot = Pick<Vote, "choice" | "sealed">;

/** What sealing needs. */
export interface Sealing {
  readonly keys: () => Promise<Keys<"seal">>;
  readonly randomBytes: (size: number) => Uint8Array;
}

/**
 * The ballot of a request, in the form of its law. The choice for a sealed law is sealed here, unless the client did:
 * no function behind this one sees it.
 *
 * @param vote the request, its code in the form that is hashed
 * @param law the law
 * @param idempotencyKey makes a retry the same bytes; absent: every try is another envelope
 * @param sealing keys and chance
 * @throws ProblemError malformed-request, when the request is not of the law's form, or its envelope is wrong
 */
export async function ballotOf(
  vote: VoteRequest,
  law: Law,
  idempotencyKey: string | undefined,
  sealing: Sealing,
): Promise<Ballot> {
  if (law.form !== "sealed") {
    if (vote.sealed_vote !== undefined) throw wrongEnvelope("is for sealed laws, and this law is open: send vote");
    return { choice: vote.vote };
  }
  const box = boxOf(law);
  if (vote.sealed_vote !== undefined) return { sealed: checked(vote.sealed_vote, box) };
  if (vote.vote === undefined) throw new Error("a request with neither vote nor sealed_vote");
  const seed = await seedOf(vote, idempotencyKey, sealing);
  const ballot = sealBallot(box, CHOICES.indexOf(vote.vote), seed);
  seed.fill(0);
  if (ballot.type !== "sealed") throw new Error(`the election key of ${law.lawId} is a point of low order`);
  return { sealed: ballot.envelope };
}

/** Boxes that were prepared, by origin and key: a few, as many as laws. */
const BOXES = new Map<string, BallotBox>();
const MOST_BOXES = 100;

function boxOf({ lawId, origin, trustees }: Law): BallotBox {
  if (origin === undefined || trustees === undefined) throw new Error(`the sealed law ${lawId} has no election key`);
  const name = `${origin} ${trustees.electionKey}`;
  const known = BOXES.get(name);
  if (known !== undefined) return known;
  if (BOXES.size >= MOST_BOXES) BOXES.clear();
  const box = ballotBox(origin, Buffer.from(trustees.electionKey, "base64url"));
  BOXES.set(name, box);
  return box;
}

const WRONG: Readonly<Record<EnvelopeFailure["type"], string>> = {
  not_base64url: "must be an envelope: 79 characters of base64url, of which the last one has no bits to spare",
  wrong_length: "must be an envelope: 59 bytes as 79 characters of base64url",
  unknown_format: "has a format that this release does not know: its first byte is not 1",
  other_key: "was sealed for another key than that of this law",
};

function checked(text: string, { keyId }: BallotBox): string {
  const envelope = readEnvelope(text, keyId);
  if (envelope.type !== "envelope") throw wrongEnvelope(WRONG[envelope.type]);
  if (isLowOrder(envelope.enc)) throw wrongEnvelope("has a point of low order, so anybody could open it");
  return text;
}

function wrongEnvelope(message: string): ProblemError {
  return new ProblemError("malformed-request", {
    detail: "The request is not a valid vote; errors names each wrong field and the reason.",
    errors: [{ field: "sealed_vote", message }],
  });
}

/** The seed of a submission: the same for every try with its Idempotency-Key. Nothing keeps it. */
async function seedOf(
  { nas, code, law_id: lawId }: VoteRequest,
  idempotencyKey: string | undefined,
  { keys, randomBytes }: Sealing,
): Promise<Buffer> {
  if (idempotencyKey === undefined) return Buffer.from(randomBytes(SEED_BYTES));
  const held = await keys();
  return macOf(held.ofVersion(held.currentVersion).seal, [nas, code, lawId, idempotencyKey]);
}
