import { createSecretKey } from "node:crypto";
import { isPromise, makePromise, promiseKeyPair, type SignedPromise } from "../../shared/domain/promise.ts";
import { type Measurement, type Round, summarize, timed } from "./measure.ts";

/**
 * Measures making and checking promises in this process, on one thread.
 *
 * @param promises how many each round has
 * @param rounds how often each is measured
 * @returns a measurement of making and one of checking
 */
export async function benchPromises(promises: number, rounds: number): Promise<Measurement[]> {
  const pair = promiseKeyPair(createSecretKey(Buffer.alloc(32, 1)));
  const making: Round[] = [];
  const checking: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const digest = Buffer.alloc(32, round);
    const about = (vote: number) => ({
      origin: "bench/L1",
      requestId: `${round} ${vote}`.padStart(80, "0"),
      envelopeSha256: digest,
    });
    const made: SignedPromise[] = [];
    const make = async () => {
      for (let vote = 0; vote < promises; vote++) made.push(makePromise(about(vote), pair));
    };
    const check = async () => {
      for (const [vote, promise] of made.entries()) {
        if (!isPromise(about(vote), promise, pair.publicKey)) throw new Error("A promise that was just made is wrong.");
      }
    };
    making.push(await timed(make));
    checking.push(await timed(check));
  }
  return [
    summarize("making promises, one thread", promises, making, {}, "promises"),
    summarize("checking promises, one thread", promises, checking, {}, "promises"),
  ];
}
