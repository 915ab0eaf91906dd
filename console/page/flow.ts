import { table } from "../../web/parts/components.ts";
import { type Child, h } from "../../web/parts/dom.ts";
import { number } from "../../web/parts/format.ts";
import type { ConsoleState } from "../state.ts";
import { flowPlot } from "./flow-plot.ts";
import { hint, problemText, section } from "./parts.ts";
import { duration, rate, t } from "./words.ts";

/** The narrowest plot, and the widest. */
const WIDTHS = [240, 900] as const;
/** As in the style sheet: from here on, two parts are side by side, with a gap between them. */
const SIDE_BY_SIDE = "(min-width: 62em)";
const GAP = 40;

/** Votes per second at each station, how long they take, and a curve of the last minutes. */
export function flowSection({ figures, figuresProblem }: ConsoleState): HTMLElement {
  const texts = t().flow;
  const failed = figuresProblem !== null && [
    h("p", { class: "govuk-inset-text" }, `${texts.failed} `, ...problemText(figuresProblem)),
  ];
  if (figures === null) {
    return section(texts.heading, "flow", ...(failed || [h("p", { class: "govuk-body" }, texts.none)]));
  }
  const { now, toCounted, source, nowSeconds, points } = figures;
  const row = (name: string, value: number | null) => [name, value === null ? "–" : rate(value)];
  const all = document.querySelector("main")?.clientWidth ?? WIDTHS[1];
  const room = (matchMedia(SIDE_BY_SIDE).matches ? (all - GAP) / 2 : all) - 4;
  return section(
    texts.heading,
    "flow",
    ...(failed || []),
    table(
      { text: texts.heading, isHidden: true },
      [{ name: texts.what }, { name: texts.perSecond, numeric: true }],
      [
        row(texts.accepted, now.accepted),
        row(texts.decided, now.decided),
        row(texts.duplicate, now.duplicate),
        row(texts.invalid, now.invalid),
        row(texts.counted, now.counted),
      ],
    ),
    hint(source === "cloudwatch" ? texts.ofCloudWatch : texts.ofLogs(nowSeconds)),
    h(
      "p",
      { class: "govuk-body" },
      toCounted === null ? texts.noLatency : texts.latency(duration(toCounted.p50), duration(toCounted.p95)),
    ),
    points.length < 2 ? hint(texts.noPlot) : flowPlot(figures, Math.min(WIDTHS[1], Math.max(WIDTHS[0], room))),
  );
}

/** How many messages are in each queue, and how old they are. */
export function queuesSection({ look, figures }: ConsoleState): HTMLElement {
  const texts = t().queues;
  const queues = look?.queues ?? null;
  if (queues === null) return section(texts.heading, "queues", h("p", { class: "govuk-body" }, texts.unknown));
  const { depths, approximate } = queues;
  const both = (of: (queue: "votes" | "outcomes") => string): string[] => [of("votes"), of("outcomes")];
  const age = (seconds: number | null | undefined) => {
    if (seconds === null || seconds === undefined) return texts.notTold;
    return seconds === 0 ? "–" : duration(seconds);
  };
  const content: Child[] = [
    table(
      { text: texts.heading, isHidden: true },
      [{ name: texts.what }, { name: texts.votes, numeric: true }, { name: texts.outcomes, numeric: true }],
      [
        [texts.waiting, ...both((queue) => number(depths[queue].waiting))],
        [texts.underWay, ...both((queue) => number(depths[queue].under_way))],
        [texts.oldest, ...both((queue) => age(figures?.oldest[queue]))],
        [
          texts.deadLetters,
          ...both((queue) => {
            const { waiting, under_way } = depths[`${queue}_dead_letters`];
            return number(waiting + under_way);
          }),
        ],
      ],
    ),
    approximate && hint(texts.approximate),
  ];
  return section(texts.heading, "queues", ...content);
}
