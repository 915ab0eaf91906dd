import { z } from "zod";

/** Something that must be true of a measurement. */
const Condition = z.object({ what: z.string(), measured: z.number(), holds: z.boolean() });

/** One measurement, repeated. */
export const Measurement = z.object({
  name: z.string(),
  /** The counted things: votes or voters. */
  unit: z.string(),
  count: z.number(),
  rounds: z.number(),
  /** Median over the rounds, and (highest − lowest) ÷ median. */
  perSecond: z.number(),
  spread: z.number(),
  /** CPU of all processes that worked on it, in milliseconds per vote or voter; median. */
  cpuMs: z.number(),
  /** Further figures by name, such as bytes per voter. */
  more: z.record(z.string(), z.number()),
  /** Conditions for the figure; the exit code says whether all of them hold. */
  conditions: z.array(Condition).optional(),
});
export type Measurement = z.output<typeof Measurement>;

/** The time and CPU of one round. */
export interface Round {
  readonly seconds: number;
  readonly cpuMs: number;
}

/** The middle value; of an even number the lower of the two. @param values at least one */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/**
 * Sums rounds up.
 *
 * @param name the name of the measurement
 * @param count how many votes or voters each round had
 * @param rounds the time and CPU of each
 * @param more further figures
 * @param unit the counted things
 */
export function summarize(
  name: string,
  count: number,
  rounds: readonly Round[],
  more: Readonly<Record<string, number>> = {},
  unit = "votes",
): Measurement {
  const rates = rounds.map((round) => count / round.seconds);
  const middle = median(rates);
  return {
    name,
    unit,
    count,
    rounds: rounds.length,
    perSecond: middle,
    spread: middle === 0 ? 0 : (Math.max(...rates) - Math.min(...rates)) / middle,
    cpuMs: median(rounds.map((round) => round.cpuMs / count)),
    more: { ...more },
  };
}

/**
 * Times work and the CPU it takes.
 *
 * @param work what to do
 * @param elsewhere CPU time so far of other processes that work on it, milliseconds
 */
export async function timed(work: () => Promise<unknown>, elsewhere: () => number = () => 0): Promise<Round> {
  const before = elsewhere();
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuMs: (user + system) / 1_000 + elsewhere() - before };
}
