import type { Choice, Vote } from "../../shared/domain/ballot.ts";
import { parseRequestId } from "../../shared/domain/request-id.ts";
import { readVote, writeVote } from "../../shared/messages/queue.ts";

/** What ingest has really sent, where others send as well: the checks compare with it what is claimed and recorded. */
export class Genuine {
  /** Whether anything is compared: whether somebody forges messages. */
  readonly #isWatching: boolean;
  readonly #bodies = new Set<string>();
  readonly #votes = new Map<string, Vote[]>();
  readonly #claims = new Set<string>();
  /** What envelopes hold, in the order in which they were made, by law. */
  readonly #envelopes = new Map<string, Map<string, Choice | "spoiled">>();

  constructor(isWatching: boolean) {
    this.#isWatching = isWatching;
  }

  /**
   * Notes what ingest is about to send.
   *
   * @param body the message
   * @param choice of the voter
   */
  note(body: string, choice: Choice): void {
    const vote = readVote(body);
    if (vote === undefined) throw new Error("ingest sends what nobody can read");
    const { requestId, lawId, voterHash, sealed } = vote;
    this.#bodies.add(body);
    this.#votes.set(requestId, [...this.votesOf(requestId), vote]);
    this.#claims.add(`${idOf(requestId)} ${voterHash}`);
    if (sealed !== undefined) this.noteEnvelope(lawId, sealed, choice);
  }

  /** Notes what is in an envelope, unless that is known. */
  noteEnvelope(lawId: string, envelope: string, content: Choice | "spoiled"): void {
    const known = this.#envelopes.get(lawId) ?? new Map();
    if (!known.has(envelope)) this.#envelopes.set(lawId, known.set(envelope, content));
  }

  /** Whether ingest has sent a vote as it is in a message. */
  has(vote: Vote): boolean {
    return !this.#isWatching || this.#bodies.has(writeVote(vote));
  }

  /**
   * Whether ingest has sent a submission of a voter.
   *
   * @param id of the submission, in hexadecimal digits
   * @param voterHash the voter
   */
  hasClaim(id: string, voterHash: string): boolean {
    return !this.#isWatching || this.#claims.has(`${id} ${voterHash}`);
  }

  /** Every vote that ingest has sent under a request id. */
  votesOf(requestId: string): readonly Vote[] {
    return this.#votes.get(requestId) ?? [];
  }

  /**
   * Whether ingest has sent what is about to be recorded.
   *
   * @param requestId the submission
   * @param isSame whether one of its votes is what is recorded
   */
  isSent(requestId: string, isSame: (vote: Vote) => boolean): boolean {
    return !this.#isWatching || this.votesOf(requestId).some(isSame);
  }

  /** The envelopes of a law, in the order in which they were made. */
  envelopesOf(lawId: string): readonly string[] {
    return [...(this.#envelopes.get(lawId)?.keys() ?? [])];
  }

  /** What an envelope of a law holds; undefined: nobody has made it. */
  contentOf(lawId: string, envelope: string): Choice | "spoiled" | undefined {
    return this.#envelopes.get(lawId)?.get(envelope);
  }
}

function idOf(requestId: string): string {
  return Buffer.from(parseRequestId(requestId)?.id ?? []).toString("hex");
}
