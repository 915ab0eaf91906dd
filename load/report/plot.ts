import { tickLabel, ticksTo } from "./axis.ts";

// The voters' pages draw with the same rules (web/results/plot.ts): round ticks, a table with the same values, nothing
// told by colour alone. They share no code: the only rooms that both may import are the client and the rules of voting,
// where drawing has no place. There is little to share: the pages build elements in a browser, with texts in two
// languages; this file writes text for a file.

/** A line of a plot: values by seconds since the start. */
export interface Series {
  readonly name: string;
  /** A colour as CSS; see COLORS in style.ts. */
  readonly color: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface Plot {
  readonly title: string;
  readonly unit: string;
  /** The label of the horizontal axis; default: seconds since the start. */
  readonly horizontal?: string;
  readonly series: readonly Series[];
  /** An important value, such as a target, drawn as a horizontal line with its name. */
  readonly target?: { readonly name: string; readonly value: number };
}

const WIDTH = 640;
const HEIGHT = 300;
/** Room for five digits in the larger letters of small screens. */
const LEFT = 76;
const RIGHT = 8;
const BOTTOM = 34;
const TOP = 14;
/** If lines overlap, their dashes differ: each line is visible through the gaps of the line above it. */
const DASHES = ["", "7 4", "2 4", "10 3 2 3"];
/** Four lines differ by their dashes; further ones have a mark as well. Each is drawn around 0,0. */
const MARKS = ["", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0", "M-4-4h8v8h-8z", "M0-5l5 9h-10z"];
const DOT = MARKS[1] ?? "";
/** How far an axis goes beyond a target, for its name. */
const ABOVE_TARGET = 1.12;
/** The approximate number of marks on a line. */
const MARKS_PER_LINE = 8;

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

/** How a line looks; no two of the first sixteen are alike without colour. */
interface Look {
  readonly color: string;
  readonly dash: string;
  readonly mark: string;
}

/**
 * Draws a plot as inline SVG, which needs no script and scales to any width. Under the mouse it tells the values of a
 * moment; a table below it has them all.
 *
 * @param plot what to draw
 */
export function plotSvg(plot: Plot): string {
  const points = plot.series.flatMap((series) => series.points);
  const toX = Math.max(...points.map(([x]) => x), 1);
  const rows = ticksTo(Math.max(...points.map(([, y]) => y), (plot.target?.value ?? 0) * ABOVE_TARGET, 1), "beyond");
  const top = rows.at(-1) ?? 1;
  const x = (value: number) => LEFT + (value / toX) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const grid = rows.map((value) => {
    const at = y(value).toFixed(1);
    return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${at}" text-anchor="end" dy=".35em">${tickLabel(value)}</text>`;
  });
  const ticks = ticksTo(toX, "within").map((value) => {
    // A label centred on the last tick would leave the drawing.
    const anchor = x(value) > WIDTH - RIGHT - LEFT / 2 ? "end" : value === 0 ? "start" : "middle";
    return `<text x="${x(value).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="${anchor}">${tickLabel(value)}</text>`;
  });
  const looks = plot.series.map(({ color }, index) => lookOf(color, index));
  const lines = plot.series.map((series, index) => lineOf(series, looks[index] ?? lookOf("", 0), index, x, y));
  const { line, name } = targetOf(plot, y);
  const summary = `${plot.title}: ${plot.series.map((series) => series.name).join(", ")}`;
  return `<figure class="plot"><figcaption><h3>${escapeHtml(plot.title)} <small>(${escapeHtml(plot.unit)}, by ${escapeHtml(plot.horizontal ?? "seconds")})</small></h3></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(summary)}">${grid.join("")}${ticks.join("")}${line}${lines.join("")}${name}${moments(plot, x)}</svg>
<div class="legend">${legendOf(plot, looks)}</div>${tableOf(plot)}</figure>`;
}

function lookOf(color: string, index: number): Look {
  return {
    color: escapeHtml(color),
    dash: DASHES[index % DASHES.length] ?? "",
    mark: MARKS[Math.floor(index / DASHES.length) % MARKS.length] ?? "",
  };
}

/** One line with its marks. A solid line is wider, so that a dashed one on top of it leaves its edges visible. */
function lineOf(
  { name, points }: Series,
  { color, dash, mark }: Look,
  index: number,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const places = points.map(([px, py]) => `${x(px).toFixed(1)} ${y(py).toFixed(1)}`);
  const path = places.map((place, at) => `${at === 0 ? "M" : "L"}${place}`).join("");
  const line = `<path data-series="${escapeHtml(name)}" d="${path}" fill="none" stroke="${color}" stroke-width="${dash === "" ? 3.5 : 2}" stroke-dasharray="${dash}"/>`;
  // A line through a single point has no length.
  if (points.length > 1 && mark === "") return line;
  const every = Math.max(1, Math.ceil(points.length / MARKS_PER_LINE));
  // Not all lines have their marks at the same moments, where lines that coincide would hide them.
  const marked = points.length === 1 ? places : places.filter((_, at) => at % every === index % every);
  return `${line}${marked.map((place) => `<path class="mark" transform="translate(${place})" d="${mark === "" ? DOT : mark}" stroke="${color}"/>`).join("")}`;
}

/** The line at the target, below the other lines, and its name, above them. */
function targetOf({ target }: Plot, y: (value: number) => number): { readonly line: string; readonly name: string } {
  if (target === undefined) return { line: "", name: "" };
  const at = y(target.value);
  return {
    line: `<path class="target" d="M${LEFT} ${at.toFixed(1)}H${WIDTH - RIGHT}"/>`,
    name: `<text class="name" x="${WIDTH - RIGHT - 4}" y="${(at - 10).toFixed(1)}" text-anchor="end">${escapeHtml(target.name)}</text>`,
  };
}

/** Values by moment, one per series; undefined where a line has no point. */
function valuesByMoment(series: readonly Series[]): [number, (number | undefined)[]][] {
  const lines = series.map(({ points }) => new Map(points));
  const moments = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  return moments.map((moment) => [moment, lines.map((line) => line.get(moment))]);
}

function moments(plot: Plot, x: (value: number) => number): string {
  const all = valuesByMoment(plot.series);
  return all
    .map(([moment, values], index) => {
      const from = index === 0 ? LEFT : (x(all[index - 1]?.[0] ?? 0) + x(moment)) / 2;
      const next = all[index + 1];
      const until = next === undefined ? WIDTH - RIGHT : (x(moment) + x(next[0])) / 2;
      const texts = values.map((value, nth) => `${plot.series[nth]?.name ?? ""}: ${valueText(value)}`);
      const title = [`${valueText(moment)} ${plot.horizontal ?? "s"}`, ...texts].join("\n");
      return `<rect class="moment" x="${from.toFixed(1)}" y="${TOP}" width="${Math.max(0, until - from).toFixed(1)}" height="${HEIGHT - TOP - BOTTOM}"><title>${escapeHtml(title)}</title></rect>`;
    })
    .join("");
}

function legendOf({ series, target }: Plot, looks: readonly Look[]): string {
  const key = (drawing: string, name: string) =>
    `<span><svg class="key" viewBox="0 0 36 12" aria-hidden="true">${drawing}</svg>${escapeHtml(name)}</span>`;
  const entries = series.map(({ name }, index) => {
    const { color, dash, mark } = looks[index] ?? lookOf("", 0);
    const onLine = mark === "" ? "" : `<path class="mark" transform="translate(18 6)" d="${mark}" stroke="${color}"/>`;
    return key(
      `<path d="M0 6H36" stroke="${color}" stroke-width="${dash === "" ? 3.5 : 2}" stroke-dasharray="${dash}"/>${onLine}`,
      name,
    );
  });
  if (target !== undefined) entries.push(key('<path class="target" d="M0 6H36"/>', target.name));
  return entries.join("");
}

function tableOf(plot: Plot): string {
  const heading = [plot.horizontal ?? "seconds", ...plot.series.map(({ name }) => name)];
  const head = heading.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("");
  const rows = valuesByMoment(plot.series).map(
    ([moment, values]) =>
      `<tr><th scope="row">${valueText(moment)}</th>${values.map((value) => `<td>${valueText(value)}</td>`).join("")}</tr>`,
  );
  const name = escapeHtml(`${plot.title} (${plot.unit})`);
  return `<details><summary>Table: ${name}</summary><div class="values" role="region" tabindex="0" aria-label="${name}"><table><thead><tr>${head}</tr></thead><tbody>
${rows.join("\n")}
</tbody></table></div></details>`;
}

/** A value for people, with at most two decimals. */
function valueText(value: number | undefined): string {
  return value === undefined ? "–" : value.toLocaleString("en", { maximumFractionDigits: 2 });
}
