import type { PromiseFault } from "./promise.ts";

/** The body of an error of the API: application/problem+json (RFC 9457). */
export type Problem = Readonly<Record<string, unknown>>;

/**
 * The API refused the vote, and would refuse the same request again. Nothing was accepted, unless `problem` has a
 * `request_id`: then an earlier try was accepted, and its vote was lost.
 */
export class Refused extends Error {
  readonly status: number;
  /** The body of the answer; undefined if the answer came from something in between, such as a proxy. */
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    const why = [problem?.["title"], problem?.["detail"]].filter((text) => typeof text === "string").join(": ");
    super(`The API refused (${status})${why === "" ? "." : `: ${why}`}`);
    this.name = "Refused";
    this.status = status;
    this.problem = problem;
  }
}

/** The facts about a vote that was not confirmed. */
export interface Unconfirmed {
  /** The Idempotency-Key to go on with. */
  readonly key: string;
  /**
   * The seed to go on with: the same choice is then sealed to the same bytes. Undefined where the law is open. Whoever
   * has it can prove what was chosen.
   */
  readonly seed: Uint8Array | undefined;
  /** False only when every single try was refused before it could be accepted. */
  readonly mayHaveArrived: boolean;
  /** The address of the receipt, if an answer named it. The receipt tells whether the vote arrived. */
  readonly receipt: string | undefined;
  readonly tries: number;
}

/**
 * No try was confirmed before the deadline. To go on:
 * `castVote(api, vote, { resume: error.key, seed: error.seed })`.
 */
export class NotConfirmed extends Error implements Unconfirmed {
  readonly key: string;
  readonly seed: Uint8Array | undefined;
  readonly mayHaveArrived: boolean;
  readonly receipt: string | undefined;
  readonly tries: number;

  constructor(why: string, known: Unconfirmed, cause?: unknown) {
    const refused = known.tries === 0 ? "The vote was not sent." : "The vote was not accepted: every try was refused.";
    const outcome = known.mayHaveArrived ? "Whether the vote was accepted is unknown." : refused;
    const look = known.receipt === undefined ? "" : ` If it arrived, its receipt is at ${known.receipt}.`;
    super(
      `${why}${known.tries > 1 ? ` after ${known.tries} tries` : ""}. ${outcome}${look} It is safe to send the ` +
        `same vote again with the same Idempotency-Key, ${known.key}: it stays one submission.` +
        (known.seed === undefined ? "" : " Go on with its seed as well."),
      { cause },
    );
    this.name = "NotConfirmed";
    this.key = known.key;
    this.seed = known.seed;
    this.mayHaveArrived = known.mayHaveArrived;
    this.receipt = known.receipt;
    this.tries = known.tries;
  }
}

/**
 * The API said that it has the vote, and did not give the promise that the law says it gives, or the promise could not
 * be checked, because the law was not described again (`cause`). The vote may be there. To go on as with
 * `NotConfirmed`; if it comes again without a cause, tell the election office.
 */
export class NotPromised extends NotConfirmed {
  /** What is wrong (promise.ts). */
  readonly type: PromiseFault;
  readonly requestId: string;

  constructor(type: PromiseFault, requestId: string, known: Unconfirmed, cause?: unknown) {
    const what = cause === undefined ? "is not right" : "cannot be checked now";
    super(`The API has the vote, and its promise ${what} (${type})`, known, cause);
    this.name = "NotPromised";
    this.type = type;
    this.requestId = requestId;
  }
}

/**
 * A vote is not decided yet, or its receipt could not be read, so that nobody can say what became of it. That is no
 * refusal of the vote. Its receipt can be read later.
 */
export class NotDecided extends Error {
  readonly receipt: string;

  /**
   * @param receipt its address
   * @param seconds the deadline that has passed; undefined when the receipt was refused
   * @param cause why it could not be read: a `Refused` when it was refused
   */
  constructor(receipt: string, seconds: number | undefined, cause?: unknown) {
    const refused = cause instanceof Refused ? ` (${cause.status})` : "";
    const why =
      seconds === undefined
        ? `was refused${refused}, so it is not known what became of it.`
        : `did not say within ${seconds} s what became of it.`;
    // 410: it was destroyed with the votes of its law, and does not come back.
    const look = cause instanceof Refused && cause.status === 410 ? "" : ` Look later at ${receipt}.`;
    super(`The receipt of the vote ${why}${look}`, { cause });
    this.name = "NotDecided";
    this.receipt = receipt;
  }
}
