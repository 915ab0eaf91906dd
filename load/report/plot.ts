/** A line of a plot: values by seconds since the start. */
export interface Series {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface Plot {
  readonly title: string;
  readonly unit: string;
  /** The label of the horizontal axis; default: seconds since the start. */
  readonly horizontal?: string;
  readonly series: readonly Series[];
  /** An important value, such as a target, drawn as a horizontal line. */
  readonly target?: { readonly name: string; readonly value: number };
}

const WIDTH = 640;
const HEIGHT = 260;
/** Room for five digits in the larger letters of small screens. */
const LEFT = 76;
const RIGHT = 8;
const BOTTOM = 34;
const TOP = 14;
/** If lines overlap, their dashes differ: each line is visible through the gaps of the line above it. */
const DASHES = ["", "7 4", "2 4", "10 3 2 3"];
/** The approximate number of steps on each axis. */
const STEPS = 5;

/**
 * Makes text safe inside HTML, in elements and in quoted attributes.
 *
 * @param text any text
 */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

/**
 * Draws a plot as inline SVG, which needs no script and scales to any width.
 *
 * @param plot what to draw
 */
export function plotSvg(plot: Plot): string {
  const points = plot.series.flatMap((series) => series.points);
  const toX = Math.max(...points.map(([x]) => x), 1);
  const values = [...points.map(([, y]) => y), plot.target?.value ?? 0, 1];
  const rows = ticksTo(Math.max(...values), "beyond");
  const top = rows.at(-1) ?? 1;
  const x = (value: number) => LEFT + (value / toX) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const looks = plot.series.map(({ color }, index) => ({ color: escapeHtml(color), dash: dashOf(plot.series, index) }));
  const lines = plot.series.map(({ points: own, name }, index) => {
    const path = own.map(([px, py], at) => `${at === 0 ? "M" : "L"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`);
    const { color, dash } = looks[index] ?? { color: "", dash: "" };
    return `<path data-series="${escapeHtml(name)}" d="${path.join("")}" fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>`;
  });
  const grid = rows.map((value) => {
    const at = y(value).toFixed(1);
    return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${at}" text-anchor="end" dy=".35em">${label(value)}</text>`;
  });
  const ticks = ticksTo(toX, "within").map((value) => {
    // A label centred on the last tick would leave the drawing.
    const anchor = x(value) > WIDTH - RIGHT - LEFT / 2 ? "end" : value === 0 ? "start" : "middle";
    return `<text x="${x(value).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="${anchor}">${label(value)}</text>`;
  });
  const target =
    plot.target === undefined
      ? ""
      : `<path class="target" d="M${LEFT} ${y(plot.target.value).toFixed(1)}H${WIDTH - RIGHT}"/>`;
  const legend = plot.series.map(
    ({ name }, index) =>
      `<span><svg class="key" viewBox="0 0 28 8" aria-hidden="true"><path d="M0 4H28" stroke="${looks[index]?.color ?? ""}" stroke-width="3" stroke-dasharray="${looks[index]?.dash ?? ""}"/></svg>${escapeHtml(name)}</span>`,
  );
  if (plot.target !== undefined) {
    legend.push(
      `<span><svg class="key" viewBox="0 0 28 8" aria-hidden="true"><path class="target" d="M0 4H28"/></svg>${escapeHtml(plot.target.name)}</span>`,
    );
  }
  return `<figure class="plot"><figcaption>${escapeHtml(plot.title)} <small>(${escapeHtml(plot.unit)}, by ${escapeHtml(plot.horizontal ?? "seconds")})</small></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(plot.title)}">${grid.join("")}${ticks.join("")}${target}${lines.join("")}</svg>
<div class="legend">${legend.join("")}</div></figure>`;
}

/**
 * The first line of a colour is solid, and later ones have dashes. If there are few lines, all except the first have
 * dashes.
 */
function dashOf(series: readonly Series[], index: number): string {
  const sameColor = series.slice(0, index).filter(({ color }) => color === series[index]?.color).length;
  const nth = series.length <= DASHES.length ? index : sameColor;
  return DASHES[nth % DASHES.length] ?? "";
}

/**
 * Round values of an axis that begins at 0: steps of 1, 2 or 5 × 10ⁿ.
 *
 * @param highest the highest value to be shown
 * @param end whether the last tick lies at or beyond the highest value, or at or before it
 */
function ticksTo(highest: number, end: "beyond" | "within"): number[] {
  const power = 10 ** Math.floor(Math.log10(highest / STEPS));
  const step = ([1, 2, 5, 10].find((factor) => factor * power * STEPS >= highest) ?? 10) * power;
  const count = end === "beyond" ? Math.ceil(highest / step) : Math.floor(highest / step);
  // Adding up steps would make rounding errors visible.
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

function label(value: number): string {
  return value >= 10_000 ? `${Number((value / 1_000).toPrecision(3))}k` : String(value);
}

/**
 * Draws shares of a whole as one bar.
 *
 * @param title what is shared out
 * @param parts name, count and colour
 */
export function sharesBar(title: string, parts: readonly { name: string; count: number; color: string }[]): string {
  const total = Math.max(
    1,
    parts.reduce((sum, part) => sum + part.count, 0),
  );
  let at = 0;
  const bars = parts.map(({ name, count, color }) => {
    const width = (count / total) * 640;
    const bar = `<rect data-series="${escapeHtml(name)}" x="${at.toFixed(2)}" y="0" width="${width.toFixed(2)}" height="36" fill="${escapeHtml(color)}"/>`;
    at += width;
    return bar;
  });
  const legend = parts.map(
    ({ name, count, color }) =>
      `<span><i style="background:${escapeHtml(color)}"></i>${escapeHtml(name)} ${count.toLocaleString("en")} (${((count / total) * 100).toFixed(2)} %)</span>`,
  );
  return `<figure class="plot"><figcaption>${escapeHtml(title)}</figcaption>
<svg viewBox="0 0 640 36" role="img" aria-label="${escapeHtml(title)}">${bars.join("")}</svg>
<div class="legend">${legend.join("")}</div></figure>`;
}
