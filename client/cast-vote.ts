import { describeLaw } from "./describe-law.ts";
import { toHex } from "./encoding.ts";
import { NotConfirmed, NotPromised, Refused, type Unconfirmed } from "./errors.ts";
import { textIn } from "./json.ts";
import { CannotSeal, electionOf, type LawDescription, lawIdOf, promises } from "./law.ts";
import { checkPromise, type PromiseFault, type VotePromise } from "./promise.ts";
import { type Receipt, waitForReceipt } from "./receipt.ts";
import { type Answer, below, receiptAt, VOTE_PATH } from "./request.ts";
import { mayHaveArrived, shouldRetry } from "./retry.mjs";
import { canSeal, newSeed, sealBallot } from "./seal.ts";
import { DEADLINE_MS, type TryOptions, tryUntilFinal } from "./tries.ts";

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
  /** Called when a step begins. */
  readonly onStep?: (step: Step) => void;
}

/**
 * What `castVote` does. `describe`: it asks what the law is, before it sends anything. `send`: it sends the vote.
 * `look`: the API refuses the vote now, and an earlier try may have arrived; nothing is sent any more, and the receipt
 * is looked at. `check`: the API has the vote, and its promise is asked for and checked.
 */
export type Step = "describe" | "send" | "look" | "check";

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
  /**
   * The API's promise that it has taken the submission: keep it. Absent where the API promises nothing, and where a law
   * closed before a try was answered and the promise could not be asked for any more.
   */
  readonly promise?: VotePromise;
  /** There with `promise`: false where this device cannot check its signature. */
  readonly isPromiseChecked?: boolean;
  /** What finds the ballot among the opened ones, where the law has `proof: voter` and this device has sealed it. */
  readonly tracker?: string;
  /** There with `tracker`: whoever has it can prove what was chosen. */
  readonly seed?: Uint8Array;
}

