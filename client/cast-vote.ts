import { NotConfirmed, Refused, type Unconfirmed } from "./errors.ts";
import { CannotSeal, electionOf, type LawDescription, lawIdOf } from "./law.ts";
import { type Receipt, waitForReceipt } from "./receipt.ts";
import { type Answer, below, LAWS_PATH, receiptAt, VOTE_PATH } from "./request.ts";
import { mayHaveArrived, shouldRetry } from "./retry.mjs";
import { canSeal, newSeed, sealBallot } from "./seal.ts";
import { DEADLINE_MS, type Tries, type TryOptions, tryUntilFinal } from "./tries.ts";

/** A vote. For a sealed law, its choice is sealed before it is sent. */
export interface Vote {
  readonly nas: string;
  readonly code: string;
  readonly law_id: string;
  readonly vote: "oui" | "non";
}

export interface CastOptions extends TryOptions {
  /** The Idempotency-Key of a submission that was never sent before. Without it, a new key is made. */
  readonly key?: string;
  /** The Idempotency-Key of a submission that was sent before and not confirmed, to continue that submission. */
  readonly resume?: string;
  /**
   * The seed of the submission (`newSeed`), which seals the same choice to the same bytes in each try. Without it, a
   * new one is made; to continue a submission on a sealed law, it is needed.
   */
  readonly seed?: Uint8Array | undefined;
  /** The law as the API describes it. Without it, the client asks for the description first. */
  readonly law?: LawDescription;
  /**
   * Called when the API refuses the vote now and an earlier try may have arrived: from here on, nothing is sent any
   * more, and its receipt is looked at until the deadline.
   */
  readonly onLook?: () => void;
}

/** A vote that the API holds. */
export interface Accepted {
  readonly key: string;
  readonly requestId: string;
  /** The address of its receipt. */
  readonly receipt: string;
  readonly tries: number;
  /**
   * Where the choice was sealed. `device`: here, so that nobody behind this device can read it but the trustees.
   * `service`: the API does it, because this device cannot. `nowhere`: the law is open.
   */
  readonly sealed: "device" | "service" | "nowhere";
  /** What finds the ballot among the opened ones, where the law has `proof: voter` and this device has sealed it. */
  readonly tracker?: string;
  /** There with `tracker`: whoever has it can prove what was chosen. */
  readonly seed?: Uint8Array;
}

/** Keys that the API takes (docs/openapi.json). */
const KEY = /^[\x21-\x7e]{1,255}$/;
/** The options of a law, by their indices. */
const OPTIONS = ["oui", "non"] as const;

/**
 * Casts one vote: sends it until the API confirms it, the API refuses it for good, or the deadline has passed.
 *
 * All tries carry the same Idempotency-Key, so they are one submission with one receipt, whichever of them arrived
 * (IETF draft-ietf-httpapi-idempotency-key-header). A try that is not answered, or is answered 429, 502, 503 or 504, is
 * repeated after a back-off with full jitter, and not before Retry-After (RFC 9110 §10.2.3). `retry.mjs` has the rules.
 *
 * If the law is sealed, every try carries the same envelope (docs/sealing.md), unless this device cannot seal: then it
 * carries the choice. The choice is never sent before the law's description is known.
 *
 * @param api the API's address
 * @param vote the vote; with a key that was used before, the same vote
 * @param options key, seed, law and time
 * @returns the vote's request id, the address of its receipt, and where it was sealed
 * @throws Refused when the API refused every try and would refuse the next one (`problem` has the RFC 9457 problem)
 * @throws NotConfirmed when the outcome is unknown, with key and seed to go on with
 * @throws CannotSeal when the law is sealed, and its description is wrong; nothing was sent
 * @throws RangeError when an option cannot be
 */
export async function castVote(api: string, vote: Vote, options: CastOptions = {}): Promise<Accepted> {
  const { deadlineMs = DEADLINE_MS, signal } = options;
  const key = keyOf(options);
  const seed = Uint8Array.from(options.seed ?? newSeed());
  const deadline = performance.now() + deadlineMs;
  const left = () => deadline - performance.now();
  const url = below(api, VOTE_PATH);
  signal?.throwIfAborted();
  let known: Unconfirmed = { key, seed, mayHaveArrived: options.resume !== undefined, receipt: undefined, tries: 0 };
  const law = options.law ?? (await descriptionOf(api, vote, { options, left, note: () => known }));
  const ballot = await ballotOf(vote, law, seed, options).catch((error: unknown) => {
    throw error instanceof CannotSeal && known.mayHaveArrived ? new NotConfirmed("Not sent now", known, error) : error;
  });
  if (ballot.sealed === "nowhere") known = { ...known, seed: undefined };
  const answer = await tryUntilFinal({
    url,
    init: {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(ballot.body),
    },
    options,
    left,
    note: (latest) => {
      known = afterTry(api, known, latest);
      return known;
    },
    isFinal: (latest) => (latest.status === 202 ? isAccepted(latest) : !shouldRetry(latest.status)),
  });
  const requestId = textOf(answer.body, "request_id") ?? "";
  const { tries } = known;
  const found =
    answer.status === 202
      ? { key, requestId, receipt: receiptAt(api, answer.headers.get("location") ?? `votes/${requestId}`), tries }
      : await refused(answer, known, left(), options);
  const { sealed, tracker } = ballot;
  if (tracker !== undefined) return { ...found, sealed, tracker, seed };
  // Whoever had it could prove what was chosen.
  seed.fill(0);
  return { ...found, sealed };
}

