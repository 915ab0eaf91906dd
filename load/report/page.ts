import type { Grade } from "./assess.ts";
import { mergeBuckets, percentile } from "./histogram.ts";
import type { LoadReport } from "./model.ts";
import { escapeHtml, type Plot, plotSvg, type Series } from "./plot.ts";
import { conditionsOf, P95_LIMIT_MS } from "./report.ts";
import { shareBars } from "./shares.ts";
import { COLORS, PAGE_STYLE } from "./style.ts";
import { assessments, figuresOf, titleOf } from "./text.ts";

const { blue: BLUE, green: GREEN, orange: ORANGE, red: RED, grey: GREY } = COLORS;
const ALL_COLORS = Object.values(COLORS);

const STYLE = `${PAGE_STYLE}
body{max-width:900px}.plot{max-width:780px}.facts th{width:10em}.plot{margin:24px 0}h3 small{font-weight:400}
.plot>svg{width:100%;height:auto;display:block}svg text{font-size:12px;fill:var(--ink)}.grid{stroke:var(--grid)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px}.key{width:36px;height:12px;margin-inline-end:6px}
.target{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:1 3;fill:none}path[data-series],.target{vector-effect:non-scaling-stroke}.mark{fill:var(--paper);stroke-width:2}
.name{paint-order:stroke;stroke:var(--paper);stroke-width:4px}.moment{fill:transparent}.moment:hover{fill:#8884}
.values{max-height:320px;overflow:auto;overflow-wrap:normal}.values td,.values th,.shares td{font-variant-numeric:tabular-nums;padding-inline-end:12px}
.values thead th{position:sticky;top:0;background:var(--paper)}.shares td{white-space:nowrap}.shares th{overflow-wrap:normal}.shares .bar{width:100%;padding-inline-end:0}.shares svg{display:block;width:100%;height:16px;margin-block:4px;background:var(--grid)}
.ok{color:var(--ok)}.fair{color:var(--fair)}.bad{color:var(--bad)}
@media (max-width:480px){.facts th,.facts td{display:block;width:auto;border:0;padding-block:0}.facts td{padding-block-end:8px}svg text{font-size:22px}}`;

const GRADE_CLASS: Readonly<Record<Grade, string>> = {
  EXCELLENT: "ok",
  GOOD: "fair",
  "AS OFFERED": "fair",
  POOR: "bad",
};

/** A page that shows a run which has not ended. */
export interface Live {
  /** How often it takes over what is new. */
  readonly everySeconds: number;
  /** The reader has stopped that, to read or to compare (WCAG 2.2, 2.2.1 and 2.2.2). */
  readonly isPaused: boolean;
}

/**
 * Wraps content into a page without a font or another address, and without a script unless it still changes.
 *
 * @param title the page's title, as text
 * @param content HTML that is already safe
 * @param live for a page that still changes
 */