/** A new Idempotency-Key, which nobody can guess: all tries of a submission have the same one. */
export function newKey(): string {
  // Not crypto.randomUUID, which is missing on pages that came by http from another machine.
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
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
 * If the API promises to have taken votes on this law, its promise is checked: by the keys that the law names, and for
 * the envelope that was sent.
 *
 * @param api the API's address
 * @param vote the vote; with a key that was used before, the same vote
 * @param options key, seed, law and time
 * @returns the vote's request id, the address of its receipt, where it was sealed, and what the API promises
 * @throws Refused when the API refused every try and would refuse the next one (`problem` has the RFC 9457 problem)
 * @throws NotConfirmed when the outcome is unknown, with key and seed to go on with
 * @throws NotPromised, which is a NotConfirmed, when the API says that it has the vote, and its promise is not right
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
  const describe = () => describeLaw(api, vote.law_id, { options, left, note: () => known });
  if (options.law === undefined) options.onStep?.("describe");
  const law = options.law ?? (await describe());
  const ballot = await ballotOf(vote, law, seed, options).catch((error: unknown) => {
    throw error instanceof CannotSeal && known.mayHaveArrived ? new NotConfirmed("Not sent now", known, error) : error;
  });
  if (ballot.sealed === "nowhere") known = { ...known, seed: undefined };
  const send = () =>
    tryUntilFinal({
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
  options.onStep?.("send");
  const answer = await send();
  const found = answer.status === 202 ? foundIn(api, known, answer) : await refused(answer, known, left(), options);
  if (promises(law)) options.onStep?.("check");
  // Nothing new is sent: the submission is decided, and a decided one is answered as it was.
  const confirmed = answer.status === 202 || !promises(law) ? answer : await send().catch(unlessUnconfirmed);
  const promised =
    confirmed?.status === 202
      ? await promisedBy(confirmed, {
          law,
          ballot,
          found,
          describe,
          known: { ...known, receipt: found.receipt },
        })
      : {};
  const { sealed, tracker } = ballot;
  if (tracker !== undefined) return { ...found, ...promised, sealed, tracker, seed };
  // Whoever had it could prove what was chosen.
  seed.fill(0);
  return { ...found, ...promised, sealed };
}

/** What an answer says of a vote that the API holds. */
type Found = Pick<Accepted, "key" | "requestId" | "receipt" | "tries">;

function foundIn(api: string, { key, tries }: Unconfirmed, { body, headers }: Answer): Found {
  const requestId = textIn(body, "request_id") ?? "";
  return { key, requestId, receipt: receiptAt(api, headers.get("location") ?? `votes/${requestId}`), tries };
}

function unlessUnconfirmed(error: unknown): undefined {
  if (!(error instanceof NotConfirmed)) throw error;
}

/** What the promise of an answer is checked by. */
interface PromiseCheck {
  readonly law: LawDescription;
  readonly ballot: Ballot;
  readonly found: Found;
  readonly known: Unconfirmed;
  /** Asks for the description again: the law may promise with another key since. */
  readonly describe: () => Promise<LawDescription>;
}

async function promisedBy(
  { body }: Answer,
  { law, ballot, found, known, describe }: PromiseCheck,
): Promise<Pick<Accepted, "promise" | "isPromiseChecked">> {
  const given = body?.["promise"];
  if (given === undefined && !promises(law)) return {};
  const { requestId } = found;
  const checkBy = ({ origin = "", promise_keys: keys = [] }: LawDescription) =>
    checkPromise(given, { requestId, origin, keys, isSealed: ballot.sealed !== "nowhere", envelope: ballot.envelope });
  const first = await checkBy(law);
  const isOld = first === "unknown_key" || (first === "other_origin" && law.promise_keys === undefined);
  const notDescribed = (type: PromiseFault) => (error: unknown) => {
    throw new NotPromised(type, requestId, known, error);
  };
  const checked = isOld ? await checkBy(await describe().catch(notDescribed(first))) : first;
  if (typeof checked === "string") throw new NotPromised(checked, requestId, known);
  return { promise: checked.promise, isPromiseChecked: checked.isChecked };
}

function keyOf({ key, resume }: CastOptions): string {
  const chosen = resume ?? key ?? newKey();
  if (!KEY.test(chosen)) throw new RangeError("An Idempotency-Key has 1 to 255 visible ASCII characters.");
  return chosen;
}

/** The body of the requests of a submission, and where its choice was sealed. */
interface Ballot extends Pick<Accepted, "sealed"> {
  readonly body: object;
  readonly tracker?: string | undefined;
  readonly envelope?: string | undefined;
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
  const { envelope } = ballot;
  return { body: { ...body, sealed_vote: envelope }, sealed: "device", tracker, envelope };
}

/** Adds one more try to what is known of a vote. */
function afterTry(api: string, known: Unconfirmed, answer: Answer | undefined): Unconfirmed {
  const reference = textIn(answer?.body, "receipt");
  return {
    ...known,
    mayHaveArrived: known.mayHaveArrived || answer === undefined || mayHaveArrived(answer.status),
    receipt: reference === undefined ? known.receipt : receiptAt(api, reference),
    tries: known.tries + 1,
  };
}

/** False for a 202 whose body a proxy has damaged: the next try gets the same answer again. */
function isAccepted({ body }: Answer): boolean {
  return textIn(body, "request_id") !== undefined;
}

/**
 * A final refusal. If an earlier try may have arrived, the refusal does not prove that nothing was accepted: the law
 * may have closed in between, and a retry of an undecided or lost vote is then answered 409. The receipt of the vote
 * decides.
 */
async function refused(answer: Answer, known: Unconfirmed, leftMs: number, options: CastOptions): Promise<Found> {
  const refusal = new Refused(answer.status, answer.body);
  if (!known.mayHaveArrived) throw refusal;
  const requestId = textIn(answer.body, "request_id");
  if (requestId !== undefined && known.receipt !== undefined) {
    const { receipt, key, tries } = known;
    options.onStep?.("look");
    let status: Receipt["status"] | undefined;
    try {
      ({ status } = await waitForReceipt(receipt, { ...options, deadlineMs: leftMs }));
    } catch {
      // The vote is not decided yet, or never arrived: nobody can tell.
    }
    if (status === "lost") throw refusal;
    if (status !== undefined) return { key, requestId, receipt, tries };
  }
  throw new NotConfirmed(`The API answered ${answer.status}`, known, refusal);
}
