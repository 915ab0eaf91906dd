import type { Turnout } from "../api/answers.ts";
import { withFrench } from "../parts/components.ts";
import { h, svg } from "../parts/dom.ts";
import { clock, dayOf, number, percent, period } from "../parts/format.ts";
import { t } from "../parts/language.ts";

/** Drawings of numbers that a table shows as well. They say the same without colour, in forced colours and on paper. */

const HEIGHT = 240;
/** The least room for the numbers of the axis, and the room of one of their characters, in CSS pixels. */
const LEFT = 56;
const CHARACTER = 8.5;
/** The room below the bars for a line of hours, and for a line of days where there are several. */
const BOTTOM = 28;
const DAYS = 18;
/** The room above the bars for the name of the axis. */
const TOP = 32;

/**
 * Round numbers for an axis: 1, 2 or 5 times a power of ten, some five of them, whole.
 *
 * @param most the largest value
 * @returns from 0 up to the first that is not smaller than `most`
 */
export function ticks(most: number): number[] {
  const rough = Math.max(1, most / 4);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough) ?? power;
  const count = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** A bar with its text. */
interface Share {
  readonly text: string;
  /** From 0 to 1. */
  readonly part: number;
}

/**
 * One bar per answer, with its name and its share beside it; the second one is hatched.
 *
 * @param rows the answers
 * @param total their votes together
 * @param spoiled the share of spoiled ballots, dotted, where there can be some
 */
export function shareBars(
  rows: readonly { readonly name: string; readonly votes: number }[],
  total: number,
  spoiled: Share | undefined,
): HTMLElement {
  const bar = ({ text, part }: Share, index: number) => {
    const full = h("div", { class: `referendum-share__bar referendum-share__bar--${index}` });
    full.style.inlineSize = `${100 * part}%`;
    return h(
      "div",
      { class: "referendum-share" },
      h("div", { class: "referendum-share__name" }, ...withFrench(text)),
      h("div", { class: "referendum-share__track" }, full),
    );
  };
  const shares = rows.map(({ name, votes }) => ({
    text: t().results.shareText(name, percent(votes, total)),
    part: total === 0 ? 0 : votes / total,
  }));
  const all = spoiled === undefined ? shares : [...shares, spoiled];
  return h("div", { "aria-hidden": "true", class: "referendum-shares" }, ...all.map(bar));
}

/**
 * Votes by hour as bars: as wide as their hours, so that joined hours are seen as such, and as high as their votes per
 * hour.
 *
 * @param hours what to draw; at least one
 * @param width CSS pixels
 */
export function hoursPlot(hours: Turnout["hours"], width: number): SVGSVGElement {
  const ms = (instant: string) => Date.parse(instant);
  const rates = hours.map(({ from, until, voted }) => (voted * 3_600_000) / (ms(until) - ms(from)));
  const marks = ticks(Math.max(...rates));
  const most = marks.at(-1) ?? 1;
  const axis = Math.max(LEFT, 16 + CHARACTER * number(most).length);
  const [begin, end] = [ms(hours[0]?.from ?? ""), ms(hours.at(-1)?.until ?? "")];
  const x = (at: number) => axis + ((at - begin) / (end - begin)) * (width - axis - 8);
  const instants = timeMarks(begin, end, width, x).map((at) => new Date(at).toISOString());
  const days = instants.map(dayOf);
  const bottom = new Set(days).size > 1 ? BOTTOM + DAYS : BOTTOM;
  const y = (value: number) => TOP + (1 - value / most) * (HEIGHT - TOP - bottom);
  const below = (at: string, offset: number, text: string) =>
    svg("text", { x: x(ms(at)), y: HEIGHT - bottom + offset, "text-anchor": "middle" }, text);
  const line = (value: number) => [
    svg("line", { class: "referendum-plot__grid", x1: axis, x2: width - 8, y1: y(value), y2: y(value) }),
    svg("text", { x: axis - 8, y: y(value) + 4, "text-anchor": "end" }, number(value)),
  ];
  const bars = hours.map(({ from, until, voted }, index) => {
    const [left, right, top] = [x(ms(from)), x(ms(until)), y(rates[index] ?? 0)];
    const bar = svg("rect", {
      class: "referendum-plot__bar",
      x: left + 0.5,
      y: top,
      width: Math.max(1, right - left - 1),
      height: HEIGHT - bottom - top,
    });
    bar.append(svg("title", {}, t().results.votesIn(period(from, until), number(voted))));
    return bar;
  });
  const highest = Math.round(10 * Math.max(...rates)) / 10;
  return svg(
    "svg",
    {
      class: "referendum-plot",
      role: "img",
      "aria-label": t().results.plotHours(hours.length, number(highest)),
      width,
      height: HEIGHT,
      viewBox: `0 0 ${width} ${HEIGHT}`,
    },
    svg("text", { x: 0, y: 14 }, t().results.perHour),
    ...marks.flatMap(line),
    ...bars,
    ...instants.map((at) => below(at, BOTTOM - 8, clock(at))),
    // The day at the first hour that is written of it.
    ...instants.flatMap((at, index) =>
      bottom === BOTTOM || days[index] === days[index - 1] ? [] : [below(at, BOTTOM + DAYS - 8, dayOf(at))],
    ),
  );
}

/** Whole hours that have room for their labels. */
function timeMarks(begin: number, end: number, width: number, x: (at: number) => number): number[] {
  const hours = (end - begin) / 3_600_000;
  const most = Math.max(1, Math.floor((width - x(begin)) / 64));
  let step = [1, 2, 3, 6, 12, 24].find((one) => hours / one <= most) ?? 48;
  while (hours / step > most) step *= 2;
  const marks: number[] = [];
  for (let at = begin; at <= end; at += step * 3_600_000) if (x(at) <= width - 24) marks.push(at);
  return marks;
}
