import { NotDecided, Refused } from "./errors.ts";
import { type Answer, pause, request, type Surroundings } from "./request.ts";
import { pollMs, shouldRetry, waitMs } from "./retry.mjs";

/** The statuses after which a receipt does not change, unless the same vote is sent again. */
const FINAL = ["counted", "duplicate", "invalid", "lost"] as const;

/** The receipt of a vote: what became of it, without the choice. */
export interface Receipt {
  readonly requestId: string;
  /** `lost`: a failure of the system undid the vote after it was accepted. Its voter should vote again. */
  readonly status: (typeof FINAL)[number];
  /** Why it is not counted. */
  readonly reason: string | undefined;
}

export interface ReceiptOptions extends Surroundings {
  /** Milliseconds for one look, 10,000 when left out. */
  readonly tryTimeoutMs?: number;
  /** Milliseconds for everything, 60,000 when left out. */
  readonly deadlineMs?: number;
}

/**
 * Reads a receipt until it is final: at once, again after half a second at most, then less and less often, but at least
 * every five seconds. A request that is not answered, or is answered 429, 502, 503 or 504, is repeated by the rules of
 * `retry.mjs`.
 *
 * @param receipt the receipt's address, as `castVote` returns it
 * @param options time
 * @throws NotDecided when the deadline has passed, or the receipt is refused (`cause` is a `Refused` then): the vote is
 *   still accepted, and its receipt can be read later
 */
export async function waitForReceipt(receipt: string, options: ReceiptOptions = {}): Promise<Receipt> {
  const { tryTimeoutMs = 10_000, deadlineMs = 60_000, random = Math.random, signal } = options;
  const deadline = performance.now() + deadlineMs;
  const left = () => deadline - performance.now();
  let undecided = 0;
  let failed = 0;
  let cause: unknown;
  for (;;) {
    let answer: Answer | undefined;
    try {
      answer = await request(receipt, { method: "GET" }, Math.min(tryTimeoutMs, Math.max(0, left())), options);
    } catch (error) {
      signal?.throwIfAborted();
      cause = error;
    }
    const final = answer?.status === 200 ? finalOf(answer) : undefined;
    if (final !== undefined) return final;
    if (answer !== undefined && answer.status !== 200 && !shouldRetry(answer.status)) {
      throw new NotDecided(receipt, undefined, new Refused(answer.status, answer.body));
    }
    const retryAfter = answer?.headers.get("retry-after");
    const wait =
      answer?.status === 200
        ? pollMs(undecided++, random)
        : waitMs(failed++, { retryAfter, nowMs: Date.now(), random });
    if (wait >= left()) throw new NotDecided(receipt, Math.round(deadlineMs / 1_000), cause);
    await pause(wait, signal);
  }
}

function finalOf({ body }: Answer): Receipt | undefined {
  const requestId = body?.["request_id"];
  const status = FINAL.find((one) => one === body?.["status"]);
  const reason = body?.["reason"];
  if (typeof requestId !== "string" || status === undefined) return undefined;
  return { requestId, status, reason: typeof reason === "string" ? reason : undefined };
}
