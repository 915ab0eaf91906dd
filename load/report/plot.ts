/** A line of a plot: values by seconds since the start. */
export interface Series {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface Plot {
  readonly title: string;
  readonly unit: string;
  /** What the horizontal axis shows; default: seconds since the start. */
  readonly horizontal?: string;
  readonly series: readonly Series[];
}

const WIDTH = 640;
const HEIGHT = 240;
const LEFT = 56;
const BOTTOM = 28;
const TOP = 10;

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
  const [fromX, toX] = [Math.min(...points.map(([x]) => x), 0), Math.max(...points.map(([x]) => x), 1)];
  const top = niceAbove(Math.max(...points.map(([, y]) => y), 1));
  const x = (value: number) => LEFT + ((value - fromX) / (toX - fromX)) * (WIDTH - LEFT - 8);
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const lines = plot.series.map(({ points: own, color, name }) => {
    const path = own.map(([px, py], index) => `${index === 0 ? "M" : "L"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`);
    return `<path data-series="${escapeHtml(name)}" d="${path.join("")}" fill="none" stroke="${escapeHtml(color)}" stroke-width="1.6"/>`;
  });
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(top * part).toFixed(1);
    return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - 8}"/><text x="${LEFT - 6}" y="${at}" text-anchor="end" dy="4">${label(top * part)}</text>`;
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const value = fromX + (toX - fromX) * part;
    const anchor = part === 1 ? "end" : part === 0 ? "start" : "middle";
    return `<text x="${x(value).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="${anchor}">${label(value)}</text>`;
  });
  const legend = plot.series.map(
    ({ name, color }) => `<span><i style="background:${escapeHtml(color)}"></i>${escapeHtml(name)}</span>`,
  );
  return `<figure class="plot"><figcaption>${escapeHtml(plot.title)} <small>(${escapeHtml(plot.unit)}, by ${escapeHtml(plot.horizontal ?? "seconds")})</small></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(plot.title)}">${grid.join("")}${ticks.join("")}${lines.join("")}</svg>
<div class="legend">${legend.join("")}</div></figure>`;
}

/** The next of 1, 2, 2.5, 5 × 10ⁿ. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function label(value: number): string {
  if (value >= 10_000) return `${Math.round(value / 1_000)}k`;
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 1 : 0);
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
