import { NotConfirmed, Refused, type Unconfirmed } from "./errors.ts";
import { type Receipt, waitForReceipt } from "./receipt.ts";
import { type Answer, below, pause, receiptAt, request, type Surroundings, VOTE_PATH } from "./request.ts";
import { mayHaveArrived, shouldRetry, waitMs } from "./retry.mjs";

/** A vote, as the API reads it. */
export interface Vote {
  readonly nas: string;
  readonly code: string;
  readonly law_id: string;
  readonly vote: "oui" | "non";
}

export interface CastOptions extends Surroundings {
  /** The Idempotency-Key of a submission that was never sent before. Without it, a new key is made. */
  readonly key?: string;
  /** The Idempotency-Key of a submission that was sent before and not confirmed, to continue that submission. */
  readonly resume?: string;
  /** Milliseconds for one try, 10,000 when left out. */
  readonly tryTimeoutMs?: number;
  /** Milliseconds for all tries and waits together, 60,000 when left out. */
  readonly deadlineMs?: number;
  /** Called before each wait. */
  readonly onRetry?: (retry: Retry) => void;
  /**
   * Called when the API refuses the vote now and an earlier try may have arrived: from here on, nothing is sent any
   * more, and its receipt is looked at until the deadline.
   */
  readonly onLook?: () => void;
}

/** A try that was not confirmed and will be repeated. */
export interface Retry {
  /** Milliseconds until the next try. */
  readonly waitMs: number;
  /** The answer to the try, or the error that kept an answer away. */
  readonly because: Answer | Error;
}

/** A vote that the API holds. */
export interface Accepted {
  readonly key: string;
  readonly requestId: string;
  /** The address of its receipt. */
  readonly receipt: string;
  readonly tries: number;
}

/**
 * The shortest time for a further try, in milliseconds; a tenth of a deadline below ten seconds. A try that has hardly
 * any time is cut off before its answer, and a vote of which every try was refused would become one that may have
 * arrived.
 */
const SHORTEST_TRY_MS = 1_000;

/** Keys that the API takes (docs/openapi.json). */
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Casts one vote: sends it until the API confirms it, the API refuses it for good, or the deadline has passed.
 *
 * All tries carry the same Idempotency-Key, so they are one submission with one receipt, whichever of them arrived
 * (IETF draft-ietf-httpapi-idempotency-key-header). A try that is not answered, or is answered 429, 502, 503 or 504, is
 * repeated after a back-off with full jitter, and not before Retry-After (RFC 9110 §10.2.3). `retry.mjs` has the rules.
 *
 * @param api the API's address
 * @param vote the vote; with a key that was used before, the same vote
 * @param options key and time
 * @returns the vote's request id and the address of its receipt
 * @throws Refused when the API refused every try and would refuse the next one (`problem` has the RFC 9457 problem)
 * @throws NotConfirmed when the outcome is unknown, with the key to go on with
 */
export async function castVote(api: string, vote: Vote, options: CastOptions = {}): Promise<Accepted> {
  const { tryTimeoutMs = 10_000, deadlineMs = 60_000, random = Math.random, signal } = options;
  const key = keyOf(options);
  const deadline = performance.now() + deadlineMs;
  const left = () => deadline - performance.now();
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(vote),
  };
  const url = below(api, VOTE_PATH);
  signal?.throwIfAborted();
  let known: Unconfirmed = { key, mayHaveArrived: options.resume !== undefined, receipt: undefined, tries: 0 };
  for (;;) {
    let outcome: Answer | Error;
    try {
      outcome = await request(url, init, Math.min(tryTimeoutMs, left()), options);
    } catch (error) {
      if (signal?.aborted) throw new NotConfirmed("Stopped", afterTry(api, known, undefined), signal.reason);
      outcome = error instanceof Error ? error : new Error(String(error));
    }
    const answer = outcome instanceof Error ? undefined : outcome;
    known = afterTry(api, known, answer);
    const accepted = answer?.status === 202 ? acceptedBy(api, answer, known) : undefined;
    if (accepted !== undefined) return accepted;
    if (answer !== undefined && answer.status !== 202 && !shouldRetry(answer.status)) {
      return await refused(answer, known, left(), options);
    }
    const retryAfter = answer?.headers.get("retry-after");
    const wait = waitMs(known.tries - 1, { retryAfter, nowMs: Date.now(), random });
    // There is no time for another try, so waiting for the deadline would help nobody.
    if (wait + Math.min(SHORTEST_TRY_MS, tryTimeoutMs, deadlineMs / 10) > left()) {
      throw new NotConfirmed(
        `Not confirmed, with a deadline of ${deadlineMs / 1_000} s (the last try: ${said(outcome)})`,
        known,
        outcome,
      );
    }
    options.onRetry?.({ waitMs: wait, because: outcome });
    await pause(wait, signal).catch((reason: unknown) => {
      throw new NotConfirmed("Stopped", known, reason);
    });
  }
}

function keyOf({ key, resume }: CastOptions): string {
  const chosen = resume ?? key ?? crypto.randomUUID();
  if (!KEY.test(chosen)) throw new RangeError("An Idempotency-Key has 1 to 255 visible ASCII characters.");
  return chosen;
}

/** Adds one more try to what is known of a vote. */
function afterTry(api: string, known: Unconfirmed, answer: Answer | undefined): Unconfirmed {
  const reference = textOf(answer?.body, "receipt");
  return {
    key: known.key,
    mayHaveArrived: known.mayHaveArrived || answer === undefined || mayHaveArrived(answer.status),
    receipt: reference === undefined ? known.receipt : receiptAt(api, reference),
    tries: known.tries + 1,
  };
}

/** Undefined for a 202 whose body a proxy has damaged: the next try gets the same answer again. */
function acceptedBy(api: string, answer: Answer, { key, tries }: Unconfirmed): Accepted | undefined {
  const requestId = textOf(answer.body, "request_id");
  if (requestId === undefined) return undefined;
  const reference = answer.headers.get("location") ?? `votes/${requestId}`;
  return { key, requestId, receipt: receiptAt(api, reference), tries };
}

/**
 * A final refusal. If an earlier try may have arrived, the refusal does not prove that nothing was accepted: the law
 * may have closed in between, and a retry of an undecided or lost vote is then answered 409. The receipt of the vote
 * decides.
 */
async function refused(answer: Answer, known: Unconfirmed, leftMs: number, options: CastOptions): Promise<Accepted> {
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

function said(outcome: Answer | Error): string {
  if (!(outcome instanceof Error)) return `answer ${outcome.status}`;
  return outcome.cause instanceof Error ? outcome.cause.message : outcome.message;
}

function textOf(body: Answer["body"], name: string): string | undefined {
  const value = body?.[name];
  return typeof value === "string" ? value : undefined;
}
