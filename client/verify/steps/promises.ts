import { isSigned, type VerifyingKey } from "../bytes/ed25519.ts";
import { hex } from "../bytes/text.ts";
import type { Submission } from "../files/submissions.ts";
import { promisedBytes, readPromise } from "../log/promise.ts";
import type { Context } from "./context.ts";

/** How many promises are checked: all of them, or this many, drawn by lot. */
export type Signatures = "all" | { readonly sample: number };

/** How many signatures are under way at once. */
const GROUP = 256;

type Promised = Pick<Submission, "pair" | "promise">;

/** Checks the promises of counted submissions (2.10). */
export class PromiseCheck {
  readonly #context: Context;
  readonly #origin: string;
  readonly #keys: ReadonlyMap<string, VerifyingKey>;
  readonly #signatures: Signatures;
  readonly #random: (below: number) => number;
  #held: Promised[] = [];
  #counted = 0;
  #checked = 0;

  /**
   * @param context report and progress
   * @param origin of the law's log
   * @param keys of the law's promises, by key id
   * @param signatures how many are checked
   * @param random a whole number from 0 to below its parameter, which nobody can foresee
   */
  constructor(
    context: Context,
    origin: string,
    keys: ReadonlyMap<string, VerifyingKey>,
    signatures: Signatures,
    random: (below: number) => number,
  ) {
    this.#context = context;
    this.#origin = origin;
    this.#keys = keys;
    this.#signatures = signatures;
    this.#random = random;
  }

  /** Takes a counted submission. That it has a promise is looked at in any case. */
  async take(submission: Promised): Promise<void> {
    this.#counted++;
    if (submission.promise === undefined || submission.promise === null) {
      return this.#context.report.fail("2.10", { code: "promise_missing", request: requestOf(submission) });
    }
    if (this.#signatures === "all") {
      this.#held.push(submission);
      if (this.#held.length >= GROUP) await this.#checkHeld();
      return;
    }
    // Every submission has the same chance to be in the sample (Vitter's algorithm R).
    const { sample } = this.#signatures;
    if (this.#held.length < sample) this.#held.push(submission);
    else {
      const place = this.#random(this.#counted);
      if (place < sample) this.#held[place] = submission;
    }
  }

  /** Checks what was held back. */
  async end(): Promise<void> {
    while (this.#held.length > 0) {
      await this.#checkHeld();
      this.#context.onProgress("signatures", this.#checked, this.#checked + this.#held.length);
    }
    const { report } = this.#context;
    report.ran("2.10");
    report.say("2.10", { code: "promises_checked", checked: this.#checked, counted: this.#counted });
  }

  async #checkHeld(): Promise<void> {
    this.#context.signal?.throwIfAborted();
    const group = this.#held.splice(0, GROUP);
    await Promise.all(group.map((submission) => this.#check(submission)));
    this.#checked += group.length;
  }

  async #check(submission: Promised): Promise<void> {
    const { report } = this.#context;
    const request = requestOf(submission);
    const promise = readPromise(submission.promise);
    if (promise === undefined) return report.fail("2.10", { code: "promise_wrong", request });
    const { keyId, signature } = promise;
    const key = this.#keys.get(keyId);
    if (key === undefined) return report.fail("2.10", { code: "promise_key", request, keyId });
    if (await isSigned(key, promisedBytes(this.#origin, submission.pair, keyId), signature)) return;
    report.fail("2.10", { code: "promise_wrong", request });
  }
}

/** A submission is named by SHA-256 of its request id. */
export function requestOf({ pair }: { readonly pair: Uint8Array }): string {
  return hex(pair.subarray(0, 32));
}

/** A whole number from 0 to below the parameter, by the machine's random source. */
export function drawn(below: number): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  // 53 random bits: for some million submissions, no place is noticeably more probable than another.
  return Math.floor((((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53) * below);
}
