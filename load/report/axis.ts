/** The approximate number of steps on each axis. */
const STEPS = 5;

/**
 * Round values of an axis that begins at 0: steps of 1, 2 or 5 × 10ⁿ.
 *
 * @param highest the highest value to be shown
 * @param end whether the last tick lies at or beyond the highest value, or at or before it
 */
export function ticksTo(highest: number, end: "beyond" | "within"): number[] {
  const power = 10 ** Math.floor(Math.log10(highest / STEPS));
  const step = ([1, 2, 5, 10].find((factor) => factor * power * STEPS >= highest) ?? 10) * power;
  const count = end === "beyond" ? Math.ceil(highest / step) : Math.floor(highest / step);
  // Adding up steps would make rounding errors visible.
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** A tick's label: short enough for the room beside an axis. */
export function tickLabel(value: number): string {
  return value >= 10_000
    ? `${Number((value / 1_000).toPrecision(3))}k`
    : value.toLocaleString("en", { maximumFractionDigits: 12 });
}
