import { explain } from "../../terminal/errors.ts";
import { type Random, seededRandom } from "../random.ts";
import type { FaultScenario } from "./model.ts";
import type { Outcome } from "./report.ts";
import { FaultStack } from "./stack.ts";

export interface FaultRunOptions {
  readonly scenarios: readonly FaultScenario[];
  readonly seed: number;
  /** Votes per second. */
  readonly rate: number;
  /** How long to run scenarios chosen at random; absent: each scenario runs once. */
  readonly minutes?: number | undefined;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * Starts a local stack and tries faults on it. The stack is gone when this returns, whatever happened.
 *
 * @param options which faults, under which load
 */
export async function runFaults(options: FaultRunOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  options.say("Starting a local stack …");
  const stack = await FaultStack.start();
  try {
    for (const [scenario, seed] of order(options)) {
      if (options.signal.aborted) break;
      const outcome = await runOne(scenario, seed, stack, options);
      // An interruption is not a failure of the system.
      if (options.signal.aborted) break;
      outcomes.push(outcome);
      options.onOutcome(outcome);
      if (outcome.skipped === undefined) await renew(stack);
    }
  } finally {
    await stack.close();
  }
  options.signal.throwIfAborted();
  return outcomes;
}

/** Scenarios in order, each with a separate seed, so that each does the same whichever others are run. */
function* order({ scenarios, seed, minutes }: FaultRunOptions): Generator<[FaultScenario, number]> {
  if (minutes === undefined) {
    for (const scenario of scenarios) yield [scenario, seedFor(scenario, seed)];
    return;
  }
  const random: Random = seededRandom(seed);
  const endMs = performance.now() + minutes * 60_000;
  while (performance.now() < endMs) yield [random.pick(scenarios), random.below(2 ** 31)];
}

function seedFor({ name }: FaultScenario, seed: number): number {
  return [...name].reduce((mixed, letter) => (Math.imul(mixed, 31) + letter.charCodeAt(0)) | 0, seed);
}

async function runOne(
  scenario: FaultScenario,
  seed: number,
  stack: FaultStack,
  options: FaultRunOptions,
): Promise<Outcome> {
  const { name, does, votes, mistake } = scenario;
  const told = { name, does, votes, ...(mistake === undefined ? {} : { mistake }) };
  const skipped = scenario.unavailable?.();
  if (skipped !== undefined) return { scenario: told, skipped };
  options.say(`${name}: ${does}; ${votes.toLocaleString("en")} votes …`);
  // Everything that a scenario has started ends with it.
  const own = new AbortController();
  const signal = AbortSignal.any([options.signal, own.signal]);
  const say = (text: string) => options.say(`  ${text}`);
  try {
    const context = { stack, random: seededRandom(seed), votes, rate: options.rate, signal, say };
    return { scenario: told, figures: await scenario.run(context) };
  } catch (error) {
    return { scenario: told, failed: `${explain(error)} (seed ${seed})` };
  } finally {
    own.abort(new Error(`${name} has ended`));
  }
}

/** A supervisor counts how often its processes end, so each scenario begins with a new supervisor. */
async function renew(stack: FaultStack): Promise<void> {
  await stack.stop();
  await stack.startAgain();
}
