import { type Accepted, NotConfirmed, type Step } from "../../client/index.ts";
import { pause } from "../../client/request.ts";

/** For how long a vote is sent and looked for. */
const DEADLINE_MS = 60_000;
/** How often a law is read that refuses a vote which may have arrived before. */
const READ_EVERY_MS = 5_000;
/** The least time for sending a vote once more. */
const SHORTEST_MS = 2_000;

/** What one call of the reference client gets. */
interface CallOptions {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly onStep: (step: Step) => void;
}

export interface Casting {
  /** Sends the vote by the reference client; `isAgain`: a call before has sent it, and did not confirm it. */
  readonly cast: (options: CallOptions, isAgain: boolean) => Promise<Accepted>;
  /** Whether the API says that the law takes votes now. */
  readonly isOpen: () => Promise<boolean>;
  readonly onStep: (step: Step) => void;
  /** The law looks open again, and the vote is sent once more; with what was known of it until then. */
  readonly onAgain: (known: NotConfirmed) => void;
  /** Ends everything early. */
  readonly signal: AbortSignal;
}

/**
 * Casts a vote, a minute at most. While its law refuses votes, the reference client only looks whether an earlier try
 * arrived. A suspended law may be opened again meanwhile: then the same vote is sent again.
 *
 * The API's description of a law may be some seconds old, so a law that has just closed may look open. The vote is then
 * refused again, and looked for again.
 *
 * @throws what the reference client throws
 */
export async function castWhileOpen({ cast, isOpen, onStep, onAgain, signal }: Casting): Promise<Accepted> {
  const deadline = performance.now() + DEADLINE_MS;
  const left = () => deadline - performance.now();
  for (let isAgain = false; ; isAgain = true) {
    const call = new AbortController();
    let watch = new AbortController();
    let isOpenAgain = false;
    const stop = () => call.abort(signal.reason);
    const watchLaw = async (watched: AbortSignal) => {
      for (;;) {
        await pause(READ_EVERY_MS, watched);
        const isOpenNow = await isOpen();
        if (watched.aborted || left() < SHORTEST_MS) return;
        if (!isOpenNow) continue;
        isOpenAgain = true;
        call.abort();
        return;
      }
    };
    const onNextStep = (step: Step) => {
      watch.abort();
      watch = new AbortController();
      // Its pause ends with the step.
      if (step === "look") watchLaw(watch.signal).catch(() => undefined);
      onStep(step);
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    try {
      return await cast({ deadlineMs: left(), signal: call.signal, onStep: onNextStep }, isAgain);
    } catch (error) {
      if (!isOpenAgain || signal.aborted || !(error instanceof NotConfirmed)) throw error;
      onAgain(error);
    } finally {
      watch.abort();
      signal.removeEventListener("abort", stop);
    }
  }
}
