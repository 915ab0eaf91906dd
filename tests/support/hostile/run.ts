import { randomInt } from "node:crypto";
import fc, { type Arbitrary } from "fast-check";
import { Wire } from "./wire.ts";

/** Connections at once. */
const LANES = 24;
/** Inputs generated at once. */
const CHUNK = 2_000;
const SHRINK_WITHIN_MS = 15_000;

/** The seed of this run: FAST_CHECK_SEED repeats one. */
export const SEED = Number(process.env.FAST_CHECK_SEED) || randomInt(1, 2 ** 31);

/**
 * Sends very many inputs, and judges each. One after the other fast-check would take minutes: here they are generated
 * in chunks and sent over some connections at once. One that fails is given back to fast-check, which makes it smaller.
 *
 * @param baseUrl where the API is
 * @param inputs what to send
 * @param count how many
 * @param trial sends one input and throws where the answer is wrong
 * @param describe an input as text, for a failure
 */
export async function tryMany<T>(
  baseUrl: string,
  inputs: Arbitrary<T>,
  count: number,
  trial: (input: T, wire: Wire) => Promise<void>,
  describe: (input: T) => string,
): Promise<void> {
  const wires = Array.from({ length: LANES }, () => new Wire(baseUrl));
  try {
    for (let done = 0; done < count; done += CHUNK) {
      const seed = SEED + done;
      const chunk = fc.sample(inputs, { seed, numRuns: Math.min(CHUNK, count - done) });
      let next = 0;
      const failures: { index: number; error: unknown }[] = [];
      const lane = async (wire: Wire) => {
        for (let index = next++; index < chunk.length && failures.length === 0; index = next++) {
          const input = chunk[index];
          if (input === undefined) continue;
          await trial(input, wire).catch((error: unknown) => failures.push({ index, error }));
        }
      };
      await Promise.all(wires.map(lane));
      const [failure] = failures;
      if (failure !== undefined) {
        const input = chunk[failure.index];
        const smaller = await smallest(baseUrl, inputs, seed, failure.index, trial, describe);
        throw new Error(
          `input ${done + failure.index} (repeat with FAST_CHECK_SEED=${SEED}): ${messageOf(failure.error)}\n` +
            `${input === undefined ? "" : describe(input)}\n${smaller}`,
        );
      }
    }
  } finally {
    for (const wire of wires) wire.close();
  }
}

async function smallest<T>(
  baseUrl: string,
  inputs: Arbitrary<T>,
  seed: number,
  index: number,
  trial: (input: T, wire: Wire) => Promise<void>,
  describe: (input: T) => string,
): Promise<string> {
  const wire = new Wire(baseUrl);
  const property = fc.asyncProperty(inputs, (input) => trial(input, wire));
  const limits = { seed, path: String(index), numRuns: 1, interruptAfterTimeLimit: SHRINK_WITHIN_MS };
  const details = await fc.check(property, limits).finally(() => wire.close());
  const [input] = details.counterexample ?? [];
  if (input === undefined) return "Sent alone it is answered as it must be.";
  return `the smallest that fails (${details.numShrinks} times smaller): ${messageOf(details.errorInstance)}\n${describe(input)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
