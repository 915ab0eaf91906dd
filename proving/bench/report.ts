import { z } from "zod";
import { table } from "../../terminal/table.ts";
import { Measurement } from "./measure.ts";

/** The results of `npm run bench`, in the form of its JSON file. */
export const BenchReport = z.object({
  v: z.literal(1),
  startedAt: z.string(),
  machine: z.string(),
  measurements: z.array(Measurement),
});
export type BenchReport = z.output<typeof BenchReport>;

/**
 * The report for a terminal; with an earlier run, it says how many times as fast each measurement is now.
 *
 * @param report a run
 * @param earlier a run to compare with
 */
export function benchText(report: BenchReport, earlier?: BenchReport): string {
  const heading = [
    "what",
    "a second",
    "spread",
    "CPU ms each",
    "rounds",
    "",
    ...(earlier === undefined ? [] : ["× earlier", "CPU × earlier"]),
  ];
  const rows = report.measurements.map((one) => {
    const before = earlier?.measurements.find((other) => other.name === one.name);
    return [
      one.name,
      `${Math.round(one.perSecond).toLocaleString("en")} ${one.unit}`,
      one.rounds === 1 ? "–" : `±${((one.spread / 2) * 100).toFixed(0)} %`,
      one.cpuMs === 0 ? "–" : one.cpuMs.toFixed(3),
      String(one.rounds),
      Object.entries(one.more)
        .map(([name, value]) => `${name} ${Math.round(value)}`)
        .join(", "),
      ...(earlier === undefined ? [] : [ratio(one.perSecond, before?.perSecond), ratio(one.cpuMs, before?.cpuMs)]),
    ];
  });
  return [`${report.machine}, ${report.startedAt}`, table([heading, ...rows]), conditionsText(report)].join("\n\n");
}

/** @returns whether every condition of a run holds */
export function holds(report: BenchReport): boolean {
  return report.measurements.every(({ conditions }) => conditions?.every((one) => one.holds) ?? true);
}

function conditionsText({ measurements }: BenchReport): string {
  return measurements
    .flatMap(({ name, conditions = [] }) =>
      conditions.map(
        ({ what, measured, holds: met }) => `${met ? "met    " : "NOT MET"}  ${name}: ${what} (${round(measured)})`,
      ),
    )
    .join("\n");
}

/** Milliseconds and counts, as far as they mean something. */
function round(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 10) / 10) : "no answer";
}

/** How many times one figure is another. */
function ratio(now: number, before: number | undefined): string {
  return before === undefined || before === 0 ? "–" : (now / before).toFixed(2);
}