function keyOf({ key, resume }: CastOptions): string {
  const chosen = resume ?? key ?? crypto.randomUUID();
  if (!KEY.test(chosen)) throw new RangeError("An Idempotency-Key has 1 to 255 visible ASCII characters.");
  return chosen;
}

/** The description of the law of a vote, as the API gives it. */
async function descriptionOf(
  api: string,
  vote: Vote,
  { options, left, note }: Pick<Tries, "options" | "left"> & { readonly note: () => Unconfirmed },
): Promise<LawDescription> {
  const law_id = lawIdOf(vote.law_id);
  // The API says what is wrong with the vote: no law has such an id, so there is no choice to keep secret.
  if (law_id === undefined) return { law_id: vote.law_id };
  const isDescription = ({ status, body }: Answer) => status === 200 && textOf(body, "law_id") === law_id;
  const answer = await tryUntilFinal({
    url: below(api, `${LAWS_PATH}/${law_id}`),
    init: { method: "GET" },
    options,
    left,
    note,
    failure: "The API did not describe the law",
    isFinal: (latest) => isDescription(latest) || (latest.status !== 200 && !shouldRetry(latest.status)),
  });
  if (isDescription(answer)) {
    const [form, origin, election_key, proof] = ["form", "origin", "election_key", "proof"].map((name) =>
      textOf(answer.body, name),
    );
    return { law_id, form, origin, election_key, proof };
  }
  const refusal = new Refused(answer.status, answer.body);
  throw note().mayHaveArrived ? new NotConfirmed(`Refused now (${answer.status})`, note(), refusal) : refusal;
}

/** The body of the requests of a submission, and where its choice was sealed. */
interface Ballot extends Pick<Accepted, "sealed"> {
  readonly body: object;
  readonly tracker?: string | undefined;
}

async function ballotOf(vote: Vote, law: LawDescription, seed: Uint8Array, options: CastOptions): Promise<Ballot> {
  if (law.law_id !== (lawIdOf(vote.law_id) ?? vote.law_id))
    throw new RangeError("The law is another one than the vote's.");
  const election = electionOf(law);
  if (election === undefined) return { body: vote, sealed: "nowhere" };
  if (!(await canSeal())) return { body: vote, sealed: "service" };
  if (options.resume !== undefined && options.seed === undefined) {
    throw new RangeError("On a sealed law, a submission goes on with its seed: give the one of NotConfirmed.");
  }
  const { vote: choice, ...body } = vote;
  const ballot = await sealBallot(election, OPTIONS.indexOf(choice), seed);
  if (ballot.type !== "sealed") throw new CannotSeal(law.law_id, ballot.type);
  const tracker = law.proof === "voter" ? ballot.tracker : undefined;
  return { body: { ...body, sealed_vote: ballot.envelope }, sealed: "device", tracker };
}

/** Adds one more try to what is known of a vote. */
function afterTry(api: string, known: Unconfirmed, answer: Answer | undefined): Unconfirmed {
  const reference = textOf(answer?.body, "receipt");
  return {
    ...known,
    mayHaveArrived: known.mayHaveArrived || answer === undefined || mayHaveArrived(answer.status),
    receipt: reference === undefined ? known.receipt : receiptAt(api, reference),
    tries: known.tries + 1,
  };
}

/** False for a 202 whose body a proxy has damaged: the next try gets the same answer again. */
function isAccepted({ body }: Answer): boolean {
  return textOf(body, "request_id") !== undefined;
}

/**
 * A final refusal. If an earlier try may have arrived, the refusal does not prove that nothing was accepted: the law
 * may have closed in between, and a retry of an undecided or lost vote is then answered 409. The receipt of the vote
 * decides.
 */
async function refused(
  answer: Answer,
  known: Unconfirmed,
  leftMs: number,
  options: CastOptions,
): Promise<Omit<Accepted, "sealed">> {
  const refusal = new Refused(answer.status, answer.body);
  if (!known.mayHaveArrived) throw refusal;
  const requestId = textOf(answer.body, "request_id");
  if (requestId !== undefined && known.receipt !== undefined) {
    const { receipt, key, tries } = known;
    options.onLook?.();
    let status: Receipt["status"] | undefined;
    try {
      ({ status } = await waitForReceipt(receipt, { ...options, deadlineMs: leftMs }));
    } catch {
      // The vote is not decided yet, or never arrived: nobody can tell.
    }
    if (status === "lost") throw refusal;
    if (status !== undefined) return { key, requestId, receipt, tries };
  }
  throw new NotConfirmed(`Refused now (${answer.status})`, known, refusal);
}

function textOf(body: Answer["body"], name: string): string | undefined {
  const value = body?.[name];
  return typeof value === "string" ? value : undefined;
}
