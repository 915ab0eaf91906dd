import type { FlowPoint, StageFigures } from "../../places/figures/figures.ts";
import { h, svg } from "../../web/parts/dom.ts";
import { number, secondOfDay } from "../../web/parts/format.ts";
import { ticks } from "../../web/results/plot.ts";
import { rate, t } from "./words.ts";

const HEIGHT = 200;
const [TOP, RIGHT, BOTTOM] = [12, 8, 28];
/** The least room for the numbers of the axis, and that of one of their characters, in CSS pixels. */
const LEFT = 40;
const CHARACTER = 8.5;
/** The lines; the style sheet gives each its own dashes, so that they are told apart without colour. */
const LINES = ["accepted", "decided", "counted"] as const;

/**
 * Votes per second as lines.
 *
 * @param figures what the metrics say; at least two points
 * @param width CSS pixels
 */
export function flowPlot({ points }: Pick<StageFigures, "points">, width: number): HTMLElement {
  const most = Math.max(...points.flatMap((point) => LINES.map((name) => point[name] ?? 0)));
  const marks = ticks(most);
  const highest = marks.at(-1) ?? 1;
  const left = Math.max(LEFT, 16 + CHARACTER * number(highest).length);
  const [first, last] = [points[0]?.at ?? "", points.at(-1)?.at ?? ""];
  const [begin, end] = [Date.parse(first), Date.parse(last)];
  const x = (at: string) => left + ((Date.parse(at) - begin) / Math.max(1, end - begin)) * (width - left - RIGHT);
  const y = (value: number) => TOP + (1 - value / highest) * (HEIGHT - TOP - BOTTOM);
  const grid = marks.flatMap((value) => [
    svg("line", { class: "referendum-plot__grid", x1: left, x2: width - RIGHT, y1: y(value), y2: y(value) }),
    svg("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, number(value)),
  ]);
  const line = (name: (typeof LINES)[number]) =>
    svg("polyline", { class: `console-line console-line--${name}`, points: pathOf(points, name, x, y) });
  const drawing = svg(
    "svg",
    {
      class: "referendum-plot",
      role: "img",
      "aria-label": t().flow.plotLabel(rate(most)),
      width,
      height: HEIGHT,
      viewBox: `0 0 ${width} ${HEIGHT}`,
    },
    ...grid,
    ...LINES.map(line),
    svg("text", { x: left, y: HEIGHT - 8 }, secondOfDay(first)),
    svg("text", { x: width - RIGHT, y: HEIGHT - 8, "text-anchor": "end" }, secondOfDay(last)),
  );
  return h(
    "figure",
    { class: "referendum-figure" },
    h(
      "figcaption",
      { class: "govuk-body govuk-!-font-weight-bold" },
      t().flow.plot(secondOfDay(first), secondOfDay(last)),
    ),
    drawing,
    h("ul", { class: "console-legend", "aria-hidden": "true" }, ...LINES.map(legendItem)),
  );
}

function pathOf(
  points: readonly FlowPoint[],
  name: (typeof LINES)[number],
  x: (at: string) => number,
  y: (value: number) => number,
): string {
  return points.map((point) => `${x(point.at).toFixed(1)},${y(point[name] ?? 0).toFixed(1)}`).join(" ");
}

function legendItem(name: (typeof LINES)[number]): HTMLElement {
  const sample = svg(
    "svg",
    { width: 36, height: 8, viewBox: "0 0 36 8" },
    svg("polyline", { class: `console-line console-line--${name}`, points: "0,4 36,4" }),
  );
  return h("li", {}, sample, ` ${t().flow[name]}`);
}