export function htmlPage(title: string, content: string, live?: Live): string {
  const [script, control] = live === undefined ? ["", ""] : updating(live);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<main><h1>${escapeHtml(title)}</h1>
${control}
${content}
</main>${script}</body></html>
`;
}

/** What keeps a page up to date, and the way to stop that or to go on. Where one reads and what is open stays so. */
function updating({ everySeconds, isPaused }: Live): readonly [script: string, control: string] {
  return isPaused
    ? ["", '<p>Updates are paused. <a href="./">Resume updates</a></p>']
    : [
        `<script>const timer = setInterval(async () => {
  const answer = await fetch("").then((got) => got.text(), () => undefined);
  if (answer === undefined) return clearInterval(timer);
  const open = [...document.querySelectorAll("details")].map((one) => one.open);
  const next = new DOMParser().parseFromString(answer, "text/html").querySelector("main");
  next.querySelectorAll("details").forEach((one, index) => { one.open = open[index] === true; });
  const hadFocus = document.activeElement?.matches("main a");
  document.querySelector("main").replaceWith(next);
  if (hadFocus) next.querySelector("a").focus();
}, ${everySeconds * 1_000})</script>`,
        '<p>This page updates itself until the run has ended. <a href="?paused">Pause updates</a></p>',
      ];
}

/**
 * The report as one self-contained page.
 *
 * @param report a run
 * @param live for a run that has not ended
 */
export function reportPage(report: LoadReport, live?: Live): string {
  const figures: [string, string[]][] = [];
  for (const [name, value] of figuresOf(report)) {
    // A row without a name continues the one above it.
    if (name === "") figures.at(-1)?.[1].push(value);
    else figures.push([name, [value]]);
  }
  const rows = figures.map(
    ([name, values]) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td>${values.map(escapeHtml).join("<br>")}</td></tr>`,
  );
  const grades = assessments(report).map(
    ({ name, grade, text }) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td><b class="${GRADE_CLASS[grade]}">${grade}</b> ${escapeHtml(text)}</td></tr>`,
  );
  const conditions = conditionsOf(report).map(
    ({ name, ok, detail }) =>
      `<tr><th scope="row" class="${ok ? "ok" : "bad"}">${ok ? "✓ holds" : "✗ does not hold"}</th><td>${escapeHtml(name)}: ${escapeHtml(detail)}</td></tr>`,
  );
  return htmlPage(
    `Load: ${titleOf(report)}`,
    `<p>${escapeHtml(report.machine)}, ${escapeHtml(report.startedAt)}<br><code>${escapeHtml(report.command)}</code></p>
<h2>Assessment</h2><table class="facts">${grades.join("")}</table>
<h2>Conditions</h2><table class="facts">${conditions.join("")}</table>
<h2>Plots</h2>${live === undefined ? "" : "<p>The report that is written in the end has a table for each plot.</p>"}
${plots(report, live !== undefined)}
<h2>Figures</h2><table class="facts">${rows.join("")}</table>`,
    live,
  );
}

function plots(report: LoadReport, withoutTable: boolean): string {
  const plot = (one: Plot) => plotSvg({ ...one, withoutTable });
  const start = Math.min(...report.timeline.map((second) => second.at), ...report.samples.map((sample) => sample.at));
  const seconds = (at: number) => (Number.isFinite(start) ? (at - start) / 1_000 : 0);
  const line = <T extends { readonly at: number }>(
    name: string,
    color: string,
    items: readonly T[],
    value: (item: T, index: number) => number | undefined,
  ): Series => ({
    name,
    color,
    points: items.flatMap((item, index) => {
      const y = value(item, index);
      return y === undefined ? [] : [[seconds(item.at), y] as const];
    }),
  });
  const { timeline, samples } = report;
  const { rate } = report.offered;
  const offered = { name: `votes offered: ${rate.toLocaleString("en")}/s`, value: rate };
  const drawn = [
    plot({
      title: "Requests",
      unit: "per second",
      target: offered,
      series: [
        line("sent", BLUE, timeline, (second) => second.sent),
        line("as they should be", ORANGE, timeline, (second) => second.expected),
      ],
    }),
    plot({
      title: "Latency",
      unit: "ms",
      target: { name: `target of p95: ${P95_LIMIT_MS[report.promise]} ms`, value: P95_LIMIT_MS[report.promise] },
      series: (
        [
          [50, GREEN],
          [95, ORANGE],
          [99, RED],
        ] as const
      ).map(([percent, color]) =>
        line(`p${percent}`, color, timeline, (second) =>
          percentile(mergeBuckets([second.refused, second.taken]), percent),
        ),
      ),
    }),
  ];
  if (samples.length > 0) {
    const names = Object.keys(samples[0]?.usage ?? {});
    drawn.push(
      plot({
        title: "Waiting votes",
        unit: "messages",
        series: [
          line("votes queue", BLUE, samples, (sample) => sample.votesQueue),
          line("outcomes queue", ORANGE, samples, (sample) => sample.outcomesQueue),
        ],
      }),
      plot({
        title: "Counted",
        unit: "votes per second",
        target: offered,
        series: [line("counted", GREEN, samples, (_, index) => change(samples, index, (one) => one.counted))],
      }),
      plot({
        title: "CPU",
        unit: "per cent of a core",
        series: names.map((name, nth) =>
          line(name, ALL_COLORS[nth % ALL_COLORS.length] ?? GREY, samples, (_, index) => {
            const perSecond = change(samples, index, (one) => one.usage[name]?.cpuMs ?? 0);
            return perSecond === undefined ? undefined : perSecond / 10;
          }),
        ),
      }),
      plot({
        title: "Memory",
        unit: "MiB",
        series: names.map((name, nth) =>
          line(
            name,
            ALL_COLORS[nth % ALL_COLORS.length] ?? GREY,
            samples,
            (sample) => (sample.usage[name]?.rssBytes ?? 0) / 2 ** 20,
          ),
        ),
      }),
    );
  }
  const answers = Object.entries(report.status).map(([code, count]) => ({ name: code, count, color: colorOf(code) }));
  drawn.push(shareBars("Answers", [...answers, { name: "unanswered", count: report.unanswered, color: GREY }]));
  const half = report.processing;
  if (half !== undefined) {
    drawn.push(
      shareBars("Outcomes", [
        { name: "counted", count: half.counted, color: GREEN },
        { name: "duplicate", count: half.duplicate, color: ORANGE },
        { name: "invalid", count: half.invalid, color: RED },
      ]),
    );
  }
  return drawn.join("\n");
}

/** Growth per second since the sample before. */
function change<T extends { readonly at: number }>(
  items: readonly T[],
  index: number,
  value: (item: T) => number,
): number | undefined {
  const [before, now] = [items[index - 1], items[index]];
  if (before === undefined || now === undefined || now.at <= before.at) return undefined;
  return ((value(now) - value(before)) * 1_000) / (now.at - before.at);
}

function colorOf(status: string): string {
  if (status.startsWith("2")) return GREEN;
  if (status === "400") return BLUE;
  return status === "429" ? ORANGE : RED;
}
