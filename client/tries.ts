import { NotConfirmed, type Unconfirmed } from "./errors.ts";
import { type Answer, pause, request, type Surroundings } from "./request.ts";
import { waitMs } from "./retry.mjs";

/** The time of several tries. */
export interface TryOptions extends Surroundings {
  /** Milliseconds for one try, 10,000 when left out. */
  readonly tryTimeoutMs?: number;
  /** Milliseconds for all tries and waits together, 60,000 when left out. */
  readonly deadlineMs?: number;
  /** Called before each wait. */
  readonly onRetry?: (retry: Retry) => void;
}

/** A try that was not confirmed and will be repeated. */
export interface Retry {
  /** Milliseconds until the next try. */
  readonly waitMs: number;
  /** The answer to the try, or the error that kept an answer away. */
  readonly because: Answer | Error;
}

/** What the tries of one request have in common. */
export interface Tries {
  readonly url: string;
  readonly init: RequestInit;
  readonly options: TryOptions;
  /** Milliseconds that are left. */
  readonly left: () => number;
  /** Takes note of a try; gives what is known of the vote then. */
  readonly note: (answer: Answer | undefined) => Unconfirmed;
  /** What has not happened when there is no time for another try; default: the vote was not confirmed. */
  readonly failure?: string;
  /** Whether nothing better can come. */
  readonly isFinal: (answer: Answer) => boolean;
}

/**
 * The shortest time for a further try, in milliseconds; a tenth of a deadline below ten seconds. A try that has hardly
 * any time is cut off before its answer, and a vote of which every try was refused would become one that may have
 * arrived.
 */
const SHORTEST_TRY_MS = 1_000;
export const DEADLINE_MS = 60_000;

/**
 * Sends a request until its answer is final.
 *
 * @param tries the request
 * @throws NotConfirmed when there is no time for another try, or at the signal
 */
export async function tryUntilFinal({ url, init, options, left, note, isFinal, failure }: Tries): Promise<Answer> {
  const { tryTimeoutMs = 10_000, deadlineMs = DEADLINE_MS, random = Math.random, signal } = options;
  for (let tried = 0; ; tried++) {
    let outcome: Answer | Error;
    try {
      outcome = await request(url, init, Math.min(tryTimeoutMs, left()), options);
    } catch (error) {
      if (signal?.aborted) throw new NotConfirmed("Stopped", note(undefined), signal.reason);
      outcome = error instanceof Error ? error : new Error(String(error));
    }
    const answer = outcome instanceof Error ? undefined : outcome;
    const known = note(answer);
    if (answer !== undefined && isFinal(answer)) return answer;
    const wait = waitMs(tried, { retryAfter: answer?.headers.get("retry-after"), nowMs: Date.now(), random });
    // There is no time for another try, so waiting for the deadline would help nobody.
    if (wait + Math.min(SHORTEST_TRY_MS, tryTimeoutMs, deadlineMs / 10) > left()) {
      throw new NotConfirmed(
        `${failure ?? "The API did not confirm the vote"} within ${deadlineMs / 1_000} s (the last try: ${said(outcome)})`,
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

function said(outcome: Answer | Error): string {
  if (!(outcome instanceof Error)) return `answer ${outcome.status}`;
  return outcome.cause instanceof Error ? outcome.cause.message : outcome.message;
}
